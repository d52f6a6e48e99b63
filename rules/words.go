package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxQuoted is how many bytes of a value a message quotes.
const maxQuoted = 60

// quote quotes a value of the file for a message: on one line, and shortened if it is
// long.
func quote(s string) string { return fmt.Sprintf("%q", shortened(s)) }

// oneLine is a message on one line, whatever values of the file it contains: control characters and line separators
// are written as their code points.
func oneLine(message string) string {
	const lineSeparator, paragraphSeparator = 0x2028, 0x2029
	breaks := func(r rune) bool { return unicode.IsControl(r) || r == lineSeparator || r == paragraphSeparator }
	if !strings.ContainsFunc(message, breaks) {
		return message
	}
	var b strings.Builder
	for _, r := range message {
		if breaks(r) {
			fmt.Fprintf(&b, `\u{%x}`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// shortened cuts a value that is too long for a message.
func shortened(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	cut := maxQuoted
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}

// orList joins words for a message: "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// andList joins words for a message: "a, b and c". Of many it names the first few.
func andList(words []string) string {
	const most = 8
	if n := len(words); n > most {
		words = append(slices.Clone(words[:most-1]), fmt.Sprintf("%d more", n-most+1))
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	text := words[0]
	for _, w := range words[1:last] {
		text += ", " + w
	}
	return text + " and " + words[last]
}

// someOf joins values for a message: "a, b or c". Of many it names the first few.
func someOf(values []string) string {
	const most = 6
	if len(values) > most {
		return strings.Join(values[:most-1], ", ") + fmt.Sprintf(" or %d more", len(values)-most+1)
	}
	return orList(values)
}

func orNotKnown(s string) string {
	if s == "" {
		return "not known"
	}
	return s
}
