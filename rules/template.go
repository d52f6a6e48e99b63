package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// template is a text with placeholders: ${name}, ${name:-default},
// ${name#prefix} and ${name%suffix}; $$ is a dollar sign.
type template struct {
	text  string // as written in the file
	parts []templatePart
}

// templatePart is a literal, or one placeholder.
type templatePart struct {
	literal string // set if name is ""
	name    string // "key", "tag", "re" …
	arg     string // the name after the dot: a tag's key, a group's name
	form    form
	operand string // the default, the prefix or the suffix
	text    string // the placeholder as written
}

// form is what a placeholder does with its value.
type form byte

const (
	formPlain   form = 0
	formDefault form = '-' // ${name:-default}
	formPrefix  form = '#' // ${name#prefix}
	formSuffix  form = '%' // ${name%suffix}
)

// placeholders are the names of placeholders; true for those that take a second name
// after a dot.
var placeholders = map[string]bool{
	"key": false, "dir": false, "base": false, "stem": false, "ext": false,
	"bucket": false, "region": false, "size": false, "etag": false, "event": false, "rule": false,
	"time": true, "re": true, "tag": true, "meta": true, "env": true,
}

// placeholderNames lists them for messages and suggestions.
var placeholderNames = []string{
	"key", "dir", "base", "stem", "ext", "bucket", "region", "size", "etag", "event", "rule",
	"time.year", "time.month", "time.day", "time.hour", "time.date", "re.GROUP", "tag.KEY", "meta.KEY", "env.NAME",
}

var timeNames = []string{"year", "month", "day", "hour", "date"}

// parseTemplate reads a template. env looks up ${env.NAME}, whose value becomes part of
// the literal text. Whether the regexp of the rule has the groups of ${re.GROUP} is
// checked with the rule.
func parseTemplate(text string, env func(string) (string, bool)) (*template, error) {
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
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return nil, errors.Join(append(errs, fmt.Errorf("%s has no closing }", quote(rest)))...)
			}
			if err := t.addPlaceholder(rest[:end+1], env); err != nil {
				errs = append(errs, err)
			}
			rest = rest[end+1:]
		default:
			errs = append(errs, errors.New("a single $ has no meaning: write ${name} for a placeholder, $$ for a "+
				"dollar sign"))
			rest = rest[1:]
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t, nil
}

func (t *template) addLiteral(s string) {
	if n := len(t.parts); s != "" && n > 0 && t.parts[n-1].name == "" {
		t.parts[n-1].literal += s
	} else if s != "" {
		t.parts = append(t.parts, templatePart{literal: s, text: s})
	}
}

// addPlaceholder adds a placeholder, or the value of one that is known already.
func (t *template) addPlaceholder(text string, env func(string) (string, bool)) error {
	p, err := parsePlaceholder(text)
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
	t.addLiteral(value)
	return err
}

func parsePlaceholder(text string) (templatePart, error) {
	p := templatePart{text: text}
	name := text[2 : len(text)-1]
	if i := strings.Index(name, ":-"); i >= 0 && !strings.ContainsAny(name[:i], "#%") {
		name, p.form, p.operand = name[:i], formDefault, name[i+2:]
	} else if i := strings.IndexAny(name, "#%"); i >= 0 {
		name, p.form, p.operand = name[:i], form(name[i]), name[i+1:]
	}
	if strings.Contains(p.operand, "${") {
		return p, fmt.Errorf("%s: a placeholder cannot contain another", quote(text))
	}
	if (p.form == formPrefix || p.form == formSuffix) && p.operand == "" {
		return p, fmt.Errorf("%s removes nothing: write the text to remove after the %c", quote(text), p.form)
	}
	p.name, p.arg, _ = strings.Cut(name, ".")
	if err := checkPlaceholderName(text, name); err != nil {
		return p, err
	}
	if p.name == "meta" {
		p.arg = strings.ToLower(p.arg)
	}
	return p, p.checkArg(name)
}

