package rules

import (
	"regexp"
	"strings"

	"afterput/rules/internal/keyset"
)

// fixPrefix is what to write instead of a prefix that looks like a pattern, "" if it looks
// like a literal.
func fixPrefix(s string) string {
	if likeRegexp(s) || strings.HasPrefix(s, "^") || strings.HasSuffix(s, "$") {
		return regexpFix("^" + strings.TrimPrefix(s, "^"))
	}
	if !likeGlob(s) {
		return ""
	}
	head := strings.TrimRight(s, "*")
	pattern := "{" + head + "*," + head + "*/**}"
	if head == "" || strings.HasSuffix(head, "/") {
		pattern = head + "**"
	}
	return globFix("prefix", head, pattern)
}

// fixSuffix is fixPrefix for a suffix.
func fixSuffix(s string) string {
	if likeRegexp(s) || strings.HasPrefix(s, "^") || strings.HasSuffix(s, "$") {
		return regexpFix(strings.TrimSuffix(s, "$") + "$")
	}
	if !likeGlob(s) {
		return ""
	}
	tail := strings.TrimLeft(s, "*")
	pattern := "**/*" + tail
	if tail == "" || strings.HasPrefix(tail, "/") {
		pattern = "**" + tail
	}
	return globFix("suffix", tail, pattern)
}

// globFix offers a pattern, and the literal that means the same if there is one.
func globFix(field, literal, pattern string) string {
	fix := "glob"
	if _, err := keyset.ParseGlob(pattern); err == nil && len(pattern) <= maxQuoted {
		fix = "glob: " + quote(pattern)
	}
	switch {
	case literal == "":
		return fix + ", or leave " + field + " out"
	case !likeGlob(literal):
		return fix + ", or " + field + ": " + quote(literal)
	}
	return fix
}

// regexpFix offers a regular expression.
func regexpFix(expression string) string {
	if _, err := regexp.Compile(expression); err != nil {
		return "regexp"
	}
	return "regexp: '" + strings.ReplaceAll(expression, "'", "''") + "'"
}

// likeGlob reports whether a text contains what only a glob gives a meaning. Brackets are
// not taken for one: they are common in keys.
func likeGlob(s string) bool {
	_, inside, brace := strings.Cut(s, "{")
	inside, _, closed := strings.Cut(inside, "}")
	return strings.ContainsAny(s, "*?") || brace && closed && strings.Contains(inside, ",")
}

// likeRegexp reports whether a text contains what only a regular expression gives a meaning.
func likeRegexp(s string) bool {
	for _, sign := range []string{"/.*", "/.+", `\.`, `\d`, `\w`} {
		if strings.Contains(s, sign) {
			return true
		}
	}
	return false
}
