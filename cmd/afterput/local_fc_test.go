package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// loseCopy uploads an object to what afterput local serves, and removes its copy in a region once it was made.
func (s *served) loseCopy(endpoint, region, key string) {
	s.t.Helper()
	c := client(endpoint, "local", "local")
	upload := &oss.PutObjectRequest{Bucket: oss.Ptr("photos"), Key: &key, Body: strings.NewReader("v")}
	if _, err := c.PutObject(s.t.Context(), upload); err != nil {
		s.t.Fatal(err)
	}
	s.until("→ oss://replica-test/" + key)
	remove := &oss.DeleteObjectRequest{Bucket: oss.Ptr("replica-test"), Key: &key}
	if _, err := clientIn(region, endpoint, "local", "local").DeleteObject(s.t.Context(), remove); err != nil {
		s.t.Fatal(err)
	}
}

func TestTheCommandThatLocalPrintsHasTheFunctionCopyWhatIsMissing(t *testing.T) {
	rules := files(t, map[string]string{"rules.yaml": `version: 1
sources: [photos]
rules:
  - {name: far, match: {}, copy: [{bucket: replica-test, region: cn-beijing}]}
  - {name: partner, match: {prefix: none/}, copy: [{bucket: partner, role: "acs:ram::42:role/deliver"}]}
`})
	log := filepath.Join(t.TempDir(), "requests")
	s := serveCommand(t, "local", "--rules", rules("rules.yaml"), "--function", function, "--request-log", log)
	endpoint := s.endpoint()
	line := strings.Fields(s.until("afterput backfill"))
	s.until("Ctrl-C stops")
	s.loseCopy(endpoint, "cn-beijing", "in/a")
	job := filepath.Join(t.TempDir(), "job")
	run := func(args ...string) string {
		cmd := exec.Command("afterput", append(args, "--job", job)...)
		cmd.Env = append(os.Environ(), "ALIBABA_CLOUD_ACCESS_KEY_ID=local", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=local")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	said := run(line[1:]...)
	if !strings.Contains(said, "1 copy of 1 bytes handed over in 1 batch") {
		t.Errorf("backfill printed\n%s", said)
	}
	if line := s.until("→ oss://replica-test/in/a"); !strings.HasPrefix(line, "copied ") {
		t.Errorf("local printed %s", line)
	}
	for { // the task may end after its line was printed
		status := run(append(line[1:], "--status")...)
		if strings.Contains(status, "function afterput: 1 batch succeeded, 0 failed, 0 running, 0 waiting\n") {
			break
		}
		if !strings.Contains(status, "0 batches succeeded, 0 failed, 1 running") {
			t.Fatalf("--status printed\n%s", status)
		}
	}
	s.put(client(endpoint, "local", "local"), "photos", "none/a")
	s.until("→ oss://partner/none/a")
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}
	logged, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"method":"PUT","operation":"PutObject","bucket":"replica-test","key":"in/a","status":200,`,
		`"method":"POST","operation":"InvokeFunction","function":"afterput","task":"`,
		`"method":"GET","operation":"ListAsyncTasks","function":"afterput","status":200,"access_key":"local",`,
		`"method":"POST","operation":"AssumeRole","status":200,"access_key":"function",`,
	} {
		if !strings.Contains(string(logged), want) {
			t.Errorf("--request-log has no %s:\n%s", want, logged)
		}
	}
}

func TestLocalSweepsAndPrintsWhatASweepFound(t *testing.T) {
	t.Setenv("STAGE", "test")
	s := serveCommand(t, "local", "--rules", writeRules(t), "--function", function, "--sweep", "100ms")
	s.loseCopy(s.endpoint(), "cn-hangzhou", "in/a")
	line := s.until("1 missing")
	if !strings.HasPrefix(line, "sweep      1 object put from 20") ||
		!strings.HasSuffix(line, ": 1 missing, 0 older; 1 copied, 0 failed") {
		t.Errorf("local printed %s", line)
	}
	s.until("0 missing, 0 older; 0 copied, 0 failed")
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}
}
