package rules

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// Limits of what a rules file may hold. They are far beyond what ten thousand rules need,
// and keep a file from taking more memory or time than a function has.
const (
	maxValues       = 400_000    // values and blocks of values
	maxSources      = 1000       // buckets
	maxRegexp       = 20_000     // instructions of one regular expression
	maxRegexps      = 320_000    // instructions of all of them
	maxGlobs        = 16_000_000 // bytes of all globs, each alternative of braces for itself
	maxParts        = 2000       // placeholders, and texts between them, of one text
	maxExcept       = 1000       // except blocks of one rule
	maxCopies       = 1000       // copies of one rule
	maxRequirements = 1000       // entries of one meta or tagging condition
	maxInherited    = 200_000    // values that copies take from defaults, each copy for itself
)

// limit reports that a limit of the file is exceeded: once, however often it is. count is
// then negative.
func (l *loader) limit(n *yaml.Node, count *int, format string, args ...any) {
	if *count >= 0 {
		l.problem(n, format, args...)
	}
	*count = -1
}

// exceeds reports whether a list has more entries than are allowed, and reports that as a
// problem with how to fix it.
func (l *loader) exceeds(what string, n *yaml.Node, most int, fix string) bool {
	if n.Kind != yaml.SequenceNode || len(n.Content) <= most {
		return false
	}
	l.problem(n, "%s has %d entries, the limit is %d: %s", what, len(n.Content), most, fix)
	return true
}

// manyValues reports whether a file may have more than maxValues values, and the line where
// it has. It counts characters that separate values, so that it takes no memory; those in
// texts and comments count too.
func manyValues(data []byte) (line int, many bool) {
	values := 0
	named := false // a name was seen since the last separator
	line = 1
	for i, c := range data {
		switch c {
		case '\n':
			line++
			values++
			named = false
		case ',':
			if values++; !named {
				values++
			}
			named = false
		case '[', '{', '?':
			values++
			named = false
		case ':', '-':
			if i+1 == len(data) || bytes.IndexByte([]byte(" \t\r\n,[]{}"), data[i+1]) >= 0 {
				values++
				named = named || c == ':'
			}
		}
		if values > maxValues {
			return line, true
		}
	}
	return line, false
}

// sizeOfNode is the number of nodes of a value.
func sizeOfNode(n *yaml.Node) int {
	size := 1
	for _, child := range n.Content {
		size += sizeOfNode(child)
	}
	return size
}
