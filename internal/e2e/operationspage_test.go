package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

// logLines returns the JSON lines of the log, by their msg.
func (w *world) logLines() map[string][]map[string]any {
	w.t.Helper()
	all := map[string][]map[string]any{}
	for line := range strings.Lines(w.output()) {
		if strings.HasPrefix(line, "FC ") {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			w.t.Fatalf("a line of the log is not valid JSON: %s", line)
		}
		msg, _ := fields["msg"].(string)
		all[msg] = append(all[msg], fields)
	}
	return all
}

// logEveryKindOfLine makes a deployed function log a line with each msg, and returns all lines by their msg.
func logEveryKindOfLine(t *testing.T) map[string][]map[string]any {
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
		c.FC.MaxRetries = 3
	}
	text = append(text, "  - name: strip\n    match: {prefix: flat/}\n"+
		"    copy: [{bucket: my-replica, key: \"${key#flat/}\", object-acl: private}]\n"...)
	d := startSwept(t, string(text), time.Hour, denied,
		withEnv("AFTERPUT_LOG_LEVEL=debug", "AFTERPUT_RULES_REFRESH=1s"))
	d.upload("my-uploads", "incoming/a.txt", nil)
	d.upload("my-uploads", "incoming/denied", nil)
	d.upload("my-uploads", "flat/", func(r *oss.PutObjectRequest) { r.Body = nil }) // a folder marker
	d.FC.Invoke([]byte("hello"))
	d.Fire(d.sweep)
	d.Fire(localcloud.Timer{Name: "sweep", Payload: `{"afterput":{"sweep":{}}}`})
	ignored := [][2]string{{"other", "incoming/b"}, {"my-uploads", "elsewhere/b"}, {"my-uploads", ".afterput/b"}}
	for _, o := range ignored {
		d.FC.Invoke([]byte(`{"events":[{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"` + o[0] +
			`"},"object":{"key":"` + o[1] + `"}}}]}`))
	}
	d.waitForEvents()
	_, err = d.client.PutObject(t.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr(settingsBucket), Key: oss.Ptr(rulesKey), Body: strings.NewReader("version: 2\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	// The function checks the rules file once a second.
	for began := time.Now(); d.logLines()["rules"] == nil && time.Since(began) < time.Minute; {
		d.upload("my-uploads", "incoming/a.txt", nil)
		d.waitForEvents()
	}
	if err := d.FC.Close(); err != nil { // output may arrive after the responses
		t.Fatal(err)
	}
	return d.logLines()
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// documentedFields reads the table of the page: the fields that all lines have in common, and the other fields and the
// levels of each msg.
func documentedFields(t *testing.T, page string) (common []string, fields, levels map[string][]string) {
	t.Helper()
	fields, levels = map[string][]string{}, map[string][]string{}
	_, table, ok := strings.Cut(page, "| `msg` | level |")
	if !ok {
		t.Fatal("the page has no table of log lines")
	}
	for i, row := range strings.Split(table, "\n") {
		cells := strings.Split(row, " | ")
		var names []string
		for _, m := range codeSpan.FindAllStringSubmatch(cells[len(cells)-1], -1) {
			names = append(names, m[1])
		}
		switch {
		case i == 0:
			common = names
		case i == 1: // the line below the header
		case !strings.HasPrefix(row, "| `"):
			return common, fields, levels
		default:
			msg := codeSpan.FindStringSubmatch(cells[0])[1]
			fields[msg] = names
			levels[msg] = regexp.MustCompile(`[A-Z]{4,}`).FindAllString(cells[1], -1)
		}
	}
	return common, fields, levels
}

func TestOperationsPageDocumentsEveryLogField(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	logged := logEveryKindOfLine(t)
	common, fields, levels := documentedFields(t, page)
	// The other tests of these two are function/runtimelog_test.go and internal/relay/panic_test.go.
	for _, msg := range []string{"runtime", "panic"} {
		if fields[msg] == nil {
			t.Errorf("the page does not document the lines with msg %s", msg)
		}
		delete(fields, msg)
	}
	if got, want := slices.Sorted(maps.Keys(logged)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("logged: %q, documented: %q", got, want)
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
			t.Errorf("%s is documented, but never logged", name)
		}
	}
	wantExample(t, page, logged["copy"])
	wantQueries(t, page, logged, seen)
}

// wantExample compares the fields of the example on the page with those of a logged copy.
func wantExample(t *testing.T, page string, copies []map[string]any) {
	t.Helper()
	var example map[string]any
	block := regexp.MustCompile("(?m)^```json\n(.*)\n```$").FindStringSubmatch(page)
	if block == nil {
		t.Fatal("the page has no example of a log line")
	}
	if err := json.Unmarshal([]byte(block[1]), &example); err != nil {
		t.Fatal(err)
	}
	line := copies[slices.IndexFunc(copies, func(l map[string]any) bool { return l["outcome"] == "copied" })]
	delete(line, "rules") // in the example the rules file is not in OSS
	if diff := cmp.Diff(slices.Sorted(maps.Keys(line)), slices.Sorted(maps.Keys(example))); diff != "" {
		t.Errorf("fields of the example (-log +page):\n%s", diff)
	}
}

var (
	queryField = regexp.MustCompile(`message\.([a-z_]+)`)
	condition  = regexp.MustCompile(`^message\.([a-z_]+)(: | >= )"?([^"]*)"?$`)
)

// dashboardQueries are those of the Grafana dashboard.
func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "grafana", "afterput.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct{ Targets []struct{ Query string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries = append(queries, target.Query)
		}
	}
	return queries
}

