package rules

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

var (
	// joinedColon is a field without a space after its colon.
	joinedColon = compiledLater(`^ *(?:- +)*([a-z-]+):[^ ]`)
	// joinedDash is a field of a list's entry without a space after the dash.
	joinedDash = compiledLater(`^ *(?:- +)*(-)[a-z-]+: `)
	// noColon is a line of one field without its colon.
	noColon = compiledLater(`^ *(?:- +)*([a-z-]+)(?: [^:]*)?\r?$`)
	// oneField is a line with a field and what follows its colon.
	oneField = compiledLater(`^ *(?:- +)*([a-z-]+):(?: +(.*?))?\r?$`)
	// secondColon is a value without quotes that YAML takes for a name.
	secondColon = compiledLater(`^[^#"'\[{](?:[^# ]| +[^# ])*:(?: |$)`)
)

// misplaced reports what a YAML error of a line is probably about: a colon that is missing, or a space after a colon or
// a dash, a quote or a bracket that is not closed, or a line that is indented otherwise than its neighbours.
func (l *loader) misplaced(lines [][]byte, line int, what string) bool {
	switch {
	case strings.Contains(what, "mapping values are not allowed"):
		for i := max(line-2, 0); i < min(line, len(lines)); i++ {
			if l.joined(lines[i], i+1) {
				return true
			}
		}
		return l.twoValues(lines, line)
	case strings.Contains(what, "could not find expected ':'"):
		return line <= len(lines) && (l.joined(lines[line-1], line) || l.withoutColon(lines[line-1], line))
	case strings.Contains(what, "unexpected end of stream"), strings.Contains(what, "',' or"):
		return l.unclosed(lines)
	case strings.Contains(what, "expected '-' indicator"), strings.Contains(what, "expected key"):
		if l.misaligned(lines) {
			return true
		}
		for i := range lines {
			if !isBlank(lines[i]) && l.belowValue(lines, i+1, `]}"'`) {
				return true
			}
		}
	}
	return false
}

// joined reports a colon or a dash of a line that no space follows.
func (l *loader) joined(text []byte, line int) bool {
	text = text[:min(len(text), maxSearched)]
	if m := joinedColon().FindSubmatchIndex(text); m != nil {
		l.problemAt(line, m[2]+1, "a space is missing after %s:", text[m[2]:m[3]])
		return true
	}
	if m := joinedDash().FindSubmatchIndex(text); m != nil {
		l.problemAt(line, m[2]+1, "a space is missing after -")
		return true
	}
	return false
}

// withoutColon reports a line of one field that has no colon.
func (l *loader) withoutColon(text []byte, line int) bool {
	m := noColon().FindSubmatchIndex(text[:min(len(text), maxSearched)])
	if m == nil {
		return false
	}
	l.problemAt(line, m[2]+1, "a colon is missing after %s", text[m[2]:m[3]])
	return true
}

// twoValues reports a value that has a name in it, or a line that is indented below a field that has a value.
func (l *loader) twoValues(lines [][]byte, line int) bool {
	if line > len(lines) {
		return false
	}
	text := lines[line-1]
	m := oneField().FindSubmatchIndex(text[:min(len(text), maxSearched)])
	if m == nil {
		return false
	}
	if m[4] >= 0 && secondColon().Match(text[m[4]:m[5]]) {
		l.problemAt(line, utf8.RuneCount(text[:m[4]])+1, "the value has a colon before a space or at its end, where "+
			"YAML ends a name: put the value in quotes, or leave the colon out")
		return true
	}
	if above := lineAbove(lines, line); above > 0 {
		upper := bytes.TrimSpace(lines[above-1])
		isItem := bytes.HasPrefix(upper, []byte("-")) && bytes.Count(upper, []byte(" ")) == 1 // such as - uploads
		if !isItem && l.withoutColon(lines[above-1], above) {
			return true
		}
	}
	return l.belowValue(lines, line, "")
}

// belowValue reports the line of a field that is indented below another one that has a value, which ends with one of
// the characters, if there are any.
func (l *loader) belowValue(lines [][]byte, line int, ends string) bool {
	above := lineAbove(lines, line)
	if above == 0 {
		return false
	}
	text, upper := lines[line-1], lines[above-1]
	field := oneField().FindSubmatchIndex(upper[:min(len(upper), maxSearched)])
	col := len(text) - len(bytes.TrimLeft(text, " "))
	switch {
	case field == nil || field[4] < 0 || field[2] >= col, !oneField().Match(text[:min(len(text), maxSearched)]):
		return false
	case ends != "" && !bytes.ContainsAny(upper[field[5]-1:field[5]], ends):
		return false
	}
	l.problemAt(line, col+1, "this line begins in column %d, but %s above it, which has a value, in column %d: "+
		"indent all lines of a block alike", col+1, upper[field[2]:field[3]], field[2]+1)
	return true
}

// lineAbove is the number of the last line above one that is not blank, 0 if there is none.
func lineAbove(lines [][]byte, line int) int {
	for line--; line > 0 && isBlank(lines[line-1]); {
		line--
	}
	return line
}

// isBlank reports whether a line has nothing, or a comment only.
func isBlank(text []byte) bool {
	rest := bytes.TrimSpace(text)
	return len(rest) == 0 || rest[0] == '#'
}

// unknownAlias reports a value that begins with *, which YAML takes for an alias of the name that the error says.
func (l *loader) unknownAlias(lines [][]byte, what string) bool {
	_, name, _ := strings.Cut(what, "unknown anchor '")
	name, _, ok := strings.Cut(name, "'")
	if !ok {
		return false
	}
	for i, text := range lines {
		code, _, _ := bytes.Cut(text, []byte(" #"))
		for at, before := range code {
			if strings.IndexByte(" [{,", before) >= 0 && bytes.HasPrefix(code[at+1:], []byte("*"+name)) {
				l.problemAt(i+1, utf8.RuneCount(code[:at+1])+1, beginsWith, "*")
				return true
			}
		}
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
		if isBlank(text) {
			continue
		}
		rest := bytes.TrimLeft(text, " ")
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
