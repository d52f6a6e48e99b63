package rules

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// maxAlternatives bounds what the braces of one glob may stand for.
const maxAlternatives = 256

// maxPattern bounds the bytes of a glob or a regexp.
const maxPattern = 4096

// glob is one doublestar pattern, its braces spelt out: matching then takes no
// memory, and every alternative has a literal head and tail of its own.
type glob struct {
	pattern string // without braces
	written string
	head    string // what every match begins with
	tail    string // what every match ends with
}

// newGlob reads a pattern.
func newGlob(s string) ([]*glob, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d bytes, no more than %d are read: keys have at most %d", len(s), maxPattern, maxKey)
	}
	if !doublestar.ValidatePattern(s) {
		return nil, fmt.Errorf("%s is no pattern: look for [ without ], { without } or a \\ at the end", quote(s))
	}
	patterns, ok := alternatives(s)
	if !ok {
		return nil, fmt.Errorf("%s stands for more than %d patterns: use fewer braces", quote(s), maxAlternatives)
	}
	globs := make([]*glob, len(patterns))
	for i, p := range patterns {
		if looseTree(p) {
			return nil, fmt.Errorf("%s: ** crosses directories only where it stands alone between slashes: write a/**/b, or a single *", quote(s))
		}
		head, tail := literalEnds(p)
		globs[i] = &glob{pattern: p, written: s, head: head, tail: tail}
	}
	return globs, nil
}

func (g *glob) match(key string) bool { return doublestar.MatchUnvalidated(g.pattern, key) }

// looseTree is whether ** stands beside something else than slashes, where it
// would mean no more than *.
func looseTree(p string) bool {
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

// alternatives spells out the braces of a valid pattern.
func alternatives(s string) (all []string, ok bool) {
	pending := []string{s}
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

// firstBraces finds the first {a,b} that no class and no escape holds; open is
// -1 if there is none.
func firstBraces(p string) (open int, choices []string, end int) {
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '[':
			i = classEnd(p, i)
		case '{':
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
						return i, append(choices, p[from:j]), j + 1
					}
				}
			}
		}
	}
	return -1, nil, 0
}

// classEnd is where the class that begins at i ends.
func classEnd(p string, i int) int {
	for i++; i < len(p) && p[i] != ']'; i++ {
		if p[i] == '\\' {
			i++
		}
	}
	return i
}

// literalEnds is the text that everything a pattern matches begins with, and
// the one it ends with. The slash beside ** is left out: ** takes it along when
// it stands for nothing.
func literalEnds(p string) (head, tail string) {
	const meta = `*?[]\`
	i := strings.IndexAny(p, meta)
	if i < 0 {
		return p, p
	}
	head = p[:i]
	if strings.HasPrefix(p[i:], "**") {
		head = strings.TrimSuffix(head, "/")
	}
	i = strings.LastIndexAny(p, meta)
	tail = p[i+1:]
	if strings.HasSuffix(p[:i+1], "**") {
		tail = strings.TrimPrefix(tail, "/")
	}
	return head, tail
}
