package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inAProject makes a project the working directory that has what the examples name, with its copies made.
func inAProject(t *testing.T) {
	t.Helper()
	server := cloud(t, "my-uploads", "my-replica")
	for _, key := range []string{"in/a.jpg", "in/b.jpg"} {
		if err := server.PutSparse("my-uploads", key, 10); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("OSS_REGION", "")
	const rules = "version: 1\nsources: [my-uploads]\nrules:\n  - name: all\n    match: {prefix: in/}\n    copy:\n" +
		"      - {bucket: my-replica, object-acl: private, server-side-encryption: AES256}\n"
	manifest, err := os.ReadFile("../../s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": rules, "s.yaml": string(manifest),
		"keys.txt":     "in/a.jpg\nin/b.jpg\n",
		"failed.jsonl": strings.ReplaceAll(givenUp, "photos", "my-uploads")})
	t.Chdir(filepath.Dir(path("rules.yaml")))
	t.Setenv("HOME", t.TempDir())
	write(t, "rules/rules.yaml", rules, 0o600)
	good(t, "triggers", "--write", "s.yaml", "rules.yaml")
	write(t, "policy.json", good(t, "policy", "rules.yaml"), 0o600)
	good(t, "backfill", "rules.yaml", "--yes", "--region", "cn-hangzhou")
}

// serves runs a command that serves, until it says where.
func serves(t *testing.T, args ...string) (code int, problems string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, said := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, console{out: said, err: &stderr})
		_ = said.Close()
	}()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "listening on") {
			stop()
		}
	}
	return <-ended, stderr.String()
}

func TestTheExamplesOfTheHelpRun(t *testing.T) {
	parser := newParser(new(commands), console{}, nil)
	for _, node := range parser.Model.Children {
		t.Run(node.Name, func(t *testing.T) {
			inAProject(t)
			if len(examples[node.Name]) == 0 {
				t.Fatal("the help has no example")
			}
			help := good(t, node.Name, "--help")
			for _, e := range examples[node.Name] {
				if !strings.Contains(help, "  # "+e.does+"\n  "+e.line+"\n") {
					t.Errorf("the help does not show %s", e.line)
				}
				line, file, _ := strings.Cut(e.line, " > ")
				words := strings.Fields(line)
				if words[0] != "afterput" || words[1] != node.Name {
					t.Errorf("%s is no command line of %s", e.line, node.Name)
				}
				code, out, problems := 0, "", ""
				switch node.Name {
				case "local":
					code, problems = serves(t, append(words[1:], "--function", function)...)
				case "oss":
					code, problems = serves(t, append(words[1:], "--addr", "127.0.0.1:0")...)
				default:
					code, out, problems = command(t, words[1:]...)
				}
				if code != exitGood {
					t.Errorf("%s: exit %d\n%s%s", e.line, code, out, problems)
				}
				if file = strings.Replace(file, "~", os.Getenv("HOME"), 1); file != "" {
					write(t, file, out, 0o600)
				}
			}
		})
	}
	if len(examples) != len(parser.Model.Children) {
		t.Errorf("examples of %d commands, there are %d", len(examples), len(parser.Model.Children))
	}
}
