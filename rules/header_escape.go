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
