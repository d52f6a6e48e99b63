package e2e_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

// linesOf are the JSON lines of the log, by their msg.
func (w *world) linesOf() map[string][]map[string]any {
	w.t.Helper()
	all := map[string][]map[string]any{}
	for line := range strings.Lines(w.printed()) {
		if strings.HasPrefix(line, "FC ") {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			w.t.Fatalf("a line of the log is no JSON: %s", line)
		}
		msg, _ := fields["msg"].(string)
		all[msg] = append(all[msg], fields)
	}
	return all
}

// everyLine makes the deployed function print a line of every kind.
func everyLine(t *testing.T) map[string][]map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "function", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	denied := func(c *localcloud.Config) {
		allowed := c.OSS.Authorize
		c.OSS.Authorize = func(op localoss.Operation) error {
			if op.AccessKeyID == "role" && strings.HasSuffix(op.Key, "denied") {
				return errors.New("denied by the test")
			}
			return allowed(op)
		}
		c.FC.MaxRetries = 1
	}
	d := deployed(t, string(text), denied, env("AFTERPUT_LOG_LEVEL=debug", "AFTERPUT_RULES_REFRESH=1s"))
	d.upload("my-uploads", "incoming/a.txt", nil)
	d.upload("my-uploads", "incoming/denied", nil)
	d.FC.Invoke([]byte("hello"))
	for _, o := range [][2]string{{"other", "incoming/b"}, {"my-uploads", "elsewhere/b"}, {"my-uploads", ".afterput/b"}} {
		d.FC.Invoke([]byte(`{"events":[{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"` + o[0] +
			`"},"object":{"key":"` + o[1] + `"}}}]}`))
	}
	d.settle()
	if _, err := d.client.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(settings), Key: oss.Ptr(rulesKey), Body: strings.NewReader("version: 2\n")}); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); d.linesOf()["rules"] == nil && time.Since(began) < time.Minute; { // they are looked at once a second
		d.upload("my-uploads", "incoming/a.txt", nil)
		d.settle()
	}
	if err := d.FC.Close(); err != nil { // what it prints comes behind its answers
		t.Fatal(err)
	}
	return d.linesOf()
}

var code = regexp.MustCompile("`([^`]+)`")

// documentedFields reads the page's table: the fields of each msg beside the
// common ones, and its levels.
func documentedFields(t *testing.T, page string) (common []string, fields, levels map[string][]string) {
	t.Helper()
	fields, levels = map[string][]string{}, map[string][]string{}
	_, table, ok := strings.Cut(page, "| `msg` | level |")
	if !ok {
		t.Fatal("the page has no table of the log's lines")
	}
	for i, row := range strings.Split(table, "\n") {
		cells := strings.Split(row, " | ")
		var names []string
		for _, m := range code.FindAllStringSubmatch(cells[len(cells)-1], -1) {
			names = append(names, m[1])
		}
		switch {
		case i == 0:
			common = names
		case i == 1: // the line below the head
		case !strings.HasPrefix(row, "| `"):
			return common, fields, levels
		default:
			msg := code.FindStringSubmatch(cells[0])[1]
			fields[msg] = names
			levels[msg] = regexp.MustCompile(`[A-Z]{4,}`).FindAllString(cells[1], -1)
		}
	}
	return common, fields, levels
}

func TestThePageOnOperationsSaysWhatTheFunctionLogs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	logged := everyLine(t)
	common, fields, levels := documentedFields(t, page)
	// Tested where they are written: function/runtimelog_test.go, internal/relay/panic_test.go.
	for _, msg := range []string{"runtime", "panic"} {
		if fields[msg] == nil {
			t.Errorf("the page does not say what a line of %s looks like", msg)
		}
		delete(fields, msg)
	}
	if got, want := slices.Sorted(maps.Keys(logged)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("logged are %q, documented are %q", got, want)
	}
	always := []string{"time", "level", "msg"}
	seen := map[string]bool{}
	for msg, lines := range logged {
		printed := map[string]bool{}
		for _, line := range lines {
			if level, _ := line["level"].(string); !slices.Contains(levels[msg], level) {
				t.Errorf("%s is logged as %s, documented as %q", msg, level, levels[msg])
			}
			for name := range line {
				seen[name] = true
				if !slices.Contains(common, name) && !slices.Contains(always, name) {
					printed[name] = true
				}
			}
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(fields[msg])), slices.Sorted(maps.Keys(printed))); diff != "" {
			t.Errorf("fields of %s (-page +log):\n%s", msg, diff)
		}
	}
	for _, name := range common {
		if !seen[name] {
			t.Errorf("%s is documented, and never logged", name)
		}
	}
	wantExample(t, page, logged["copy"])
	wantQueries(t, page, logged, seen)
}

// wantExample compares the fields of the page's example with those of a copy.
func wantExample(t *testing.T, page string, copies []map[string]any) {
	t.Helper()
	var example map[string]any
	block := regexp.MustCompile("(?m)^```json\n(.*)\n```$").FindStringSubmatch(page)
	if block == nil {
		t.Fatal("the page has no example of a line")
	}
	if err := json.Unmarshal([]byte(block[1]), &example); err != nil {
		t.Fatal(err)
	}
	line := copies[slices.IndexFunc(copies, func(l map[string]any) bool { return l["outcome"] == "copied" })]
	delete(line, "rules") // the example's are not kept in OSS
	if diff := cmp.Diff(slices.Sorted(maps.Keys(line)), slices.Sorted(maps.Keys(example))); diff != "" {
		t.Errorf("the example (-log +page):\n%s", diff)
	}
}

var (
	indexed   = regexp.MustCompile(`message\.([a-z_]+)`)
	condition = regexp.MustCompile(`^message\.([a-z_]+): "?([^"]*)"?$`)
)

// wantQueries checks that the page's queries name fields that are logged, and that
// each finds some of the lines.
func wantQueries(t *testing.T, page string, logged map[string][]map[string]any, seen map[string]bool) {
	t.Helper()
	blocks := regexp.MustCompile("(?m)^```sql\n(.*)\n```$").FindAllStringSubmatch(page, -1)
	if len(blocks) != 5 {
		t.Errorf("%d queries, want one for each of five questions", len(blocks))
	}
	for _, b := range blocks {
		query := b[1]
		for _, m := range indexed.FindAllStringSubmatch(query, -1) {
			if !seen[m[1]] {
				t.Errorf("%s: %s is never logged", query, m[1])
			}
		}
		search, _, _ := strings.Cut(query, " | ")
		found := 0
		for _, lines := range logged {
			for _, line := range lines {
				if finds(t, search, line) {
					found++
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: finds none of the lines", search)
		}
	}
}

// finds is what SLS makes of a search: conditions on fields, joined by or of and.
func finds(t *testing.T, search string, line map[string]any) bool {
	t.Helper()
	for either := range strings.SplitSeq(search, " or ") {
		all := true
		for one := range strings.SplitSeq(either, " and ") {
			m := condition.FindStringSubmatch(one)
			if m == nil {
				t.Fatalf("%q is no condition on a field", one)
			}
			all = all && line[m[1]] == m[2]
		}
		if all {
			return true
		}
	}
	return false
}
