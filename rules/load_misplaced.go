package rules

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// joinedColon is a field without a space after its colon.
var joinedColon = compiledLater(`^ *(?:- +)*([a-z-]+):[^ ]`)

// misplaced reports what a YAML error of a line is probably about: a space that is missing after a colon, a quote or a
// bracket that is not closed, or a line that is indented otherwise than its neighbours.
func (l *loader) misplaced(lines [][]byte, line int, what string) bool {
	switch {
	case strings.Contains(what, "mapping values are not allowed"):
		for i := max(line-2, 0); i < min(line, len(lines)); i++ {
			if m := joinedColon().FindSubmatchIndex(lines[i][:min(len(lines[i]), maxSearched)]); m != nil {
				l.problemAt(i+1, m[2]+1, "a space is missing after %s:", lines[i][m[2]:m[3]])
				return true
			}
		}
	case strings.Contains(what, "unexpected end of stream"), strings.Contains(what, "',' or"):
		return l.unclosed(lines)
	case strings.Contains(what, "expected '-' indicator"), strings.Contains(what, "expected key"):
		return l.misaligned(lines)
	}
	return false
}

// opening is a quote or a bracket, and where it is.
type opening struct {
	char      byte
	line, col int
}

func (o opening) isQuote() bool { return o.char == '"' || o.char == '\'' }

// unclosed reports the first bracket that another one closes, or the last quote or bracket that nothing closes.
func (l *loader) unclosed(lines [][]byte) bool {
	var open []opening
	matches := true
	for i := 0; i < len(lines) && matches; i++ {
		open, matches = openAfter(open, lines[i], i+1)
	}
	if len(open) == 0 {
		return false
	}
	last := open[len(open)-1]
	l.problemAt(last.line, last.col, "this %c is not closed", last.char)
	return true
}

// openAfter is what is open after a line. It is not ok if a bracket closes another one, which is the last then.
func openAfter(open []opening, text []byte, line int) (after []opening, ok bool) {
	before := byte(0) // the last character before this one that is not a space, 0 for none
	for at := 0; at < len(text); at++ {
		c := text[at]
		var last opening
		if len(open) > 0 {
			last = open[len(open)-1]
		}
		switch {
		case last.isQuote() && c == last.char:
			open = open[:len(open)-1]
		case last.char == '"' && c == '\\':
			at++
		case last.isQuote():
		case c == '#' && (at == 0 || text[at-1] == ' '):
			return open, true
		case strings.IndexByte(`"'[{`, c) >= 0 && beginsValue(before):
			open = append(open, opening{c, line, utf8.RuneCount(text[:at]) + 1})
		case (c == ']' || c == '}') && len(open) > 0:
			if last.char+2 != c { // as in ASCII
				return open, false
			}
			open = open[:len(open)-1]
		}
		if c != ' ' {
			before = c
		}
	}
	return open, true
}

// misaligned reports the first line that begins between the columns of the lines above.
func (l *loader) misaligned(lines [][]byte) bool {
	var columns []int
	for i, text := range lines {
		rest := bytes.TrimLeft(text, " ")
		if len(bytes.TrimSpace(rest)) == 0 || rest[0] == '#' {
			continue
		}
		col := len(text) - len(rest)
		left := false // a block of the lines above has ended
		for len(columns) > 0 && columns[len(columns)-1] > col {
			columns, left = columns[:len(columns)-1], true
		}
		if left && len(columns) > 0 && columns[len(columns)-1] != col {
			l.problemAt(i+1, col+1, "this line begins in column %d, and the blocks above in column %d or further "+
				"right: indent all lines of a block alike", col+1, columns[len(columns)-1]+1)
			return true
		}
		for {
			if len(columns) == 0 || columns[len(columns)-1] < col {
				columns = append(columns, col)
			}
			if !bytes.HasPrefix(rest, []byte("- ")) {
				break
			}
			inner := bytes.TrimLeft(rest[1:], " ")
			col += len(rest) - len(inner)
			rest = inner
		}
	}
	return false
}
