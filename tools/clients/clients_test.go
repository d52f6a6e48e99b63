// Package clients runs clients other than the Go SDK v2 against the local OSS, each in a process of its own, for make
// clients: programs that passing.txt lists with what they must do, and the tests of clients whose modules have them;
// see [TestSuitesDoAsListed].
package clients

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestClientsDoAsListed(t *testing.T) {
	endpoint := serve(t)
	list, err := os.ReadFile("passing.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		columns := strings.Fields(line)
		if len(columns) == 0 || columns[0] == "#" {
			continue
		}
		t.Run(columns[0], func(t *testing.T) {
			length := 3
			if columns[1] == "go" {
				length = 4
			}
			run(t, endpoint, columns[1:length], columns[length:])
		})
	}
}

// run runs one client and compares the steps that it prints.
func run(t *testing.T, endpoint string, command, steps []string) {
	client := exec.Command(command[0], append(slices.Clone(command[1:]), endpoint)...)
	client.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")
	client.Dir = "."
	output, err := client.CombinedOutput()
	if strings.Contains(string(output), "not installed") {
		t.Skipf("%s", output)
	}
	var got []string
	for line := range strings.Lines(string(output)) {
		if step, ok := strings.CutPrefix(strings.TrimSpace(line), "ok "); ok {
			got = append(got, step)
		}
	}
	if err != nil || !slices.Equal(got, steps) {
		t.Errorf("%v: it did %q, passing.txt says %q\n%s", err, got, steps, output)
	}
}

// serve starts bin/afterput oss with further flags and returns its endpoint.
func serve(t *testing.T, flags ...string) string {
	server := exec.Command("../../bin/afterput", append([]string{"oss", "--addr", "127.0.0.1:0"}, flags...)...)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
}
