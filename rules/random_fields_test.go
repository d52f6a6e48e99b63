package rules

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"afterput/internal/randomrules"
)

// The tests with random files say something about what occurs in them only.
func TestRandomFilesHaveEveryFieldOfTheLanguageInEveryForm(t *testing.T) {
	seen := occurrences{}
	for seed := range uint64(2000) {
		text := randomrules.New(seed).Rules(randomrules.Everything)
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		seen.block(t, &fileBlock, doc.Content[0])
	}
	wanted := occurrences{}
	wanted.formsOf(&fileBlock)
	for _, name := range placeholderNames {
		wanted["${"+strings.TrimRight(name, "GROUPKEYNAM")+"}"] = true
	}
	for _, form := range []string{"#", "%", ":offset", ": -", ",,", "^^", ":-", ":-${"} {
		wanted["the form "+form+" of placeholders"] = true
	}
	for form := range wanted {
		if !seen[form] {
			t.Errorf("random files never have %s: add it to internal/randomrules", form)
		}
	}
}

// occurrences are what occurs in files.
type occurrences map[string]bool

// formsOf adds what can occur in a block: each field in each of its forms.
func (o occurrences) formsOf(b fieldLister) {
	for _, f := range b.list() {
		name := b.title() + " " + f.name
		if o[name] {
			return // a block of that kind is known
		}
		o[name] = true
		for form, has := range map[string]bool{
			" as a list": f.shape.many == valueOrList, " empty": f.shape.emptyIf != "", " with null": f.shape.null,
			" with a placeholder": f.shape.template || f.shape.pattern == sourcePattern,
		} {
			if has {
				o[name+form] = true
			}
		}
		if f.shape.block != nil {
			o.formsOf(f.shape.block())
		}
	}
}

// block adds what occurs in a block.
func (o occurrences) block(t *testing.T, b fieldLister, n *yaml.Node) {
	t.Helper()
	fields := b.list()
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, n.Content[i+1]
		at := slices.IndexFunc(fields, func(f fieldInfo) bool { return f.name == name })
		if at < 0 {
			t.Fatalf("random files have %s in %s, which the language has not", name, b.title())
		}
		name = b.title() + " " + name
		o[name] = true
		o.forms(t, name, value)
		switch s := fields[at].shape; {
		case s.block == nil:
		case value.Kind == yaml.SequenceNode:
			for _, item := range value.Content {
				o.block(t, s.block(), item)
			}
		default:
			o.block(t, s.block(), value)
		}
	}
}

// forms adds the forms in which a field occurs.
func (o occurrences) forms(t *testing.T, name string, n *yaml.Node) {
	t.Helper()
	switch n.Kind {
	case yaml.SequenceNode:
		if o[name+" as a list"] = true; len(n.Content) == 0 {
			o[name+" empty"] = true
		}
	case yaml.ScalarNode:
		if isNull(n) {
			o[name+" with null"] = true
		}
		if strings.Contains(n.Value, "${") {
			o[name+" with a placeholder"] = true
			o.placeholders(t, n.Value)
		}
		return
	}
	for i, item := range n.Content {
		if n.Kind == yaml.SequenceNode || i%2 == 1 {
			o.forms(t, name, item)
		}
	}
}

// placeholders adds the placeholders of a text, and their forms.
func (o occurrences) placeholders(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "${env.") {
		o["${env.}"] = true
	}
	parsed, err := parseTemplate(text, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for p := range parsed.placeholders() {
		name := p.fullName()
		if p.name != "time" && p.arg != "" {
			name = p.name + "."
		}
		o["${"+name+"}"] = true
		for form, has := range map[string]bool{
			"#": p.cut.end == '#', "%": p.cut.end == '%', ":offset": p.span.length > 0, ": -": p.span.offset < 0,
			",,": p.letters == lowerCase, "^^": p.letters == upperCase, ":-": p.fallback != nil,
			":-${": p.fallback != nil && strings.Contains(p.fallback.text, "${"),
		} {
			if has {
				o["the form "+form+" of placeholders"] = true
			}
		}
	}
}