// argExamples shows for each placeholder with an argument how it is written.
var argExamples = map[string]string{
	"time": "time.year", "re": "re.GROUP", "tag": "tag.KEY", "meta": "meta.KEY", "env": "env.NAME"}

// checkPlaceholderName refuses what is not the name of a placeholder, the second name
// included.
func checkPlaceholderName(text, fullName string) error {
	name, arg, dotted := strings.Cut(fullName, ".")
	takesArg, known := placeholders[name]
	switch {
	case fullName == "":
		return fmt.Errorf("%s has no name: the names are %s", quote(text), orList(placeholderNames))
	case known && takesArg && arg == "":
		return fmt.Errorf("${%s} needs a name after a dot, such as ${%s}", name, argExamples[name])
	case known && !takesArg && dotted:
		return fmt.Errorf("${%s} takes no name after a dot: write ${%s}", fullName, name)
	case known:
		return nil
	}
	suggestion := nearest(fullName, placeholderNames)
	if dotted {
		if near := nearest(name, []string{"time", "re", "tag", "meta", "env"}); near != "" {
			suggestion = near + "." + arg
		}
	}
	if suggestion != "" {
		return fmt.Errorf("there is no placeholder ${%s}; did you mean ${%s}?", fullName, suggestion)
	}
	return fmt.Errorf("there is no placeholder ${%s}: the names are %s", fullName, orList(placeholderNames))
}

// checkArg refuses an argument that no value can have.
func (p *templatePart) checkArg(fullName string) error {
	switch p.name {
	case "time":
		if !slices.Contains(timeNames, p.arg) {
			return fmt.Errorf("there is no placeholder ${%s}: time has %s%s", fullName, orList(timeNames),
				didYouMean(p.arg, timeNames))
		}
	case "tag":
		if err := checkTagKey(p.arg); err != nil {
			return fmt.Errorf("%s: no tag can have this key: %w", quote(p.text), err)
		}
	case "meta":
		if err := checkMetaName(p.arg); err != nil {
			return fmt.Errorf("%s: no metadata can have this name: %w", quote(p.text), err)
		}
	}
	return nil
}

// lookUp returns the value of ${env.NAME}; env is as for [Load].
func (p templatePart) lookUp(env func(string) (string, bool)) (string, error) {
	value, _ := env(p.arg)
	value = p.apply(value)
	if value == "" && p.form != formDefault {
		return "", fmt.Errorf("the environment variable %s is not set: set it, or give a default with ${env.%s:-…}",
			p.arg, p.arg)
	}
	if strings.ContainsAny(value, "\n\r") {
		return "", fmt.Errorf("the environment variable %s contains a line break: set it to a single line", p.arg)
	}
	return value, nil
}

// apply applies the placeholder's form to its value.
func (p templatePart) apply(value string) string {
	switch p.form {
	case formDefault:
		if value == "" {
			return p.operand
		}
	case formPrefix:
		return strings.TrimPrefix(value, p.operand)
	case formSuffix:
		return strings.TrimSuffix(value, p.operand)
	}
	return value
}

// uses reports whether the template has a placeholder of that name.
func (t *template) uses(name string) bool {
	if t == nil {
		return false
	}
	for _, p := range t.parts {
		if p.name == name {
			return true
		}
	}
	return false
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
		return p.name == "" || p.form != formDefault || p.operand != ""
	})
}

// containsETag reports whether every text that the template gives contains the whole ETag.
func (t *template) containsETag() bool {
	if t == nil {
		return false
	}
	for _, p := range t.parts {
		if p.name == "etag" && (p.form == formPlain || p.form == formDefault) {
			return true
		}
	}
	return false
}

// setsBeyondASCII reports whether the template's own text, not the values that it
// is filled with, has characters beyond ASCII.
func (t *template) setsBeyondASCII() bool {
	for _, p := range t.parts {
		if beyondASCII(p.literal) || p.form == formDefault && beyondASCII(p.operand) {
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

// fullName is the placeholder's name as it is written between the braces.
func (p *templatePart) fullName() string {
	if p.arg != "" {
		return p.name + "." + p.arg
	}
	return p.name
}
