package rules

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a rules file. A file of ten thousand rules has about 1 MiB; FC loads
// it at every cold start.
const (
	maxFileSize = 4 << 20
	maxDepth    = 32
)

// document reads the YAML of a rules file and returns its root node, nil after a problem.
// Only plain mappings, lists and scalars are allowed: anchors and aliases hide values from
// readers, and a second document would be ignored.
func (l *loader) document(data []byte) *yaml.Node {
	if len(data) > maxFileSize {
		l.problemAt(1, 1, "the file has %s, the limit is %s: split the rules over several functions",
			formatSize(int64(len(data))), formatSize(maxFileSize))
		return nil
	}
	if !l.plainText(data) || l.isXML(data) {
		return nil
	}
	if line, many := manyValues(data); many {
		l.problemAt(line, 1, "the file has more than %d values: split the rules over several functions", maxValues)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		l.problemAt(1, 1, "the file is empty: begin with version: 1")
		return nil
	}
	if err != nil {
		l.syntax(data, err)
		return nil
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		l.problem(&second, "the file has more than one YAML document: put all rules into one, without ---")
		return nil
	} else if !errors.Is(err, io.EOF) {
		l.syntax(data, err)
		return nil
	}
	if !l.plainYAML(&doc, 0) {
		return nil
	}
	return doc.Content[0]
}

// plainText refuses what is not UTF-8 text without a byte order mark.
func (l *loader) plainText(data []byte) bool {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		l.problemAt(1, 1, "the file begins with a byte order mark: save it as UTF-8 without BOM")
		return false
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		l.problemAt(1, 1, "the file is UTF-16: save it as UTF-8")
		return false
	}
	for line, rest := 1, data; len(rest) > 0; line++ {
		text, after, _ := bytes.Cut(rest, []byte("\n"))
		if col, what := unprintable(text); what != "" {
			l.problemAt(line, col, "%s: save the file as plain UTF-8 text", what)
			return false
		}
		rest = after
	}
	return true
}

// unprintable finds the first character of a line that no YAML text may hold.
func unprintable(line []byte) (col int, what string) {
	col = 1
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		switch {
		case r == utf8.RuneError && n == 1:
			return col, "byte 0x" + strconv.FormatUint(uint64(line[0]), 16) + " is not UTF-8"
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f:
			return col, "control character " + strconv.QuoteRune(r)
		}
		line = line[n:]
		col++
	}
	return 0, ""
}

// syntax turns an error of the YAML parser into a problem: with a column, and with how to
// fix it if the cause is a common one.
func (l *loader) syntax(data []byte, err error) {
	if at := tabIndent().FindIndex(data); at != nil {
		before := data[:at[1]]
		line := 1 + bytes.Count(before, []byte("\n"))
		col := at[1] - (bytes.LastIndexByte(before, '\n') + 1)
		l.problemAt(line, col, "a tab indents this line: YAML allows spaces only")
		return
	}
	m := yamlLine().FindStringSubmatch(err.Error())
	if m == nil {
		l.problemAt(1, 1, "not YAML: %s", err)
		return
	}
	line, _ := strconv.Atoi(m[1])
	if strings.HasPrefix(m[2], "did not find expected") {
		line++ // yaml's parser counts lines from 0, its scanner from 1
	}
	line = max(line, 1)
	if strings.Contains(m[2], "exceeded max depth") {
		l.problemAt(line, 1, "the file is nested too deeply")
		return
	}
	if strings.Contains(m[2], "incompatible YAML document") {
		l.problemAt(line, 1, "a %%YAML directive is not accepted: leave the line out")
		return
	}
	lines := bytes.Split(data, []byte("\n"))
	if l.unknownAlias(lines, m[2]) {
		return
	}
	if strings.Contains(m[2], "escape character") || strings.Contains(m[2], "hexdecimal") {
		if l.badEscape(lines, max(line-2, 0)) {
			return
		}
	}
	for i := max(line-3, 0); i < min(line+1, len(lines)); i++ {
		if l.barePlaceholder(lines[i], i+1) || l.badCharacter(lines[i], i+1) {
			return
		}
	}
	if l.misplaced(lines, line, m[2]) {
		return
	}
	text := []byte{}
	if line <= len(lines) {
		text = lines[line-1]
	}
	l.problemAt(line, len(text)-len(bytes.TrimLeft(text, " "))+1, "not YAML: %s", m[2])
}

// plainYAML refuses anchors, aliases, merge keys and explicit types anywhere below a node.
// It returns false if the file is nested too deeply to be read.
func (l *loader) plainYAML(n *yaml.Node, depth int) bool {
	const why = " hides values from readers of the file: write the values out"
	if depth > maxDepth {
		l.problem(n, "the file is nested too deeply")
		return false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		l.problem(n, "an alias (*%s)%s", n.Value, why)
	case n.Anchor != "":
		l.problem(n, "an anchor (&%s)%s", n.Anchor, why)
	case n.Tag == "!!merge":
		l.problem(n, "a merge key (<<)%s", why)
	case n.Style&yaml.TaggedStyle != 0 && !strings.HasPrefix(n.Tag, "!!"):
		l.problem(n, beginsWith, "!")
	case n.Style&yaml.TaggedStyle != 0:
		l.problem(n, "an explicit type (%s) has no meaning here: leave it out", n.Tag)
	}
	for _, child := range n.Content {
		if !l.plainYAML(child, depth+1) {
			return false
		}
	}
	return true
}
