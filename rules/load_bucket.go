package rules

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// sourcePattern is what the name of a source bucket looks like in the file.
const sourcePattern = `^([a-z0-9][a-z0-9-]{1,61}[a-z0-9]|[a-z0-9-]*\$\{env\.[^\n\r]+\}[^\n\r]*)$`

// sourceName reads the name of a source bucket, and has it checked. Environment variables are
// filled in; other placeholders are refused, since triggers and policies need the name. what
// is the value for messages about its form.
func (l *loader) sourceName(field, what string, n *yaml.Node, check func(string) error) (string, bool) {
	t := l.template(what, n)
	if t == nil {
		return "", false
	}
	name, constant := t.constant()
	if !constant {
		l.problem(n, "%s: %s depends on the object: here only ${env.NAME} can be filled in, when the file is loaded",
			field, quote(t.text))
		return "", false
	}
	err := check(name)
	switch {
	case t.text == "":
		l.problem(n, "%s is empty: write a value, or leave the field out", what)
	case err != nil && name != t.text:
		l.problem(n, "%s: %s: %s", field, quote(t.text), err)
	case err != nil:
		l.problem(n, "%s: %s", field, err)
	default:
		return name, true
	}
	return "", false
}

// checkSource refuses the name of a source that is not valid, or is there already.
func (l *loader) checkSource(name string) error {
	for _, s := range l.sources {
		if s == name {
			return fmt.Errorf("%s is named twice", name)
		}
	}
	return CheckBucket(name)
}
