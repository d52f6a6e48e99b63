package rules

import (
	"strings"
)

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
