package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/bench/process"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// transferred is the size of the object whose transfer is measured over TLS.
const transferred = gib

// costs measures the CPU and the memory of a process that copies an object over TLS, with the engine and with a plain
// loop. The least of several is compared: other work on the machine only adds.
func costs(ctx context.Context, t *table.Tables) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	server := exec.CommandContext(ctx, self, "-role", "serve")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer func() { _ = in.Close(); _ = server.Wait() }() // it ends with its input
	var url string
	if _, err := fmt.Fscanln(out, &url); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	least := map[string]figures{}
	for range 3 {
		for _, role := range []string{"plain", "engine"} {
			text, err := exec.CommandContext(ctx, self, "-role", role, url).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", role, err, text)
			}
			var f figures
			if _, err := fmt.Sscan(string(text), &f.cpu, &f.memory); err != nil {
				return fmt.Errorf("%s: %w\n%s", role, err, text)
			}
			if l, known := least[role]; !known || f.cpu < l.cpu {
				least[role] = f
			}
		}
	}
	t.Begin("CPU and memory of 1 GiB over TLS", "", "CPU", "of the plain loop", "memory")
	t.Row("GetObject into PutObject, with CRC-64", fmt.Sprintf("%.2f s", least["plain"].cpu), "1",
		fmt.Sprintf("%.1f MiB", least["plain"].memory))
	t.Row("this engine", fmt.Sprintf("%.2f s", least["engine"].cpu),
		t.Most(least["engine"].cpu/least["plain"].cpu, 1.3, "%.2f"), t.Most(least["engine"].memory, 64, "%.1f MiB"))
	return nil
}

type figures struct{ cpu, memory float64 } // seconds, MiB

// serve is the process of the service. It ends when its input does.
func serve(context.Context) error {
	s := newService(conditions{request: 1e18, instance: 1e18}, transferred)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := s.RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for name, values := range resp.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.CopyBuffer(struct{ io.Writer }{w}, resp.Body, make([]byte, chunk/4))
	}))
	server.StartTLS()
	defer server.Close()
	fmt.Println(server.URL)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// transfer is a process that copies the object, and prints its CPU and memory.
func transfer(ctx context.Context, role string) error {
	url := os.Args[len(os.Args)-1]
	tlsConfig := &tls.Config{InsecureSkipVerify: true} // the server of this benchmark
	transport := &http.Transport{TLSClientConfig: tlsConfig, MaxIdleConnsPerHost: 256}
	var err error
	switch role {
	case "engine":
		err = copyWith(ctx, copier.New(osscall.NewClient(home, url, transport), copier.Options{Region: home,
			Remote: func(to rules.Remote) *oss.Client { return osscall.NewClient(to.Region, url, transport) },
		}), transferred)
	default:
		err = pass(ctx, client(home, url, transport), client(away, url, transport), transferred)
	}
	if err != nil {
		return err
	}
	used, err := process.Used()
	if err != nil {
		return err
	}
	fmt.Println(used.CPU, used.Resident)
	return nil
}
