package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/deploy"
	"afterput/internal/localoss"
)

var update = flag.Bool("update", false, "write what the commands of the pages print into the pages")

// pages are those whose commands are run, one after the other, in a copy of the
// repository's files and with a local OSS.
var pages = []string{"README.md", "docs/operations.md", "docs/existing.md", "docs/copy.md", "docs/tool.md"}

// fence is a fenced block, perhaps indented.
var fence = regexp.MustCompile("(?m)^( *)```([a-z]*)\n((?:.*\n)*?) *```\n")

func TestCommandsOfThePagesDoWhatThePagesSay(t *testing.T) {
	for _, page := range pages {
		t.Run(page, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("..", "..", page))
			if err != nil {
				t.Fatal(err)
			}
			text, makefile := textOf(t, path), textOf(t, "../../Makefile")
			now := rewritten(t, inACheckout(t), makefile, text)
			if *update {
				write(t, path, now, 0o644)
				return
			}
			if diff := cmp.Diff(text, now); diff != "" {
				t.Errorf("the page is not what happens (-page +happens); -update rewrites it:\n%s", diff)
			}
		})
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rewritten is a page with what its commands print now.
func rewritten(t *testing.T, server *localoss.Server, makefile, page string) string {
	t.Helper()
	ran, ours, printed := 0, false, "" // ours, printed: of the last block of commands
	now := fence.ReplaceAllStringFunc(page, func(block string) string {
		m := fence.FindStringSubmatch(block)
		indent, kind, body := m[1], m[2], m[3]
		switch {
		case kind == "sh":
			ours, printed = false, ""
			for line := range strings.Lines(body) {
				printed += shown(t, server, makefile, strings.TrimSpace(line))
				ran++
				ours = ours || strings.HasPrefix(strings.TrimSpace(line), "bin/afterput")
			}
		case (kind == "text" || kind == "mermaid") && ours:
			body, ours = indented(printed, indent), false
		}
		return indent + "```" + kind + "\n" + body + indent + "```\n"
	})
	if ran == 0 {
		t.Errorf("only %d commands were found", ran)
	}
	return now
}

// inACheckout makes a copy of the files that commands use the working directory, and sets the environment for a local
// OSS, which it returns.
func inACheckout(t *testing.T) *localoss.Server {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"s.yaml", "s.custom.yaml", "function/rules.yaml", "examples/rules.yaml",
		"examples/partner.yaml", "examples/failed.jsonl"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text), 0o644)
	}
	write(t, filepath.Join(dir, "dist/function/main"), "", 0o755) // as make package writes
	write(t, filepath.Join(dir, "dist/function/rules.yaml"), "", 0o644)
	write(t, filepath.Join(dir, "failed.jsonl"), textOf(t, "../../examples/failed.jsonl"), 0o644)
	server := cloud(t, "my-uploads", "my-replica")
	for _, key := range []string{"incoming/a.txt", "other/b.txt"} {
		etag := localoss.WithETag("781E5E245D69B566979B86E28D23F2C7") // as the events in examples/failed.jsonl have it
		if err := server.PutSparse("my-uploads", key, 10, etag); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("FC_ENDPOINT", functionCompute(t))
	t.Setenv("OSS_REGION", "")
	t.Setenv("STAGE", "prod")
	t.Setenv("VAULT_KMS_KEY", "key")
	t.Chdir(dir)
	return server
}

// functionCompute is the endpoint of one that takes each batch, and says that it has succeeded.
func functionCompute(t *testing.T) string {
	t.Helper()
	type task struct {
		ID     string `json:"taskId"`
		Status string `json:"status"`
	}
	tasks := []task{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := r.Header.Get("x-fc-async-task-id"); id != "" {
			tasks = append(tasks, task{id, "Succeeded"})
			w.WriteHeader(http.StatusAccepted)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string][]task{"tasks": tasks})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// indented is text as a block with that indent has it.
func indented(text, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(indent+line, " \n") + "\n")
	}
	return b.String()
}

// shown runs a command of a page and returns what a terminal would show. Commands of other programs are checked as far
// as they name things of this repository.
func shown(t *testing.T, server *localoss.Server, makefile, line string) string {
	t.Helper()
	line, comment, _ := strings.Cut(line, "  #")
	words := strings.Fields(line)
	switch words[0] {
	case "make":
		for _, target := range words[1:] {
			if !strings.Contains(makefile, "\n"+target+":") {
				t.Errorf("%s: there is no such target", line)
			}
		}
	case "s":
		if !slices.Contains(strings.Fields("config deploy info init invoke logs plan remove"), words[1]) {
			t.Errorf("%s: Serverless Devs has no such command", line)
		}
		if slices.Contains(words, "s.backfill.yaml") { // for uploads of which there was no event
			if err := server.PutSparse("my-uploads", "incoming/c.txt", 10); err != nil {
				t.Fatal(err)
			}
		}
	case "aliyun":
		checkAliyun(t, line, words[1:])
		trustPolicy(t, line)
	case "npm", "ossutil", "git", "cd":
	case "bin/afterput":
		return afterput(t, words[1:], map[bool]int{true: exitBad}[strings.TrimSpace(comment) == "exits with 1"])
	default:
		t.Errorf("%s: unknown command", line)
	}
	return ""
}