// wantQueries checks that the queries on the page and of the dashboard use fields that are logged and that the index of
// the page has, and that each query finds a line.
func wantQueries(t *testing.T, page string, logged map[string][]map[string]any, seen map[string]bool) {
	t.Helper()
	blocks := regexp.MustCompile("(?m)^```sql\n(.*)\n```$").FindAllStringSubmatch(page, -1)
	if len(blocks) != 6 {
		t.Errorf("%d queries, want 6", len(blocks))
	}
	queries := dashboardQueries(t)
	if len(queries) < 10 {
		t.Errorf("the dashboard has %d queries", len(queries))
	}
	for _, b := range blocks {
		queries = append(queries, b[1])
	}
	index, err := os.ReadFile(filepath.Join("..", "..", "examples", "logstore-index.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range queries {
		for _, m := range queryField.FindAllStringSubmatch(query, -1) {
			if !seen[m[1]] {
				t.Errorf("query %s: %s is never logged", query, m[1])
			}
			if !bytes.Contains(index, []byte(`"`+m[1]+`":`)) {
				t.Errorf("query %s: %s is not indexed", query, m[1])
			}
		}
		search, _, _ := strings.Cut(query, " | ")
		found := 0
		for _, lines := range logged {
			for _, line := range lines {
				if matches(t, search, line) {
					found++
				}
			}
		}
		if found == 0 {
			t.Errorf("query %s finds no line", search)
		}
	}
}

// matches reports whether a search of SLS finds the line. The search is conditions on fields, joined by and, then or.
func matches(t *testing.T, search string, line map[string]any) bool {
	t.Helper()
	for either := range strings.SplitSeq(search, " or ") {
		all := true
		for one := range strings.SplitSeq(either, " and ") {
			m := condition.FindStringSubmatch(one)
			if m == nil {
				t.Fatalf("%q is not a condition on a field", one)
			}
			number, _ := line[m[1]].(float64)
			least, _ := strconv.ParseFloat(m[3], 64)
			all = all && line[m[1]] != nil && (m[3] == "*" || line[m[1]] == m[3] || m[2] == " >= " && number >= least)
		}
		if all {
			return true
		}
	}
	return false
}

func TestTheOperationsPagesDocumentEveryOutcome(t *testing.T) {
	code, err := os.ReadFile(filepath.Join("..", "copier", "outcome.go"))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := regexp.MustCompile(`(?m)^\t\w+ +Result = "(\w+)"`).FindAllSubmatch(code, -1)
	if len(outcomes) < 9 {
		t.Fatalf("%d outcomes", len(outcomes))
	}
	for _, page := range []string{"operations.md", "operations.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if !strings.Contains(string(text), "\n| `"+string(o[1])+"` | ") {
				t.Errorf("%s does not say what the outcome %s means", page, o[1])
			}
		}
	}
}
