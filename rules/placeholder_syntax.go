package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"afterput/rules/internal/keyset"
)

var (
	// anySpan is whatever may be meant as a part of a value.
	anySpan = compiledLater(`: *-?[0-9]*(: *-?[0-9]*)?$`)
	// largeSpan is a part of a value with a number of more than four digits.
	largeSpan = compiledLater(`:[^:]*[1-9][0-9]{4}`)
	// goodSpan is a part of a value as it has to be written.
	goodSpan = compiledLater(`:(0|[1-9][0-9]{0,3}):([1-9][0-9]{0,3})$|: -([1-9][0-9]{0,3})$`)
)

// maxSpan bounds the numbers of a part of a value.
const maxSpan = 9999

// parsePlaceholder reads one placeholder, given with its braces.
func parsePlaceholder(text string, env func(string) (string, bool), depth int) (templatePart, error) {
	p := templatePart{text: text}
	head, fallback, hasDefault := strings.Cut(text[2:len(text)-1], ":-")
	if strings.Contains(head, "${") {
		return p, fmt.Errorf("%s: only the default of a placeholder, which follows :-, can contain another one",
			quote(text))
	}
	if err := foreignForm(text, head); err != nil {
		return p, err
	}
	rest, err := p.readForms(head)
	if err == nil {
		err = p.readName(rest)
	}
	if err != nil || !hasDefault {
		return p, err
	}
	if depth == maxNesting {
		return p, fmt.Errorf("%s: defaults are nested more than %d deep", quote(text), maxNesting)
	}
	length, rest, isSpan := strings.Cut(fallback, ":")
	if n, err := strconv.Atoi(length); p.neverEmpty() && err == nil && n > 0 && (!isSpan || isDigits(rest)) {
		return p, fmt.Errorf("%s has a default that is never used, since %[2]s is never empty; for the last %[3]d "+
			"characters write ${%[2]s: -%[3]d}, with a space", quote(text), p.fullName(), n)
	}
	if p.fallback, err = parseNested(fallback, env, depth+1); p.neverEmpty() {
		p.fallback = nil
	}
	return p, err
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// readForms reads what is written behind the name, the default aside, from the end to the
// beginning. It returns the name.
func (p *templatePart) readForms(head string) (name string, err error) {
	name = head
	if i := strings.IndexAny(head, "#%"); i >= 0 {
		name, p.cut = head[:i], cut{head[i], head[i+1:]}
	}
	last := &name // at the end of which the other forms are
	if p.cut.end != 0 {
		last = &p.cut.text
	}
	*last, p.letters = cutLetters(*last)
	if *last, p.span, err = p.cutSpan(*last); err != nil {
		return "", err
	}
	if err := p.checkOrder(name); err != nil {
		return "", err
	}
	if p.cut.end != 0 {
		p.cut.text, err = p.readCutText(p.cut.text)
	}
	return name, err
}

// cutLetters takes ,, or ^^ from the end of a text.
func cutLetters(s string) (string, letterCase) {
	for _, c := range []letterCase{lowerCase, upperCase} {
		if rest, ok := strings.CutSuffix(s, c.String()); ok {
			return rest, c
		}
	}
	return s, anyCase
}

// cutSpan takes :offset:length from the end of a text. Behind a text that is removed, only
// what is surely meant counts: such texts may contain colons.
func (p *templatePart) cutSpan(s string) (rest string, found span, err error) {
	if !strings.Contains(s, ":") {
		return s, span{}, nil
	}
	m := goodSpan().FindStringSubmatch(s)
	if m == nil {
		switch at := anySpan().FindStringIndex(s); {
		case at == nil || p.cut.end != 0:
		case largeSpan().MatchString(s[at[0]:]):
			return "", span{}, fmt.Errorf("%s: an offset or a length is at most %d: no value has more characters",
				quote(p.text), maxSpan)
		default:
			return "", span{}, fmt.Errorf("%s: write :offset:length as in ${%[2]s:0:2}, in characters "+
				"and counted from 0, or : -length with a space as in ${%[2]s: -4} for the last characters",
				quote(p.text), s[:at[0]])
		}
		return s, span{}, nil
	}
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits) // at most maxSpan, or none
		return n
	}
	return strings.TrimSuffix(s, m[0]), span{number(m[1]) - number(m[3]), number(m[2])}, nil
}

