package ram

import "unicode/utf8"

// match reports whether pattern matches all of s. "*" matches any number of characters, including
// none, and "?" exactly one. Only the last "*" is ever tried again, so that the time is at most
// len(pattern) times len(s).
func match(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the last "*", and where in s the text after it is tried
	for i < len(s) {
		_, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += width
		case hasPrefixAt(pattern, p, s[i:i+width]):
			p += width
			i += width
		case star >= 0:
			_, skipped := utf8.DecodeRuneInString(s[from:])
			from += skipped
			p, i = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// hasPrefixAt reports whether pattern has s at p.
func hasPrefixAt(pattern string, p int, s string) bool {
	return len(pattern)-p >= len(s) && pattern[p:p+len(s)] == s
}
