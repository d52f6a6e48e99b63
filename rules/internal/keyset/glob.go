package keyset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// maxPattern bounds the bytes of a pattern.
const maxPattern = 4096

// maxAlternatives bounds what the braces of one glob may expand to.
const maxAlternatives = 256

// Glob is one glob pattern without braces. It matches whole keys: * and ? do not match
// a slash, ** between slashes matches any number of directories, [abc] and [!abc] match
// one character, and a backslash makes the next character an ordinary one.
type Glob struct {
	pattern        string // without braces
	written        string // with them
	prefix, suffix string // what every match begins and ends with
	anyCase        bool   // all of these are folded, and so are the keys; see AnyCase
}

// ParseGlob reads a pattern. Its braces are expanded into one Glob for each
// alternative, so that matching takes no memory and each Glob has a literal prefix and
// suffix of its own. The error does not name the pattern: it begins with what is wrong.
func ParseGlob(pattern string) ([]*Glob, error) {
	if err := CheckLength(pattern); err != nil {
		return nil, err
	}
	if !doublestar.ValidatePattern(pattern) {
		return nil, errors.New(`not a valid pattern: look for [ without ], { without } or a \ at the end`)
	}
	patterns, ok := alternatives(pattern)
	if !ok {
		return nil, fmt.Errorf("the braces expand to more than %d patterns: use fewer of them", maxAlternatives)
	}
	globs := make([]*Glob, len(patterns))
	for i, p := range patterns {
		if misplacedDoubleStar(p) {
			return nil, errors.New("** crosses directories only if it is alone between slashes: " +
				"write a/**/b, or a single *")
		}
		prefix, suffix := literalEnds(p)
		globs[i] = &Glob{pattern: p, written: pattern, prefix: prefix, suffix: suffix}
	}
	return globs, nil
}

// CheckLength returns an error for a glob or a regular expression of more than
// 4,096 bytes.
func CheckLength(pattern string) error {
	if len(pattern) > maxPattern {
		return fmt.Errorf("the pattern has %d bytes, the limit is %d: keys have at most %d",
			len(pattern), maxPattern, longestPrefix)
	}
	return nil
}

// Match reports whether the glob matches a key.
func (g *Glob) Match(key string) bool { return doublestar.MatchUnvalidated(g.pattern, key) }

// String returns the pattern that ParseGlob was given. The globs of one pattern with
// braces all return the same.
func (g *Glob) String() string { return g.written }

// Prefix returns the literal text that every matching key begins with, possibly "". Of a glob of
// [Glob.AnyCase] it is folded.
func (g *Glob) Prefix() string { return g.prefix }

// Suffix returns the literal text that every matching key ends with, possibly "". Of a glob of
// [Glob.AnyCase] it is folded.
func (g *Glob) Suffix() string { return g.suffix }

// Size is about how many bytes the glob takes in memory.
func (g *Glob) Size() int { return len(g.pattern) + 100 }

// misplacedDoubleStar reports whether a ** is next to something other than a slash, where
// it would mean the same as *.
func misplacedDoubleStar(p string) bool {
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\':
			i++
		case p[i] == '[':
			i = classEnd(p, i)
		case strings.HasPrefix(p[i:], "**"):
			if i > 0 && p[i-1] != '/' || i+2 < len(p) && p[i+2] != '/' {
				return true
			}
			i++
		}
	}
	return false
}

// alternatives expands the braces of a valid pattern; it is not ok if there are too
// many alternatives.
func alternatives(pattern string) (all []string, ok bool) {
	pending := []string{pattern}
	for len(pending) > 0 {
		p := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		open, choices, end := firstBraces(p)
		if open < 0 {
			all = append(all, p)
			continue
		}
		if len(all)+len(pending)+len(choices) > maxAlternatives {
			return nil, false
		}
		for i := len(choices) - 1; i >= 0; i-- {
			pending = append(pending, p[:open]+choices[i]+p[end:])
		}
	}
	return all, true
}

// firstBraces finds the first {a,b} that is not inside a class and not escaped; open is
// -1 if there is none.
func firstBraces(p string) (open int, choices []string, end int) {
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '[':
			i = classEnd(p, i)
		case '{':
			choices, end = bracesAt(p, i)
			if end > 0 {
				return i, choices, end
			}
		}
	}
	return -1, nil, 0
}

// bracesAt returns the choices in the braces that open at i, and where they end; 0 if they
// are not closed.
func bracesAt(p string, i int) (choices []string, end int) {
	depth, from := 0, i+1
	for j := i; j < len(p); j++ {
		switch p[j] {
		case '\\':
			j++
		case '{':
			depth++
		case ',':
			if depth == 1 {
				choices, from = append(choices, p[from:j]), j+1
			}
		case '}':
			if depth--; depth == 0 {
				return append(choices, p[from:j]), j + 1
			}
		}
	}
	return nil, 0
}

// classEnd returns the index of the bracket that closes the class that opens at i.
func classEnd(p string, i int) int {
	for i++; i < len(p) && p[i] != ']'; i++ {
		if p[i] == '\\' {
			i++
		}
	}
	return i
}

// literalEnds returns the text that everything a pattern matches begins with, and the
// one it ends with. The slash next to ** belongs to neither: a/** matches a too.
func literalEnds(p string) (prefix, suffix string) {
	const special = `*?[]\`
	i := strings.IndexAny(p, special)
	if i < 0 {
		return p, p
	}
	prefix = p[:i]
	if strings.HasPrefix(p[i:], "**") {
		prefix = strings.TrimSuffix(prefix, "/")
	}
	i = strings.LastIndexAny(p, special)
	suffix = p[i+1:]
	if strings.HasSuffix(p[:i+1], "**") {
		suffix = strings.TrimPrefix(suffix, "/")
	}
	return prefix, suffix
}
