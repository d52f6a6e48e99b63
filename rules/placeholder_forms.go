package rules

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cut is a text that a placeholder removes from one end of its value, if it is there.
type cut struct {
	end  byte // '#' is the beginning, '%' the end, 0 that nothing is removed
	text string
}

func (c cut) apply(value string) string {
	switch c.end {
	case '#':
		return strings.TrimPrefix(value, c.text)
	case '%':
		return strings.TrimSuffix(value, c.text)
	}
	return value
}

func (c cut) String() string {
	if c.end == 0 {
		return ""
	}
	return string(c.end) + strings.ReplaceAll(c.text, "$", "$$")
}

// span is the part of a value that a placeholder takes, in characters. The zero span is
// all of it.
type span struct {
	offset int // negative for the last characters: -4 for the last four
	length int // with an offset that is not negative, at least 1
}

// apply takes the part. As in a shell it is empty if the value ends before the offset, and
// if it has fewer characters than a negative offset asks for.
func (s span) apply(value string) string {
	switch {
	case s == span{}:
		return value
	case s.offset < 0:
		start := len(value)
		for range -s.offset {
			if start == 0 {
				return ""
			}
			_, n := utf8.DecodeLastRuneInString(value[:start])
			start -= n
		}
		return value[start:]
	}
	return firstCharacters(value[len(firstCharacters(value, s.offset)):], s.length)
}

func firstCharacters(s string, most int) string {
	end := 0
	for ; most > 0 && end < len(s); most-- {
		_, n := utf8.DecodeRuneInString(s[end:])
		end += n
	}
	return s[:end]
}

func (s span) String() string {
	switch {
	case s == span{}:
		return ""
	case s.offset < 0:
		return fmt.Sprintf(": %d", s.offset)
	}
	return fmt.Sprintf(":%d:%d", s.offset, s.length)
}

// letterCase is the case into which a placeholder turns the letters of its value.
type letterCase byte

const (
	anyCase   letterCase = 0
	lowerCase letterCase = ','
	upperCase letterCase = '^'
)

// of is what becomes of one character.
func (c letterCase) of(r rune) rune {
	switch c {
	case lowerCase:
		return unicode.ToLower(r)
	case upperCase:
		return unicode.ToUpper(r)
	}
	return r
}

// apply changes the case of every letter. Unlike [strings.ToLower] it keeps bytes that are
// not UTF-8.
func (c letterCase) apply(value string) string {
	if c == anyCase {
		return value
	}
	out := make([]byte, 0, len(value))
	for rest := value; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			out = append(out, rest[0])
		} else {
			out = utf8.AppendRune(out, c.of(r))
		}
		rest = rest[n:]
	}
	return string(out)
}

func (c letterCase) String() string {
	if c == anyCase {
		return ""
	}
	return string([]byte{byte(c), byte(c)})
}

// canonical is the placeholder as it has to be written, apart from its default.
func (p *templatePart) canonical() string {
	return p.fullName() + p.cut.String() + p.span.String() + p.letters.String()
}

// signature is a text that is the same for templates that give the same texts.
func signature(parts []templatePart) string {
	var text strings.Builder
	for i := range parts {
		p := &parts[i]
		switch {
		case p.name == "":
			fmt.Fprintf(&text, "%q", p.literal)
		case p.fallback == nil:
			fmt.Fprintf(&text, "{%q}", p.canonical())
		default:
			fmt.Fprintf(&text, "{%q:-%s}", p.canonical(), signature(p.fallback.parts))
		}
	}
	return text.String()
}
