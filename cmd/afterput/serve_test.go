package main

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// served is a command that serves until it is stopped.
type served struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  *bufio.Scanner // stdout
	stderr bytes.Buffer
	ended  bool
}

// serveCommand starts a command; it is killed with the test if it does not end before.
func serveCommand(t *testing.T, args ...string) *served {
	t.Helper()
	return startServing(t, exec.Command("afterput", args...))
}

// startServing is serveCommand for a command that is set up already.
func startServing(t *testing.T, cmd *exec.Cmd) *served {
	t.Helper()
	s := &served{t: t, cmd: cmd}
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.lines = bufio.NewScanner(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() }) // then reading and waiting end too
	t.Cleanup(func() {
		limit.Stop()
		if !s.ended {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	return s
}

// until reads stdout up to a line that holds text, and gives that line.
func (s *served) until(text string) string {
	s.t.Helper()
	for s.lines.Scan() {
		if strings.Contains(s.lines.Text(), text) {
			return s.lines.Text()
		}
	}
	s.t.Fatalf("stdout ended without %q; stderr:\n%s", text, s.stderr.String())
	return ""
}

// endpoint is the URL that the command prints.
func (s *served) endpoint() string {
	s.t.Helper()
	line := s.until("listening on ")
	url, ok := strings.CutPrefix(line, "listening on ")
	if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") {
		s.t.Fatalf("%q does not begin with where it listens", line)
	}
	return url
}

// stop sends a signal and returns the exit code.
func (s *served) stop(signal os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	return s.wait()
}

// wait reads stdout to its end, and returns the exit code.
func (s *served) wait() int {
	s.t.Helper()
	for s.lines.Scan() {
	}
	s.ended = true
	_ = s.cmd.Wait() // its error is the exit code
	return s.cmd.ProcessState.ExitCode()
}

func client(endpoint, id, secret string) *oss.Client {
	return clientIn("cn-hangzhou", endpoint, id, secret)
}

func clientIn(region, endpoint, id, secret string) *oss.Client {
	return oss.NewClient(oss.LoadDefaultConfig().WithRegion(region).WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)))
}

func TestOSSServesTheGivenKeyUntilItIsToldToStop(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			s := serveCommand(t, "oss", "--addr", "127.0.0.1:0", "--access-key-id", "me", "--access-key-secret", "mine")
			endpoint := s.endpoint()
			if _, err := client(endpoint, "me", "mine").PutBucket(t.Context(),
				&oss.PutBucketRequest{Bucket: oss.Ptr("bucket")}); err != nil {
				t.Error(err)
			}
			_, err := client(endpoint, "me", "yours").ListBuckets(t.Context(), &oss.ListBucketsRequest{})
			if err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
				t.Errorf("another secret: %v", err)
			}
			if code := s.stop(signal); code != exitGood {
				t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
			}
		})
	}
}

func TestOccupiedPortIsSaidAndExits1(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	t.Setenv("STAGE", "test")
	rules := writeRules(t)
	for name, args := range map[string][]string{"oss": {"oss"},
		"local": {"local", "--rules", rules, "--function", function}} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := exec.Command("afterput", append(args, "--addr", listener.Addr().String())...)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run()
			said := stderr.String()
			if code := cmd.ProcessState.ExitCode(); code != exitBad ||
				!strings.Contains(said, "address already in use") || !strings.Contains(said, "choose another") {
				t.Errorf("exit code %d; stderr:\n%s", code, said)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout says %q", stdout.String())
			}
		})
	}
}

func writeRules(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	text := "version: 1\nsources: [photos]\nrules:\n  - name: replicate\n    match: {prefix: in/}\n    copy:\n" +
		"      - bucket: replica\n      - bucket: replica-${env.STAGE}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLocalCopiesWhatIsUploadedAndPrintsALineForEveryCopy(t *testing.T) {
	t.Setenv("STAGE", "test") // the function must see what the rules read
	t.Setenv("AFTERPUT_SINGLE_COPY_LIMIT", "3")
	s := serveCommand(t, "local", "--rules", writeRules(t), "--function", function)
	endpoint := s.endpoint()
	s.until("access key id local, secret local")
	c := client(endpoint, "local", "local")
	for key, content := range map[string]string{"in/报告 a+b%.txt": "hi", "in/longer": "more than three bytes"} {
		if _, err := c.PutObject(t.Context(),
			&oss.PutObjectRequest{Bucket: oss.Ptr("photos"), Key: &key, Body: strings.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
		method := map[bool]string{true: "UploadPartCopy", false: "CopyObject"}[len(content) > 3]
		for _, bucket := range []string{"replica", "replica-test"} {
			line := s.until("→ oss://" + bucket + "/" + key)
			if !strings.HasPrefix(line, "copied ") || !strings.Contains(line, method) ||
				!strings.Contains(line, "oss://photos/"+key) || !strings.Contains(line, "rule replicate") {
				t.Errorf("the line is %q", line)
			}
			if _, err := c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: &key}); err != nil {
				t.Error(err)
			}
		}
	}
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}
}
