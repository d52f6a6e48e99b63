package rules

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlPair is one entry of a YAML mapping.
type yamlPair struct{ key, value *yaml.Node }

// pairs returns the entries of a mapping. A key must be text and must not be repeated.
func (l *loader) pairs(what string, n *yaml.Node) ([]yamlPair, bool) {
	if n.Kind == yaml.AliasNode {
		return nil, false
	}
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "：") && l.fullWidth(n.Value, n.Line, n.Column) {
		return nil, false
	}
	if n.Kind != yaml.MappingNode {
		l.problem(n, "%s must be a block of fields, one \"name: value\" per line%s", what, exampleOfBlock(n))
		return nil, false
	}
	seen := map[string]int{}
	var pairs []yamlPair
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Tag == "!!merge" || key.Kind == yaml.AliasNode:
		case key.Kind != yaml.ScalarNode:
			l.problem(key, "%s: a name must be text", what)
		case seen[key.Value] > 0:
			l.problem(key, "%s: %s is already set on line %d", what, quote(key.Value), seen[key.Value])
		default:
			seen[key.Value] = key.Line
			pairs = append(pairs, yamlPair{key, value})
		}
	}
	return pairs, true
}

// exampleOfBlock is how to write a block that is written as text such as team=data, or as a list of such texts; ""
// where it is not.
func exampleOfBlock(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	name, value, isSet := strings.Cut(strings.Replace(n.Value, "=", ":", 1), ":")
	if n.Kind != yaml.ScalarNode || !isSet || name == "" || strings.ContainsAny(n.Value, "{}[],\"' \n") {
		return ""
	}
	return ", such as {" + name + ": " + value + "}"
}

// text reads one text. Numbers, dates and booleans are texts as they are written.
func (l *loader) text(what string, n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.AliasNode:
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) == 2 &&
		n.Content[0].Kind == yaml.ScalarNode && n.Content[1].Tag == "!!null":
		l.problem(n, "%s must be text; to use the placeholder write ${%s}", what, n.Content[0].Value)
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0:
		l.problem(n, "%s must be text, not a block of fields: put a value that begins with { in quotes", what)
	case n.Kind != yaml.ScalarNode:
		l.problem(n, "%s must be text, not a %s", what, kindName(n))
	case n.Tag == "!!null":
		l.problem(n, "%s has no value: write one, or leave the field out", what)
	case strings.ContainsAny(n.Value, "\n\r"):
		l.lineBreak(what, n)
	default:
		return n.Value, true
	}
	return "", false
}

// lineBreak refuses a text of several lines: most of them have only the line break that |
// and > add at the end, which would become part of a key, or keep a pattern from matching.
func (l *loader) lineBreak(what string, n *yaml.Node) {
	text := strings.TrimRight(n.Value, "\n\r")
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		l.problem(n, "%s contains a line break: write it on one line", what)
	case strings.ContainsAny(text, "\n\r"):
		l.problem(n, "%s contains line breaks: write it on one line, without | or >", what)
	default:
		l.problem(n, "%s ends with a line break, which | and > add: write %s on one line", what, quote(text))
	}
}

// nonEmptyText reads a text that may not be empty.
func (l *loader) nonEmptyText(what string, n *yaml.Node) (string, bool) {
	s, ok := l.text(what, n)
	if ok && s == "" {
		l.problem(n, "%s is empty: write a value, or leave the field out", what)
		return "", false
	}
	return s, ok
}

// checkedText reads a text that may not be empty, and reports what is wrong with it.
func (l *loader) checkedText(what string, n *yaml.Node, check func(string) error) string {
	s, ok := l.nonEmptyText(what, n)
	if !ok {
		return ""
	}
	if err := check(s); err != nil {
		l.problem(n, "%s: %s", what, err)
	}
	return s
}

// each reads one value or a list of them.
func (l *loader) each(what string, n *yaml.Node, one func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		one(n)
		return
	}
	if len(n.Content) == 0 {
		l.problem(n, "%s is an empty list: write a value, or leave the field out", what)
	}
	l.items(n, one)
}

// items reads the items of a list, up to where there are too many problems.
func (l *loader) items(n *yaml.Node, one func(*yaml.Node)) {
	for _, item := range n.Content {
		if l.tooMany() {
			return
		}
		one(item)
	}
}

// texts reads one text or a list of them.
func (l *loader) texts(what string, n *yaml.Node, check func(string) error) []string {
	var all []string
	l.each(what, n, func(item *yaml.Node) {
		s, ok := l.nonEmptyText(what, item)
		if !ok {
			return
		}
		if strings.Contains(s, "${") {
			l.problem(item, "%s cannot contain placeholders: they work in key, bucket, content headers, "+
				"server-side-encryption-key-id, tag and meta values under copy", what)
		} else if err := check(s); err != nil {
			l.problem(item, "%s: %s", what, err)
		} else {
			all = append(all, s)
		}
	})
	return all
}

// list reads a list that must be written as one.
func (l *loader) list(what string, n *yaml.Node, one func(*yaml.Node)) {
	switch {
	case n.Kind == yaml.AliasNode:
	case strings.HasPrefix(n.Value, "【"), strings.HasPrefix(n.Value, "［"):
		l.problem(n, "%s must be a list: write [ and ] for the full-width brackets", what)
	case n.Kind != yaml.SequenceNode:
		l.problem(n, "%s must be a list: begin each entry with -", what)
	case len(n.Content) == 0:
		l.problem(n, "%s is an empty list", what)
	default:
		l.items(n, one)
	}
}

// choice reads a text that is one of a few.
func (l *loader) choice(what string, n *yaml.Node, values []string) (string, bool) {
	s, ok := l.text(what, n)
	if !ok {
		return "", false
	}
	if err := oneOf(s, values); err != nil {
		l.problem(n, "%s: %s", what, err)
		return "", false
	}
	return s, true
}

func oneOf(s string, values []string) error {
	for _, v := range values {
		if s == v {
			return nil
		}
	}
	if len(values) == 1 {
		return fmt.Errorf("%s is not %s, the only allowed value", quote(s), values[0])
	}
	return fmt.Errorf("%s is not one of %s%s", quote(s), orList(values), Meant(s, values))
}

// Meant is the end of a message about a value that is not one of values: which of them to write, or which was most
// likely meant; "" if that is not known.
func Meant(s string, values []string) string {
	if v := foreignValueOf(s, values); v != "" {
		return "; write " + v
	}
	if v := nearest(s, values); v != "" {
		return "; did you mean " + v + "?"
	}
	return ""
}

// boolean reads true or false.
func (l *loader) boolean(what string, n *yaml.Node) (value, ok bool) {
	switch {
	case n.Kind == yaml.AliasNode:
		return false, false
	case n.Kind != yaml.ScalarNode || n.Tag != "!!bool":
		l.problem(n, "%s must be true or false", what)
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), true
}

// template reads a text with placeholders.
func (l *loader) template(what string, n *yaml.Node) *template {
	s, ok := l.text(what, n)
	if !ok {
		return nil
	}
	t, err := parseTemplate(s, l.env)
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			l.problem(n, "%s: %s", what, line)
		}
		return nil
	}
	return t
}

func kindName(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return "list"
	}
	return "block of fields"
}

// isNull reports whether the value is a written null, not just an empty one.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value != ""
}
