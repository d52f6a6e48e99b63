package rules

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// habits warns about texts that mean something in other tools, and are literals here: they match hardly any key.
func (l *linter) habits(rule string, b *block) {
	for _, s := range b.prefixes {
		l.habit(rule, b, byPrefix, s)
	}
	for _, s := range b.suffixes {
		l.habit(rule, b, bySuffix, s)
	}
	for _, g := range b.globs {
		l.habit(rule, b, byGlob, g.String())
	}
}

func (l *linter) habit(rule string, b *block, c condition, text string) {
	warn := func(format string, args ...any) {
		l.warn(b.given[c], b.col, rule, LiteralWildcard, "%s %s %s", conditionNames[c], quote(text),
			fmt.Sprintf(format, args...))
	}
	decoded, err := url.PathUnescape(text)
	rest, negated := strings.CutPrefix(text, "!")
	switch {
	case c == byGlob && negated:
		warn("takes keys that begin with !, and excludes nothing: write %s under except", quote(rest))
	case c != bySuffix && (strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")):
		warn("is not relative to anything: a key begins with its first folder; write %s",
			quote(strings.TrimLeft(text, "./")))
	case c != byGlob && strings.Contains(text, `\`) && fixPrefix(text) == "" && fixSuffix(text) == "":
		warn("contains a backslash, which does not separate folders: write %s",
			quote(strings.ReplaceAll(text, `\`, "/")))
	case err == nil && decoded != text && utf8.ValidString(decoded) && strings.Contains(text, "%"):
		warn("is not decoded: keys are as they are in OSS, not URL-encoded; write %s", quote(decoded))
	case strings.TrimSpace(text) != text:
		warn("begins or ends with a space: write %s, unless the keys have it", quote(strings.TrimSpace(text)))
	}
}
