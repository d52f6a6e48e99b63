package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// rulesFolder has a valid rules file, one with a mistake, and what is no rules file.
func rulesFolder(t *testing.T) string {
	t.Helper()
	path := files(t, map[string]string{
		"a.yaml": replicateAll, "b, 100%.yml": strings.ReplaceAll(replicateAll, "match", "mtch"), "c.md": "# no rules"})
	return filepath.Dir(path("a.yaml"))
}

func TestValidateChecksSeveralFilesAndFoldersAndFailsIfOneDoes(t *testing.T) {
	folder := rulesFolder(t)
	t.Chdir(folder)
	code, out, problems := command(t, "validate", folder)
	if code != exitBad || !strings.Contains(out, "a.yaml: 1 source, 1 rule, 1 copy\n") ||
		!strings.Contains(problems, `b, 100%.yml:3:`) || strings.Contains(out+problems, "c.md") {
		t.Errorf("exit %d: %s%s", code, out, problems)
	}
	if out := good(t, "validate", "a.yaml", "a.yaml"); strings.Count(out, "1 source, 1 rule") != 2 {
		t.Errorf("two files: %s", out)
	}
	var list []validation
	_, out, _ = command(t, "validate", "--format", "json", ".")
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 2 || !list[0].Valid || list[1].Valid {
		t.Errorf("JSON of a folder: %v, %s", err, out)
	}
	out = good(t, "validate", "--format=json", "a.yaml")
	if same := good(t, "validate", "--json", "a.yaml"); out != same ||
		!strings.HasPrefix(out, "{") {
		t.Errorf("JSON of a file: %s", out)
	}
	empty := t.TempDir()
	for want, args := range map[string][]string{
		"has no *.yaml or *.yml":                           {empty},
		"--s-yaml: a function has one rules file":          {".", "--s-yaml", "s.yaml"},
		"standard input (-) can be read only once":         {"-", "-"},
		`--format is "xml"; want one of text, json, sarif`: {"a.yaml", "--format", "xml"},
		"none.yaml: no such file":                          {"a.yaml", "none.yaml"},
	} {
		if code, _, problems := command(t, append([]string{"validate"}, args...)...); code == exitGood ||
			!strings.Contains(problems, want) {
			t.Errorf("%q: exit %d: %s; want %s", args, code, problems, want)
		}
	}
}

func TestMistakesAndWarningsAreAnnotationsOfGitHub(t *testing.T) {
	t.Chdir(rulesFolder(t))
	code, out, problems := command(t, "validate", ".", "--format", "github")
	if code != exitBad || problems != "" {
		t.Errorf("exit %d: %s", code, problems)
	}
	command := regexp.MustCompile(`^::(error|warning|notice) file=[^:,]+,line=\d+,col=\d+,title=[^:,]*::.+$`)
	for line := range strings.Lines(out) {
		if !command.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("no command: %s", line)
		}
	}
	for _, want := range []string{"::error file=b%2C 100%25.yml,line=3,col=21,title=afterput%3A invalid::",
		"::notice file=a.yaml,line=3,col=39,title=afterput%3A inherited-acl::"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestMistakesAndWarningsAreResultsOfSARIF(t *testing.T) {
	t.Chdir(rulesFolder(t))
	_, out, _ := command(t, "validate", ".", "--format", "sarif")
	var log sarifLog
	if err := json.Unmarshal([]byte(out), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "afterput" {
		t.Fatalf("%s", out)
	}
	ids := map[string]bool{}
	for _, rule := range log.Runs[0].Tool.Driver.Rules {
		ids[rule.ID] = true
	}
	found := map[string]bool{}
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].Physical
		found[r.Level+" "+at.Artifact.URI] = true
		if !ids[r.RuleID] || at.Region.StartLine < 1 || at.Region.StartColumn < 1 || r.Message.Text == "" {
			t.Errorf("result %+v", r)
		}
	}
	if !found["error b,%20100%25.yml"] || !found["note a.yaml"] {
		t.Errorf("results of %v", found)
	}
}

func TestTheHookOfPreCommitIsACommandLineThatChecksRulesFiles(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ ID, Name, Entry, Language, Files string }
	if err := yaml.Unmarshal(text, &hooks); err != nil || len(hooks) != 1 {
		t.Fatalf("%d hooks, %v", len(hooks), err)
	}
	hook := hooks[0]
	entry := strings.Fields(hook.Entry)
	for file, want := range map[string]bool{"function/rules.yaml": true, "rules.yml": true, "team.rules.yaml": true,
		"s.yaml": false, "rules.yaml.md": false, "rules.schema.json": false} {
		if got := regexp.MustCompile(hook.Files).MatchString(file); got != want {
			t.Errorf("files matches %s: %v, want %v", file, got, want)
		}
	}
	if hook.Language != "golang" || entry[0] != "afterput" {
		t.Errorf("hook %+v", hook)
	}
	t.Chdir(rulesFolder(t))
	good(t, append(entry[1:], "a.yaml", "a.yaml")...) // as pre-commit calls it
	if code, _, _ := command(t, append(entry[1:], "a.yaml", "b, 100%.yml")...); code != exitBad {
		t.Errorf("exit %d for a file with a mistake", code)
	}
}

func TestValidateCountsTheTriggersThatTheRulesNeedOfABucket(t *testing.T) {
	text := "version: 1\nsources: [photos]\nrules:\n"
	for i := range 11 {
		text += fmt.Sprintf("  - {name: r%d, match: {prefix: p%d/}, copy: [{bucket: replica}]}\n", i, i)
	}
	path := files(t, map[string]string{"rules.yaml": text})
	_, _, said := command(t, "validate", path("rules.yaml"), "--s-yaml", "../../s.yaml")
	if !strings.Contains(said, "s.yaml: bucket photos: the rules need 11 OSS triggers, and a bucket can have 10") {
		t.Errorf("it says\n%s", said)
	}
}

func TestAFileIsNamedInSARIFByARelativeURIOrOneWithAScheme(t *testing.T) {
	abs, err := filepath.Abs("a b.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"a b.yaml": "a%20b.yaml", "c:d.yaml": "./c:d.yaml",
		abs: "file:///" + strings.TrimPrefix(filepath.ToSlash(filepath.Dir(abs)), "/") + "/a%20b.yaml"} {
		if got := uriOf(file); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}