// aliyunParameters are the parameters of the operations that pages call with Alibaba Cloud's CLI. It refuses others.
// Source: aliyun/aliyun-openapi-meta; for CreateQueue, which is not in it, SMQ's reference of the version 2022-01-19.
var aliyunParameters = map[string][]string{
	"mns-open CreateQueue":    {"QueueName", "force", "method", "region"},
	"ram AttachPolicyToRole":  {"PolicyName", "PolicyType", "RoleName"},
	"ram CreatePolicy":        {"PolicyDocument", "PolicyName"},
	"ram CreatePolicyVersion": {"PolicyDocument", "PolicyName", "RotateStrategy", "SetAsDefault"},
	"ram CreateRole":          {"AssumeRolePolicyDocument", "RoleName"},
	"sls CreateIndex":         {"body", "logstore", "project", "region"},
	"sls CreateLogStore":      {"body", "project", "region"},
	"sls CreateProject":       {"body", "region"},
}

// aliyunParameter is a parameter in a command of Alibaba Cloud's CLI.
var aliyunParameter = regexp.MustCompile(` --([A-Za-z]+)`)

// checkAliyun checks that a command of Alibaba Cloud's CLI has every parameter, and no other; a body is JSON.
func checkAliyun(t *testing.T, line string, words []string) {
	var given []string
	for _, m := range aliyunParameter.FindAllStringSubmatch(line, -1) {
		given = append(given, m[1])
	}
	slices.Sort(given)
	if want := aliyunParameters[words[0]+" "+words[1]]; !slices.Equal(given, want) {
		t.Errorf("%s\nhas the parameters %q, want %q", line, given, want)
	}
	if _, rest, has := strings.Cut(line, "--body '"); has {
		if body, _, _ := strings.Cut(rest, "'"); !json.Valid([]byte(body)) {
			t.Errorf("%s\nits body is not JSON", line)
		}
	}
}

// trustPolicy checks that a trust policy in a command is the one that the tool prints.
func trustPolicy(t *testing.T, line string) {
	_, rest, ok := strings.Cut(line, "--AssumeRolePolicyDocument '")
	if !ok {
		return
	}
	document, _, _ := strings.Cut(rest, "'")
	var said any
	var ours struct{ Function, Trigger any }
	if err := json.Unmarshal([]byte(document), &said); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(deploy.TrustPolicies()), &ours); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(line, "--RoleName aliyunosseventnotificationrole ") {
		ours.Function = ours.Trigger
	}
	if diff := cmp.Diff(ours.Function, said); diff != "" {
		t.Errorf("%s\nits trust policy (-tool +page):\n%s", line, diff)
	}
}

// changing are what a command prints otherwise each time, and what a page shows in its place.
var changing = []struct {
	printed *regexp.Regexp
	shown   string
}{
	{regexp.MustCompile(`\d+\.\d ms`), "4.9 ms"},
	{regexp.MustCompile(`(request-id +)\w+`), "${1}69B1F2C4A3C0A83130E5D1A7"},
	{regexp.MustCompile(`(last-modified +)\S+`), "${1}2026-11-20T08:00:00Z"},
}

// afterput runs the tool, which is to exit with a code, with stdout perhaps to a file, and returns what else it prints.
func afterput(t *testing.T, args []string, exits int) string {
	t.Helper()
	if args[0] == "local" || args[0] == "oss" { // these run until they are stopped
		args = append(args, "--help")
	}
	var terminal, file bytes.Buffer
	c := console{out: &terminal, err: &terminal}
	if n := slices.Index(args, ">"); n >= 0 {
		c.out = &file
		name := args[n+1]
		defer func() { write(t, name, file.String(), 0o644) }()
		args = args[:n]
	}
	if code := run(t.Context(), args, c); code != exits {
		t.Errorf("afterput %s: exit %d, want %d\n%s", strings.Join(args, " "), code, exits, &terminal)
	}
	if slices.Contains(args, "--help") {
		return ""
	}
	text := terminal.String()
	for _, c := range changing {
		text = c.printed.ReplaceAllString(text, c.shown)
	}
	return text
}
