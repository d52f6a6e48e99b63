package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// until reads what a terminal is sent up to a text, and returns it all.
func (s *seen) until(text string) string {
	s.t.Helper()
	for !strings.Contains(s.text.String(), text) {
		b, err := s.r.ReadByte()
		if err != nil {
			s.t.Fatalf("the terminal was never sent %q: %v; it was sent\n%q", text, err, s.text.String())
		}
		s.text.WriteByte(b)
	}
	return s.text.String()
}

type seen struct {
	t    *testing.T
	r    *bufio.Reader
	text strings.Builder
}

func TestATerminalShowsALiveLineInColourUnlessNoColourIsWanted(t *testing.T) {
	t.Setenv("STAGE", "test")
	for name, c := range map[string]struct {
		env      string
		coloured bool
	}{"colour": {"NO_COLOR=", true}, "NO_COLOR": {"NO_COLOR=1", false}} {
		t.Run(name, func(t *testing.T) {
			person, program := openTerminal(t)
			cmd := exec.Command("afterput", "local", "--rules", writeRules(t), "--function", function)
			cmd.Env = append(os.Environ(), c.env, "TERM=xterm")
			cmd.Stdout, cmd.Stderr = program, program
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill(); _ = person.Close() })
			defer limit.Stop()
			defer func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }()
			s := &seen{t: t, r: bufio.NewReader(person)}
			s.until("Ctrl-C stops")
			_, endpoint, _ := strings.Cut(s.text.String(), "listening on ")
			endpoint, _, _ = strings.Cut(endpoint, "\r\n")
			if _, err := client(endpoint, "local", "local").PutObject(t.Context(), &oss.PutObjectRequest{
				Bucket: oss.Ptr("photos"), Key: oss.Ptr("in/a"), Body: strings.NewReader("v")}); err != nil {
				t.Fatal(err)
			}
			text := s.until(" events a second, 1 event, 2 copies")
			for what, start := range map[string]string{"a copy": "\x1b[32mcopied ", "the live line": "\x1b[2m"} {
				if coloured := strings.Contains(text, start); coloured != c.coloured {
					t.Errorf("%s is coloured: %t, want %t; the terminal was sent\n%q", what, coloured, c.coloured, text)
				}
			}
		})
	}
}
