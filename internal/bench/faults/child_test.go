package faults

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/transport"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

var asChild = flag.String("child", "", "what a process of this test measures for its parent")

// said marks the line that a child answers its parent with.
const said = "measured: "

// inChild measures in a process of its own: one that may panic, or whose SDK has
// another default.
func inChild(t *testing.T, what string, with tool) string {
	t.Helper()
	out, err := exec.Command(os.Args[0], "-test.run=^TestChild$",
		fmt.Sprintf("-child=%s %d", what, with)).CombinedOutput()
	if text := string(out); err != nil {
		if _, text, panics := strings.Cut(text, "panic: "); panics {
			text, _, _ = strings.Cut(text, "\n")
			return "**the process panics**: " + text
		}
		t.Fatalf("%s: %v\n%s", what, err, text)
	}
	_, answer, ok := strings.Cut(string(out), said)
	if !ok {
		t.Fatalf("%s: no answer\n%s", what, out)
	}
	answer, _, _ = strings.Cut(answer, "\n")
	return answer
}

func TestChild(t *testing.T) {
	what, with, ok := strings.Cut(*asChild, " ")
	if !ok {
		t.Skip("only for the processes that the table starts")
	}
	measures := map[string]func(*testing.T, tool) string{"errors": meets(twoErrorsSetup, copyLarge),
		"patience": overLoopback}
	tools := map[string]tool{"0": sdkCopier, "1": engine}
	fmt.Println(said + measures[what](t, tools[with]))
}

// twoErrorsSetup refuses one part, and answers another with broken XML.
var twoErrorsSetup = setup{faults: []fault.Fault{
	{Operations: []string{"UploadPartCopy"}, Part: 1, Error: denied},
	{Operations: []string{"UploadPartCopy"}, Part: 2, Body: fault.Malformed},
}}

func twoErrors(t *testing.T, with tool) string { return inChild(t, "errors", with) }

func patience(t *testing.T, with tool) string { return inChild(t, "patience", with) }

// overLoopback copies through a socket, since the SDK's time-outs are its
// dialer's. To be done within a second all times are a hundredth: the SDK's default
// of 10 s, the client's own of 5 min, the part's 15 s.
func overLoopback(t *testing.T, with tool) string {
	const scale = 100
	ordinary := 10 * time.Second / scale
	transport.DefaultReadWriteTimeout = ordinary
	own := 5 * time.Minute / scale

	w := &world{t: t, tool: with, sent: map[int]int{}, versions: map[uint64]int{}}
	slow := fault.New(1, fault.Fault{Operations: []string{"UploadPartCopy"}, Delay: 15 * time.Second / scale})
	w.serve(localoss.Config{Intercept: localoss.Chain(w.note, slow.Intercept), OnEvent: w.hear, OnChange: w.see})
	defer w.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: w.Server}
	go server.Serve(listener)
	defer server.Close()
	w.connect("http://"+listener.Addr().String(), nil,
		transport.NewHttpClient(&transport.Config{ReadWriteTimeout: &own}))
	w.put(17 * partSize) // just too large for one request of the engine
	report := w.copy(w.ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	most := 0
	for _, n := range w.sent {
		most = max(most, n)
	}
	if most == 1 {
		return report + "; every part was sent once"
	}
	return fmt.Sprintf("%s; a part was sent %d times", report, most)
}

// note counts the parts, without letting them take a second.
func (w *world) note(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.Name == "UploadPartCopy" {
		w.mu.Lock()
		w.sent[call.PartNumber]++
		w.mu.Unlock()
	}
	return next()
}
