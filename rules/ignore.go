package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ignored is a comment in a rules file that says not to give a warning:
//
//	# afterput: ignore CODE why
//
// At the end of a line, or above it, it is about that line, or about the whole rule if the rule begins there. Before
// the file's first line that is not a comment it is about the whole file.
type ignored struct {
	line        int // of the comment
	col         int
	code        string
	reason      string
	first, last int // the lines that it is about
}

// ignoreMark is what such a comment begins with, after its "#".
const ignoreMark = "afterput: ignore"

// readIgnored finds the comments of a file. Nearly all files have none, which costs one search.
func readIgnored(data []byte) (all []ignored) {
	if !bytes.Contains(data, []byte(ignoreMark)) {
		return nil
	}
	lines := strings.Split(string(data), "\n")
	begun := false // a line that is not a comment was there
	for i, line := range lines {
		before, comment, has := cutComment(line)
		text, ours := strings.CutPrefix(strings.TrimSpace(comment), ignoreMark)
		alone := strings.TrimSpace(before) == ""
		begun = begun || !alone && strings.TrimSpace(line) != "---"
		if !has || !ours || text != "" && text[0] != ' ' {
			continue
		}
		c := ignored{line: i + 1, col: len([]rune(before)) + 1, first: i + 1, last: i + 1}
		c.code, c.reason, _ = strings.Cut(strings.TrimSpace(text), " ")
		c.reason = strings.TrimSpace(c.reason)
		switch {
		case alone && !begun:
			c.first, c.last = 1, len(lines)
		case alone:
			c.first = lineBelow(lines, i) + 1
			c.last = c.first
		}
		all = append(all, c)
	}
	return all
}

// cutComment cuts a line before the # that begins a comment: the first at the line's beginning or behind a space.
func cutComment(line string) (before, comment string, has bool) {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i], line[i+1:], true
		}
	}
	return line, "", false
}

// lineBelow is the index of the next line that is more than a comment.
func lineBelow(lines []string, i int) int {
	for i++; i < len(lines)-1; i++ {
		if before, _, _ := cutComment(lines[i]); strings.TrimSpace(before) != "" {
			return i
		}
	}
	return i
}

// dropIgnored leaves out the warnings that comments say not to give, and warns about comments without effect.
func (l *linter) dropIgnored() {
	comments := slices.Clone(l.set.ignored)
	for i := range comments {
		c := &comments[i]
		for _, r := range l.set.rules {
			if c.first == c.last && r.line == c.first {
				c.last = l.lastLineOf(r)
			}
		}
		used := false
		l.warnings = slices.DeleteFunc(l.warnings, func(w Warning) bool {
			is := string(w.Code) == c.code && w.Line >= c.first && w.Line <= c.last && c.reason != ""
			used = used || is
			return is
		})
		if problem := c.problem(used); problem != "" {
			l.warn(c.line, c.col, "", UselessIgnore, "%s", problem)
		}
	}
}

// problem says why a comment has no effect; "" if it has.
func (c *ignored) problem(used bool) string {
	switch err := CheckWarningCode(c.code); {
	case c.code == "":
		return "the comment does not say what to ignore: write # " + ignoreMark + " CODE why"
	case err != nil:
		return err.Error()
	case c.reason == "":
		return fmt.Sprintf("the comment does not say why: write # %s %s why", ignoreMark, c.code)
	case !used:
		return fmt.Sprintf("there is no warning %s to ignore here: remove the comment", c.code)
	}
	return ""
}

// lastLineOf is the last line before the next rule.
func (l *linter) lastLineOf(r *rule) int {
	last := 1 << 30
	for _, o := range l.set.rules {
		if o.line > r.line {
			last = min(last, cmp.Or(o.line-1, last))
		}
	}
	return last
}
