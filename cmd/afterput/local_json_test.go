package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// fieldsOf are the paths of all fields of a line of JSON, such as attempt.report.objects.key. What an object's keys are
// names of, not fields, is left out.
func fieldsOf(t *testing.T, line string) []string {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(line), &document); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	found := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				found[path+key] = true
				walk(path+key+".", value)
			}
		case []any:
			for _, value := range v {
				walk(path, value)
			}
		}
	}
	walk("", document)
	return slices.Sorted(maps.Keys(found))
}

func TestLocalPrintsForProgramsTheFieldsThatThePageHas(t *testing.T) {
	page := strings.Split(strings.TrimSpace(blocks(t, "docs/local.md", "jsonl")[0]), "\n")
	if len(page) != 5 {
		t.Fatalf("the page has %d lines, want 5", len(page))
	}
	t.Setenv("STAGE", "test")
	file := writeRules(t)
	s := serveCommand(t, "local", "--json", "--rules", file, "--function", function)
	next := func(kind string) string {
		t.Helper()
		if !s.lines.Scan() {
			t.Fatalf("no line of %s; stderr:\n%s", kind, s.stderr.String())
		}
		return s.lines.Text()
	}
	check := func(line, page string) {
		t.Helper()
		if diff := cmp.Diff(fieldsOf(t, page), fieldsOf(t, line)); diff != "" {
			t.Errorf("fields (-page +printed):\n%s%s", diff, line)
		}
	}

	welcome := next("listening")
	check(welcome, page[0])
	var line localLine
	if err := json.Unmarshal([]byte(welcome), &line); err != nil {
		t.Fatal(err)
	}
	key := "in/\x1b[2K报告"
	c := client(line.Listening.Endpoint, "local", "local")
	if _, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr("photos"), Key: &key,
		Body: strings.NewReader("v")}); err != nil {
		t.Fatal(err)
	}
	attempt := next("attempt")
	check(attempt, page[1])
	line = localLine{}
	var report struct{ Objects []struct{ Key string } }
	if err := json.Unmarshal([]byte(attempt), &line); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line.Attempt.Report, &report); err != nil || report.Objects[0].Key != key {
		t.Errorf("%v; the report has %+v, want the key as it is", err, report)
	}
	if line.Attempt.Next != "done" {
		t.Errorf("next is %q", line.Attempt.Next)
	}

	if err := os.WriteFile(file+".new", []byte("version: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	check(next("rules"), page[2])
	if _, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr("replica"), Key: &key,
		Body: strings.NewReader("v")}); err != nil {
		t.Fatal(err)
	}
	check(next("no_source"), page[3])
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if ended := next("ended"); !strings.Contains(ended, `"ended":{"cut_off":[]}`) {
		t.Errorf("the last line is %s", ended)
	}
	if code := s.wait(); code != exitGood {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}
}
