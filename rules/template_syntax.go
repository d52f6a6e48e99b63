package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

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
			errs = append(errs, singleDollar(rest))
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

// singleDollar is what is wrong with a text that begins with a dollar sign and no brace.
func singleDollar(text string) error {
	inside, parentheses := strings.CutPrefix(text, "$(")
	name, _, closed := strings.Cut(inside, ")")
	if slices.Contains(timeNames, name) {
		name = "time." + name
	}
	if parentheses && closed && checkPlaceholderName(name, name) == nil {
		return fmt.Errorf("%s is not a placeholder; write ${%s}", quote(text[:strings.Index(text, ")")+1]), name)
	}
	return errSingleDollar
}

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
