package rules

import (
	"strings"
	"unicode/utf8"
)

// escape is how the value of a placeholder in a content header is written, so that the
// header means the value: which depends on what is around the placeholder. The zero escape
// writes it as it is.
type escape byte

const (
	// inQuotes: a backslash is put before quotes and backslashes.
	// Source: RFC 9110, section 5.6.4.
	inQuotes escape = iota + 1
	// percentEncoded: bytes that an extended value, as of filename*=, cannot contain are
	// percent-encoded.
	// Source: RFC 8187, section 3.2.1.
	percentEncoded
)

var quotedText = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// of is a value as it is written.
func (e escape) of(value string) string {
	switch e {
	case inQuotes:
		return quotedText.Replace(value)
	case percentEncoded:
		return percentEncode(value)
	}
	return value
}

func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if letter || c < utf8.RuneSelf && strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			out.WriteByte(c)
		} else {
			out.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return out.String()
}

// headerScan is what a content header has been up to a place.
type headerScan struct {
	quoted bool
	word   string // what follows the last separator outside of quotes
}

// markEscapes tells the placeholders of a content header how their values are written.
func (t *template) markEscapes() { t.scanHeader(headerScan{}) }

func (t *template) scanHeader(at headerScan) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			at.literal(p.literal)
			continue
		}
		switch {
		case at.quoted:
			p.escape = inQuotes
		case at.extended():
			p.escape = percentEncoded
		}
		if p.fallback != nil {
			p.fallback.scanHeader(at)
		}
	}
}

// literal reads a text of the header.
func (at *headerScan) literal(s string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case at.quoted && c == '\\':
			i++
		case c == '"':
			at.quoted = !at.quoted
		case at.quoted:
		case strings.IndexByte("; ,", c) >= 0:
			at.word = ""
		default:
			at.word += string(rune(c))
		}
	}
}

// extended reports whether the place is in an extended value, which begins with the name
// of its character set and two quotes.
func (at *headerScan) extended() bool {
	name, value, ok := strings.Cut(strings.ToLower(at.word), "*=")
	return ok && name != "" && strings.HasPrefix(value, "utf-8'") && strings.Count(value, "'") >= 2
}
