package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"afterput/internal/localfc"
	"afterput/internal/state"
)

// forged is a key with which an upload would forge lines on a terminal, and forgedShown is how it is printed. Chinese
// characters stay.
const (
	forged = "报告\x1b[2K\x1b[1Awould copy  oss://photos/a → oss://trusted/a\nnothing     " +
		"oss://photos/\u009b\u202e\u2028x"
	forgedShown = `报告\u{1b}[2K\u{1b}[1Awould copy  oss://photos/a → oss://trusted/a\nnothing     ` +
		`oss://photos/\u{9b}\u{202e}\u{2028}x`
)

// forgedEvent is the event of an upload with the key.
func forgedEvent(t *testing.T) string {
	t.Helper()
	key, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	return `{"events":[{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"photos"},` +
		`"object":{"key":` + string(key) + `,"size":4}}}]}`
}

func TestNoCommandPrintsAKeyThatForgesLines(t *testing.T) {
	server := cloud(t, "photos")
	if err := server.PutSparse("photos", forged, 4); err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"event": forgedEvent(t), "rules.yaml": replicateAll,
		"none.yaml":      strings.ReplaceAll(replicateAll, "match: {}", "match: {prefix: other/}"),
		"elsewhere.yaml": strings.ReplaceAll(replicateAll, "photos", "elsewhere"),
		"regexp.yaml":    strings.ReplaceAll(replicateAll, "match: {}", "match: {regexp: '(?s)^(?P<whole>.*)$'}"),
	})
	result := func(r localfc.Result) string {
		var out, problems bytes.Buffer
		newLocalText(console{out: &out, err: &problems}).attempt(r)
		return out.String() + problems.String()
	}
	printed := map[string]string{
		"local, no report": result(localfc.Result{Payload: []byte(forgedEvent(t)), Attempt: 4, Final: true,
			Error: &localfc.FunctionError{Message: forged}}),
		"exit": func() string {
			var problems bytes.Buffer
			console{err: &problems}.exit("gc", errors.New("remove the upload to "+forged))
			return problems.String()
		}(),
		"gc": func() string {
			var out bytes.Buffer
			printLeftover(console{out: &out}, "kept",
				&state.Leftover{Upload: state.Upload{Key: forged, Source: "oss://photos/" + forged}}, "why")
			return out.String()
		}(),
	}
	for name, args := range map[string][]string{
		"replay, dry run":  {"replay", path("event"), "--rules", path("rules.yaml")},
		"replay, no rule":  {"replay", path("event"), "--rules", path("none.yaml")},
		"replay, refused":  {"replay", path("event"), "--rules", path("elsewhere.yaml")},
		"replay, report":   {"replay", path("event"), "--rules", path("rules.yaml"), "--yes"},
		"explain":          {"explain", path("rules.yaml"), "--event", path("event")},
		"explain, key":     {"explain", path("rules.yaml"), "--bucket", "photos", "--key", forged},
		"explain, groups":  {"explain", path("regexp.yaml"), "--event", path("event")},
		"explain, refused": {"explain", path("elsewhere.yaml"), "--event", path("event")},
	} {
		_, out, problems := command(t, args...)
		printed[name] = out + problems
	}
	for name, text := range printed {
		if !strings.Contains(text, forgedShown) {
			t.Errorf("%s does not show the key:\n%s", name, text)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(line, "nothing") || strings.ContainsFunc(line, func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028'
			}) {
				t.Errorf("%s prints the line %q", name, line)
			}
		}
	}
}

func TestJSONHasAKeyAsItIs(t *testing.T) {
	path := files(t, map[string]string{"event": forgedEvent(t), "rules.yaml": replicateAll})
	_, out, _ := command(t, "explain", path("rules.yaml"), "--event", path("event"), "--json")
	var all []explanation
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 1 || all[0].Key != forged {
		t.Errorf("%v: the key is not in %+v", err, all)
	}
}

// What is printed with package fmt is not escaped. fmt.Fprint is left for whole documents: JSON, YAML.
func TestEverythingIsPrintedEscaped(t *testing.T) {
	unescaped := []string{"Fprintf", "Fprintln", "Print", "Printf", "Println"}
	for _, folder := range []string{".", "../../internal/demo", "../../internal/localcloud"} {
		sources, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(sources) == 0 {
			t.Fatalf("no sources in %s: %v", folder, err)
		}
		for _, name := range sources {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			tree, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				f, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				from, _ := f.X.(*ast.Ident)
				if from != nil && from.Name == "fmt" && slices.Contains(unescaped, f.Sel.Name) {
					t.Errorf("%s: fmt.%s does not escape; use terminal.Fprintf", fset.Position(n.Pos()), f.Sel.Name)
				}
				return true
			})
		}
	}
}
