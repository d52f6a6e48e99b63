package rules

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const docsPage = "../docs/rules.md"

// An example of the page is a yaml block and the text block behind it. The yaml
// is a whole rules file, or a list of rules, or the fields of one rule; what it
// leaves out is put around it. The text has objects, one a line without
// indentation, each with what the rules make of it below; or the command
// "$ afterput validate rules.yaml" with what it says about the file.
func TestEveryExampleOfThePageHoldsTrue(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	var rules string // the last yaml block; "" once its result was read
	examples := 0
	for rest := string(page); rest != ""; {
		before, block, after := cutBlock(t, rest)
		got.WriteString(before)
		rest = after
		kind, text, _ := strings.Cut(block, "\n")
		switch kind {
		case "":
			got.WriteString(block)
			continue
		case "```yaml":
			if rules != "" {
				t.Errorf("an example without its result:\n%s", rules)
			}
			rules = text
		case "```text":
			if rules == "" {
				t.Fatalf("a result without an example:\n%s", text)
			}
			examples++
			text = exampleResult(t, rules, text)
			rules = ""
		}
		got.WriteString(kind + "\n" + text + "```\n")
	}
	if rules != "" {
		t.Errorf("an example without its result:\n%s", rules)
	}
	if *update {
		if err := os.WriteFile(docsPage, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page), got.String()); diff != "" {
		t.Errorf("the page is not what happens (-page +result):\n%s", diff)
	}
	if examples < 60 {
		t.Errorf("only %d examples were found", examples)
	}
}

// cutBlock returns the next fenced block without its closing fence.
func cutBlock(t *testing.T, page string) (before, block, after string) {
	const fence = "```"
	i := strings.Index("\n"+page, "\n"+fence)
	if i < 0 {
		return page, "", ""
	}
	end := strings.Index(page[i+len(fence):], "\n"+fence+"\n")
	if end < 0 {
		t.Fatalf("a block without an end:\n%s", page[i:])
	}
	end += i + len(fence)
	return page[:i], page[i : end+1], page[end+len("\n"+fence+"\n"):]
}

// wholeFile puts around an example what it leaves out.
func wholeFile(text string) string {
	const head = "version: 1\nsources: [uploads]\nrules:\n"
	switch {
	case strings.HasPrefix(text, "version:") || strings.HasPrefix(text, "#"):
		return text
	case strings.HasPrefix(text, "- name:"):
		return head + text
	}
	rule := "- name: example\n"
	if !strings.Contains("\n"+text, "\nmatch:") {
		rule += "  match: {}\n"
	}
	if !strings.Contains("\n"+text, "\ncopy:") {
		rule += "  copy: [{bucket: replica}]\n"
	}
	for line := range strings.Lines(text) {
		rule += "  " + line
	}
	return head + rule
}

// exampleResult runs an example again and writes its result.
func exampleResult(t *testing.T, rules, text string) string {
	file := wholeFile(rules)
	set, err := Load("rules.yaml", []byte(file), testEnv)
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, " ") || line == "" || strings.HasPrefix(line, "rules.yaml:"):
		case line == "$ afterput validate rules.yaml":
			if file != rules {
				t.Errorf("lines of a part of a file say nothing:\n%s", rules)
			}
			fmt.Fprintf(&out, "%s\n%s", line, validated(set, err))
		case err != nil:
			t.Fatalf("%v\n%s", err, file)
		default:
			fmt.Fprintf(&out, "%s\n%s", line, explained(t, set, line))
		}
	}
	return out.String()
}

// validated is what there is to say about a file.
func validated(set *Set, err error) string {
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, w := range set.Lint() {
		fmt.Fprintf(&b, "rules.yaml:%d:%d: %s: %s (%s)\n", w.Line, w.Col, w.Level, w.Message, w.Code)
	}
	return b.String()
}

func TestPageHasASectionForEveryFieldAndWarning(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string][]string{} // the names of each chapter's sections
	chapter := ""
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "## "); ok {
			chapter = name
		}
		if name, ok := strings.CutPrefix(line, "### "); ok {
			sections[chapter] = append(sections[chapter], strings.Split(strings.ReplaceAll(name, "`", ""), ", ")...)
		}
	}
	expect := func(chapter string, names []string) {
		for _, name := range names {
			if !slices.Contains(sections[chapter], name) {
				t.Errorf("chapter %q lacks a section for %s", chapter, name)
			}
		}
	}
	expect("The file", append(fieldNames(&fileBlock), fieldNames(&ruleBlock)...))
	expect("match and except", fieldNames(&matchBlock))
	expect("copy", fieldNames(&copyBlock))
	var codes []string
	for _, c := range warningCodes {
		codes = append(codes, string(c))
	}
	expect("Warnings", codes)
	if diff := cmp.Diff(warningRows(), tableOfWarnings(string(page))); diff != "" {
		t.Errorf("the table of warnings is not that of the code (-code +page):\n%s", diff)
	}
	if n := len(sections["Cookbook"]); n != 20 {
		t.Errorf("the cookbook has %d tasks", n)
	}
	for _, name := range placeholderNames {
		if !strings.Contains(string(page), "| `"+name+"`") {
			t.Errorf("the table of placeholders lacks %s", name)
		}
	}
}

// warningRows are the codes of the warnings and their levels.
func warningRows() (rows []string) {
	for _, c := range warningCodes {
		rows = append(rows, fmt.Sprintf("%s %s", c, c.Level()))
	}
	return rows
}

// tableOfWarnings is what the page's table says of each code.
func tableOfWarnings(page string) (rows []string) {
	row := regexp.MustCompile("(?m)^\\| \\[`([a-z-]+)`\\]\\(#([a-z-]+)\\) \\| ([a-z]+) \\| .+ \\|$")
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		if m[1] == m[2] {
			rows = append(rows, m[1]+" "+m[3])
		}
	}
	return rows
}

// A code that the sources declare, but the list of codes lacks, could not be ignored.
func TestEveryWarningCodeIsListed(t *testing.T) {
	text, err := os.ReadFile("warning.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^\t\w+ WarningCode = "([a-z-]+)"$`).FindAllStringSubmatch(string(text), -1)
	if len(declared) != len(warningCodes) {
		t.Errorf("%d codes are declared, %d are listed", len(declared), len(warningCodes))
	}
	for _, m := range declared {
		if err := CheckWarningCode(m[1]); err != nil {
			t.Error(err)
		}
	}
}
