package rules

import (
	"bytes"
	"fmt"
	"strings"
)

// ignored is a comment in a rules file that says not to give a warning:
//
//	# afterput: ignore CODE why
//
// At the end of a line, or above it, it is about that line, or about the whole rule if the rule begins there. Before
// the file's first line that is not a comment it is about the whole file.
type ignored struct {
	line, col int // of the comment
	code      string
	reason    string
	about     int // the line; 0 for the whole file
}

// ignoreMark is what such a comment begins with, after its "#".
const ignoreMark = "afterput: ignore"

// readIgnored finds the comments of a file. Nearly all files have none, which costs one search.
func readIgnored(data []byte) (all []ignored) {
	if !bytes.Contains(data, []byte(ignoreMark)) {
		return nil
	}
	begun := false // a line that is not a comment was there
	above := 0     // how many of the last comments are about the next line that is not a comment
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		before, comment := cutComment(strings.TrimRight(text, "\r\n"))
		alone := strings.TrimSpace(before) == ""
		if !alone {
			for i := range above {
				all[len(all)-1-i].about = line
			}
			above = 0
		}
		begun = begun || !alone && strings.TrimSpace(before) != "---"
		instruction, ours := strings.CutPrefix(strings.TrimSpace(comment), ignoreMark)
		if !ours || instruction != "" && instruction[0] != ' ' {
			continue
		}
		c := ignored{line: line, col: len([]rune(before)) + 1, about: line}
		c.code, c.reason, _ = strings.Cut(strings.TrimSpace(instruction), " ")
		c.reason = strings.TrimSpace(c.reason)
		switch {
		case alone && !begun:
			c.about = 0
		case alone:
			above++
		}
		all = append(all, c)
	}
	return all
}

// cutComment cuts a line at the # that begins a comment: the first outside of quotes, at the line's beginning or behind
// a space.
func cutComment(line string) (before, comment string) {
	var quote, last byte // an open quote, and the last character that is not a space; 0 for none
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote == '"' && c == '\\', quote == '\'' && strings.HasPrefix(line[i:], "''"):
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return line[:i], line[i+1:]
		case (c == '"' || c == '\'') && beginsValue(last):
			quote = c
		}
		if i < len(line) && line[i] != ' ' {
			last = line[i]
		}
	}
	return line, ""
}

// problem says why a comment can have no effect; "" if it can have one.
func (c *ignored) problem() string {
	switch err := CheckWarningCode(c.code); {
	case c.code == "":
		return "the comment does not say what to ignore: write # " + ignoreMark + " CODE why"
	case err != nil:
		return err.Error()
	case c.reason == "":
		return fmt.Sprintf("the comment does not say why: write # %s %s why", ignoreMark, c.code)
	}
	return ""
}
