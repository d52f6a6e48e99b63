package rules

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxSearched bounds the bytes of a line that are searched for the cause of a YAML error.
const maxSearched = 4096

// beginsWith is the problem of a value that begins with a character that has a meaning in YAML.
const beginsWith = "an unquoted YAML value cannot begin with %s: put it in quotes"

// badCharacter reports the first character of a line that is a common cause of a YAML error.
func (l *loader) badCharacter(text []byte, line int) bool {
	text = text[:min(len(text), maxSearched)]
	if l.fullWidth(string(text), line, 1) {
		return true
	}
	if at := lastPart().FindSubmatchIndex(text); at != nil {
		l.problemAt(line, utf8.RuneCount(text[:at[2]])+1, "%s…} contains a colon and a space, which YAML takes for "+
			"the end of a name: put the value in quotes", text[at[2]:at[3]])
		return true
	}
	at := indicators().FindSubmatchIndex(text)
	if at == nil {
		at = brackets().FindSubmatchIndex(text)
	}
	if at == nil {
		return false
	}
	l.problemAt(line, utf8.RuneCount(text[:at[4]])+1, beginsWith, text[at[4]:at[5]])
	return true
}

// barePlaceholder reports the first placeholder of a line that stands in {…} or […] without quotes: its braces are
// YAML's there.
func (l *loader) barePlaceholder(text []byte, line int) bool {
	var quote byte    // that is open, 0 for none
	before := byte(0) // the last character before this one that is not a space, 0 for none
	depth := 0
	for at, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '#' && (at == 0 || text[at-1] == ' '):
			return false
		case (c == '"' || c == '\'') && beginsValue(before):
			quote = c
		case depth > 0 && c == '$' && bytes.HasPrefix(text[at:], []byte("${")):
			shown := text[at:]
			if end := bytes.IndexByte(shown, '}'); end > 0 {
				shown = shown[:end+1]
			}
			l.problemAt(line, utf8.RuneCount(text[:at])+1, "a value with a placeholder must be in quotes inside {…} "+
				"and […]: write \"%s\"", shortened(string(shown)))
			return true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if c != ' ' {
			before = c
		}
	}
	return false
}

// fullWidth reports a character that stands where YAML needs the ASCII character that it
// looks like. Keys and values may contain such characters: so it is called after an error,
// and looks no further than the first quote or Chinese, Japanese or Korean letter.
func (l *loader) fullWidth(text string, line, col int) bool {
	text, _, _ = strings.Cut(text, " #")
	for i, r := range text {
		if r == '"' || r == '\'' || isAsianLetter(r) { // what follows may be meant as it is
			return false
		}
		name := lookAlikeName(r, false)
		if i := strings.IndexRune("【】", r); i >= 0 {
			name = "full-width " + []string{"[", "]"}[i/len("【")]
		}
		ascii, wide := strings.CutPrefix(name, "full-width ")
		if wide && !strings.Contains(":,[]{}#-'\"", ascii) || !wide && r != 0x3000 && r != 0xa0 {
			continue
		}
		if !wide {
			ascii = "a space"
		}
		l.problemAt(line, col+utf8.RuneCountInString(text[:i]), "%s has no meaning in YAML: write %s",
			codePoint(r, name), ascii)
		return true
	}
	return false
}

// escapes are the characters that YAML accepts after a backslash in double quotes. (YAML
// 1.2 accepts a slash too, its parser does not.)
const escapes = "0abt\tnvfre \"'\\N_LPxuU"

// badEscape reports the first backslash in double quotes that has no meaning there, from
// the line with index first on.
func (l *loader) badEscape(lines [][]byte, first int) bool {
	var quote byte // that is open, 0 for none
	for i := first; i < len(lines); i++ {
		text := bytes.TrimRight(lines[i], "\r")
		before := byte(0) // the last character before this one that is not a space, 0 for none
		for at := 0; at < len(text); at++ {
			switch c := text[at]; {
			case quote == '"' && c == '\\':
				if at+1 < len(text) && !l.knownEscape(text, at, i+1) {
					return true
				}
				at++
			case quote != 0 && c == quote:
				quote = 0
			case quote != 0:
			case c == '#' && (at == 0 || text[at-1] == ' '):
				at = len(text)
			case (c == '"' || c == '\'') && beginsValue(before):
				quote = c
			}
			if c := text[min(at, len(text)-1)]; c != ' ' {
				before = c
			}
		}
	}
	return false
}

// escapeDigits is how many hexadecimal digits follow some of the escapes.
var escapeDigits = map[rune]int{'x': 2, 'u': 4, 'U': 8}

// knownEscape reports whether YAML gives a meaning to the backslash at an offset of a text,
// and reports a problem if it does not.
func (l *loader) knownEscape(text []byte, at, line int) bool {
	after := text[at+1:]
	r, _ := utf8.DecodeRune(after)
	digits := escapeDigits[r]
	wrong := func(format string, args ...any) bool {
		l.problemAt(line, utf8.RuneCount(text[:at])+1, format, args...)
		return false
	}
	switch {
	case r == '/':
		return wrong(`\/ is not accepted, though JSON allows it: write / without the backslash`)
	case !strings.ContainsRune(escapes, r):
		return wrong(`\%c has no meaning in double quotes: put the value in single quotes, which keep a backslash as `+
			"it is", r)
	case digits > 0 && (len(after) <= digits || len(bytes.Trim(after[1:1+digits], "0123456789abcdefABCDEF")) > 0):
		return wrong(`\%c needs %d hexadecimal digits in double quotes; for a backslash as it is, put the value in `+
			"single quotes", r, digits)
	}
	return true
}

// beginsValue reports whether a quote opens a text behind a character.
func beginsValue(before byte) bool { return before == 0 || strings.IndexByte(":,[{-", before) >= 0 }

var (
	yamlLine   = compiledLater(`^yaml: (?:line (\d+): )?(?s:(.*))$`)
	tabIndent  = compiledLater(`(?m)^ *\t`)
	indicators = compiledLater(`^([^#'"]*(?:: |- |\[|, ))([*!@%` + "`" + `])`)
	lastPart   = compiledLater(`^[^#'"]*(\$\{[^}'" ]+: -[0-9]+)`)
	brackets   = compiledLater(`^([^#'"]*?(?:: |- |\[|, ))([\[{])[^\[\]{}]*[\]}][^\s,\]}]`)
)
