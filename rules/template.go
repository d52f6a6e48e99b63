package rules

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// template is a text with placeholders; $$ is a dollar sign.
type template struct {
	text  string // as written in the file
	parts []templatePart
}

// templatePart is a literal, or one placeholder: a name, and what is done with its value,
// in the order in which it is written.
type templatePart struct {
	literal string // set if name is ""
	name    string // "key", "tag", "re" …
	arg     string // the name after the dot: a tag's key, a group's name
	cut     cut
	span    span
	letters letterCase
	// fallback is the default, which is filled in for an empty value; nil if there is
	// none, so that an empty value is an error.
	fallback *template
	escape   escape // in a content header
	text     string // the placeholder as written
}

// maxNesting bounds how deep defaults that contain placeholders may be nested.
const maxNesting = 8

// parseTemplate reads a template. env looks up ${env.NAME}, whose value becomes part of
// the literal text. Whether the regexp of the rule has the groups of ${re.GROUP} is
// checked with the rule.
func parseTemplate(text string, env func(string) (string, bool)) (*template, error) {
	return parseNested(text, env, 0)
}

// parseNested reads a template, or a default that so many other defaults contain.
func parseNested(text string, env func(string) (string, bool), depth int) (*template, error) {
	t := &template{text: text}
	var errs []error
	for rest := text; rest != ""; {
		if len(t.parts) > maxParts || len(errs) > maxProblems {
			return nil, errors.Join(append(errs,
				fmt.Errorf("the text has more than %d placeholders and texts between them", maxParts))...)
		}
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			t.addLiteral(rest)
			break
		}
		t.addLiteral(rest[:i])
		rest = rest[i:]
		switch {
		case strings.HasPrefix(rest, "$$"):
			t.addLiteral("$")
			rest = rest[2:]
		case strings.HasPrefix(rest, "${"):
			end := placeholderEnd(rest)
			if end == 0 {
				return nil, errors.Join(append(errs, fmt.Errorf("%s has no closing }", quote(rest)))...)
			}
			if err := t.addPlaceholder(rest[:end], env, depth); err != nil {
				errs = append(errs, err)
			}
			rest = rest[end:]
		default:
			errs = append(errs, errSingleDollar)
			rest = rest[1:]
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	t.parts = slices.Clone(t.parts) // without room for more: a large file has very many
	return t, nil
}

var errSingleDollar = errors.New("a single $ has no meaning: write ${name} for a placeholder, $$ for a dollar sign")

// placeholderEnd is where the placeholder ends with which a text begins; 0 if it is not
// closed.
func placeholderEnd(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "$$"):
			i++
		case strings.HasPrefix(text[i:], "${"):
			depth++
			i++
		case text[i] == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

func (t *template) addLiteral(s string) {
	if n := len(t.parts); s != "" && n > 0 && t.parts[n-1].name == "" {
		t.parts[n-1].literal += s
	} else if s != "" {
		t.parts = append(t.parts, templatePart{literal: s, text: s})
	}
}

// addPlaceholder adds a placeholder, or the value of one that is known already.
func (t *template) addPlaceholder(text string, env func(string) (string, bool), depth int) error {
	p, err := parsePlaceholder(text, env, depth)
	if err != nil {
		return err
	}
	if p.name != "env" {
		t.parts = append(t.parts, p)
		return nil
	}
	if err := checkEnv(p.arg); err != nil {
		return err
	}
	value, err := p.lookUp(env)
	if err != nil {
		return err
	}
	if value != "" {
		t.addLiteral(value)
		return nil
	}
	for _, part := range p.fallback.parts {
		if part.name == "" {
			t.addLiteral(part.literal)
		} else {
			t.parts = append(t.parts, part)
		}
	}
	return nil
}

// lookUp returns the value of ${env.NAME}, "" if its default takes its place; env is as
// for [Load].
func (p *templatePart) lookUp(env func(string) (string, bool)) (string, error) {
	value, _ := env(p.arg)
	value = p.apply(value)
	if value == "" && p.fallback == nil {
		return "", fmt.Errorf("the environment variable %s is not set: set it, or give a default with ${env.%s:-…}",
			p.arg, p.arg)
	}
	if strings.ContainsAny(value, "\n\r") {
		return "", fmt.Errorf("the environment variable %s contains a line break: set it to a single line", p.arg)
	}
	return value, nil
}

// placeholders yields all placeholders of a template, those in defaults too.
func (t *template) placeholders() iter.Seq[*templatePart] {
	return func(yield func(*templatePart) bool) { t.visit(yield) }
}

// visit is placeholders; it returns false if yield did.
func (t *template) visit(yield func(*templatePart) bool) bool {
	if t == nil {
		return true
	}
	for i := range t.parts {
		if p := &t.parts[i]; p.name != "" && (!yield(p) || !p.fallback.visit(yield)) {
			return false
		}
	}
	return true
}

// uses reports whether the template has a placeholder of that name.
func (t *template) uses(name string) bool {
	for p := range t.placeholders() {
		if p.name == name {
			return true
		}
	}
	return false
}

// beginning is the literal text before the first placeholder.
func (t *template) beginning() string {
	if len(t.parts) > 0 && t.parts[0].name == "" {
		return t.parts[0].literal
	}
	return ""
}

// constant returns the template's text; it is not ok if there are placeholders.
func (t *template) constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].name == "":
		return t.parts[0].literal, true
	}
	return "", false
}

// mayBeEmpty reports whether the template can give an empty text without an error.
func (t *template) mayBeEmpty() bool {
	return !slices.ContainsFunc(t.parts, func(p templatePart) bool {
		return p.name == "" || p.fallback == nil || !p.fallback.mayBeEmpty()
	})
}

// containsETag reports whether every text that the template gives contains the whole ETag.
func (t *template) containsETag() bool {
	if t == nil {
		return false
	}
	for _, p := range t.parts {
		if p.name == "etag" && p.isWhole() {
			return true
		}
	}
	return false
}

// setsBeyondASCII reports whether the template's own text, not the values that it
// is filled with, has characters beyond ASCII.
func (t *template) setsBeyondASCII() bool {
	for _, p := range t.parts {
		if beyondASCII(p.literal) || p.fallback != nil && p.fallback.setsBeyondASCII() {
			return true
		}
	}
	return false
}

// literalLength is the least number of bytes that the template gives.
func (t *template) literalLength() int {
	n := 0
	for _, p := range t.parts {
		n += len(p.literal)
	}
	return n
}

// checkKey refuses a template that can never give a valid key.
func (t *template) checkKey() error {
	if t.literalLength() > maxKey {
		return fmt.Errorf("the text alone has %d bytes, a key has at most %d", t.literalLength(), maxKey)
	}
	if len(t.parts) > 0 && t.parts[0].name == "" {
		if err := checkKeyStart(t.parts[0].literal); err != nil {
			return err
		}
	}
	switch {
	case !t.mayBeEmpty():
		return nil
	case len(t.parts) > 0:
		return errors.New("it can be empty: give a default that is not empty")
	}
	return errors.New("it is empty: leave it out to keep the source's key")
}
