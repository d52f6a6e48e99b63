package rules

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// breaking are characters that break a line, or that a terminal obeys.
var breaking = []string{"\r", "\x1b", "\u0085", "\u2028"}

// faulty are values that one field or another takes for a fault or a habit, at %.
var faulty = []string{"%", "in/%", "%in/", "*%.csv", "(?<a>%", "(?!%)", "[%", "{%", "${key#%}", "${%}", "${tag.%}",
	"$%", "!%/**", "image/%", "oss://%", "%.csv|%.tsv", "in\\%"}

// Every scalar of some files, names of fields too, gets each of these values in turn.
func TestEveryMessageIsOneLine(t *testing.T) {
	loaded, refused := 0, 0
	check := func(t *testing.T, file []byte) {
		messages, ok := messagesAbout(t, file)
		if ok {
			loaded++
		} else {
			refused++
		}
		for _, m := range messages {
			if strings.ContainsFunc(m, func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 }) {
				t.Fatalf("%q\n%s", m, file)
			}
		}
	}
	for _, path := range []string{"every-field.yaml", "honest/tenants-by-regexp.yaml", "honest/staged-by-tags.yaml"} {
		data, err := os.ReadFile("../testdata/rules/" + path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(data); i += 5 { // as it is, anywhere in the file
			check(t, slices.Concat(data[:i], []byte("\r"), data[i:]))
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(data, &doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		eachScalar(&doc, func(n *yaml.Node) {
			was := *n
			defer func() { *n = was }()
			n.Style, n.Tag = yaml.DoubleQuotedStyle, "!!str"
			for i, f := range faulty {
				n.Value = strings.ReplaceAll(f, "%", breaking[i%len(breaking)])
				text, err := yaml.Marshal(&doc)
				if err != nil {
					t.Fatal(err)
				}
				check(t, text)
			}
		})
	}
	if loaded < 100 || refused < 1000 {
		t.Errorf("only %d files were loaded, and %d refused", loaded, refused)
	}
}

func eachScalar(n *yaml.Node, visit func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode {
		visit(n)
	}
	for _, child := range n.Content {
		eachScalar(child, visit)
	}
}

// messagesAbout are the problems of a file, or its warnings if it loads.
func messagesAbout(t *testing.T, file []byte) (messages []string, loads bool) {
	t.Helper()
	set, err := Load("rules.yaml", file, testEnv)
	if err == nil {
		for _, w := range set.Lint() {
			messages = append(messages, w.Message)
		}
		return messages, true
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("%T is not Problems", err)
	}
	for _, p := range problems {
		messages = append(messages, p.Message)
	}
	return messages, false
}