// checkOrder refuses a name at whose end there still is a form: one that comes too early, or
// a second time.
func (p *templatePart) checkOrder(name string) error {
	rest, letters := cutLetters(name)
	rest, part, err := p.cutSpan(rest)
	if letters == anyCase {
		rest, letters = cutLetters(rest)
	}
	switch {
	case rest == name && name != "" && strings.Contains(",^", name[len(name)-1:]):
		return fmt.Errorf("%s: no placeholder changes the case of one character alone; for all of them write ${%s}",
			quote(p.text), name+name[len(name)-1:])
	case rest == name:
		return nil
	case err == nil && (letters == anyCase || p.letters == anyCase) && (part == span{} || p.span == span{}):
		if letters != anyCase {
			p.letters = letters
		}
		if part != (span{}) {
			p.span = part
		}
		return fmt.Errorf("%s: the order is ${name#text:offset:length,,:-default}: write ${%s}", quote(p.text),
			rest+p.cut.String()+p.span.String()+p.letters.String())
	}
	return fmt.Errorf("%s: write each form once, in the order ${name#text:offset:length,,:-default}", quote(p.text))
}

// readCutText reads the text that is removed.
func (p *templatePart) readCutText(text string) (string, error) {
	switch {
	case text == "":
		return "", fmt.Errorf("%s removes nothing: write the text to remove after the %c", quote(p.text), p.cut.end)
	case strings.Contains(strings.ReplaceAll(text, "$$", ""), "$"):
		return "", errSingleDollar
	case strings.ContainsAny(text, "#%"):
		return "", fmt.Errorf("%s: a placeholder removes one text, and the text cannot contain # or %%: for more, "+
			"name a group of the regexp under match, such as ${re.NAME}", quote(p.text))
	}
	return strings.ReplaceAll(text, "$$", "$"), nil
}

// readName reads the name of the placeholder.
func (p *templatePart) readName(name string) error {
	if p.name = name; name != string(keyset.DirBase) {
		p.name, p.arg, _ = strings.Cut(name, ".")
	}
	if err := checkPlaceholderName(p.text, name); err != nil {
		return err
	}
	if p.name == "meta" {
		p.arg = strings.ToLower(p.arg)
	}
	return p.checkArg(name)
}

// neverEmpty reports whether the placeholder has a value for every object.
func (p *templatePart) neverEmpty() bool {
	switch p.name {
	case "key", "bucket", "rule", "hash":
		return p.cut.end == 0 && p.span == span{}
	}
	return false
}

// insteadOfPatterns are placeholders for what shells remove by a pattern.
var insteadOfPatterns = map[string]string{
	"key##*/": "${base}", "key%/*": "${dir}", "key##*.": "${ext}", "base##*.": "${ext}", "base%.*": "${stem}",
	"key%.*": "${dir}/${stem}", "dir##*/": "${dir.base}",
}

// foreignForm refuses what is a form of a placeholder in shells only. head is what precedes
// the default.
func foreignForm(text, head string) error {
	if head != "" && strings.ContainsRune("#!", rune(head[0])) {
		return fmt.Errorf("%s: a placeholder begins with a name, and gives neither lengths nor what another name "+
			"refers to: the names are %s", quote(text), orList(placeholderNames))
	}
	name, isName := head, false
	if i := strings.IndexAny(head, "#%/:"); i >= 0 {
		name = head[:i]
	}
	if takesArg, known := placeholders[name]; known {
		isName = !takesArg
	}
	behind := head[len(name):]
	const group = "name a group of the regexp under match, such as ${re.NAME}"
	switch {
	case isName && strings.HasPrefix(behind, "/"):
		return fmt.Errorf("%s: no placeholder replaces a text by another; %s for each part to keep", quote(text), group)
	case isName && len(behind) > 1 && strings.ContainsRune("+=?", rune(behind[1])) && behind[0] == ':':
		return fmt.Errorf("%s: of the forms for an empty value there is only the default, ${%s:-text}", quote(text),
			name)
	}
	i := strings.IndexAny(head, "#%")
	if i < 0 {
		return nil
	}
	instead := insteadOfPatterns[head]
	twice := strings.HasPrefix(head[i+1:], head[i:i+1])
	switch {
	case instead != "":
		return fmt.Errorf("%s: %c removes a text, not a pattern: write %s", quote(text), head[i], instead)
	case strings.ContainsAny(head[i:], "*?"):
		return fmt.Errorf("%s: %c removes a text, not a pattern: %s", quote(text), head[i], group)
	case twice && len(head) > i+2:
		return fmt.Errorf("%s: a text is removed once: write ${%s}", quote(text), head[:i]+head[i+1:])
	case twice:
		return errors.New(quote(text) + " removes nothing: write the text to remove after the " + head[i:i+1])
	}
	return nil
}
