package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/relay"
)

func TestTheFunctionsFileOnWindowsIsAnExe(t *testing.T) {
	for system, want := range map[string]string{"linux": "function", "windows": "function.exe"} {
		if got := programName("function", system); got != want {
			t.Errorf("%s: %s, want %s", system, got, want)
		}
	}
}

func TestLocalNamesTheObjectOfAnEventThatIsGivenUpWhateverEndedItsAttempts(t *testing.T) {
	// What the rules read of the environment, the function is given too.
	text := "version: 1\nsources: [photos]\nrules:\n  - name: replicate\n    match: {}\n    copy:\n" +
		"      - {bucket: replica, key: '${env.TESTFUNC_DO}/${key}'}\n"
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const object = "oss://photos/in/报告.txt"
	for do, c := range map[string]struct{ why, timeout string }{
		"hang": {"timed out after 200ms and was killed", "200ms"},
		"exit": {"exit status 7", "10m"}, "panic": {"on purpose", "10m"}, // a function may take long to start
	} {
		why := c.why
		t.Run(do, func(t *testing.T) {
			t.Setenv("TESTFUNC_DO", do)
			s := serveCommand(t, "local", "--rules", rules, "--function", testfunc, "--timeout", c.timeout)
			c := client(s.endpoint(), "local", "local")
			upload := &oss.PutObjectRequest{Bucket: oss.Ptr("photos"), Key: oss.Ptr("in/报告.txt"),
				Body: strings.NewReader("v")}
			if _, err := c.PutObject(t.Context(), upload); err != nil {
				t.Fatal(err)
			}
			for _, attempt := range []string{"attempt 1)", "attempt 2)", "attempt 3)", "attempt 4)"} {
				line := s.until(attempt)
				if !strings.HasPrefix(line, "failed ") || !strings.Contains(line, object+": ") ||
					!strings.Contains(line, why) {
					t.Errorf("the line is %q", line)
				}
			}
			if code := s.stop(os.Interrupt); code != exitGood {
				t.Errorf("exit code %d", code)
			}
			if said := s.stderr.String(); !strings.Contains(said, "given up after 4 attempts: "+object+"; deployed, ") {
				t.Errorf("stderr:\n%s", said)
			}
		})
	}
}

func TestFailuresThatAReportCountsArePrinted(t *testing.T) {
	var out bytes.Buffer
	objects := []relay.ObjectReport{
		{Bucket: "b", Key: "k", FailedByCode: map[string]int{"AccessDenied": 80, "NoAnswer": 1}},
		{Bucket: "b", Key: "l", Error: &osscall.Error{Message: "broken"}},
	}
	printReport(&out, palette{}, &relay.Report{FailedByCode: map[string]int{"NotReached": 3}, Objects: objects})
	want := `failed     objects that are not named: 3 × NotReached
failed     oss://b/k: 80 × AccessDenied
failed     oss://b/k: 1 × NoAnswer
failed     oss://b/l: broken
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}
