package rules

import (
	"errors"
	"fmt"
	"iter"
	"slices"
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

// sameConstant reports whether two entries surely set the same value.
func sameConstant(a, b *template) bool {
	if a == nil || b == nil {
		return a == b
	}
	one, constant := a.constant()
	two, also := b.constant()
	return constant && also && one == two
}

// apply does with the placeholder's value what is written behind its name, the default
// aside.
func (p *templatePart) apply(value string) string {
	return p.letters.apply(p.span.apply(p.cut.apply(value)))
}

// isWhole reports whether the placeholder gives its whole value as it is, if it is not
// empty.
func (p *templatePart) isWhole() bool {
	return p.cut.end == 0 && p.span == span{} && p.letters == anyCase
}

// isPlain reports whether the placeholder is a name and nothing else.
func (p *templatePart) isPlain() bool { return p.name != "" && p.isWhole() && p.fallback == nil }
