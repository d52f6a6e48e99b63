package rules

import (
	"bytes"
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

// ignorePlace is what a comment is about: warnings of one code on a line, of a rule, or, if there is neither, of the
// whole file.
type ignorePlace struct {
	code WarningCode
	line int
	rule string
}

// ignorer knows the comments of a file that ignore warnings, and which of them have been used.
type ignorer struct {
	comments []ignored
	at       map[ignorePlace]int // index of the comment
	used     []bool
}

func newIgnorer(s *Set) *ignorer {
	if len(s.ignored) == 0 {
		return &ignorer{}
	}
	begins := map[int]string{} // by line, the rule that begins there
	for _, r := range s.rules {
		begins[r.line], begins[r.begins] = r.name, r.name
	}
	return ignorerOf(s.ignored, begins)
}

// ignorerOf is the ignorer of comments in a file in which rules begin on some lines.
func ignorerOf(comments []ignored, begins map[int]string) *ignorer {
	g := &ignorer{comments: comments, at: map[ignorePlace]int{}, used: make([]bool, len(comments))}
	for i := range comments {
		c := &comments[i]
		place := ignorePlace{code: WarningCode(c.code), line: c.about}
		if place.rule = begins[c.about]; place.rule != "" {
			place.line = 0
		}
		if _, again := g.at[place]; c.problem() == "" && !again {
			g.at[place] = i
		}
	}
	return g
}

// ignores reports whether a comment says not to give a warning. The comment then counts as used.
func (g *ignorer) ignores(code WarningCode, line int, rule string) bool {
	if len(g.at) == 0 {
		return false
	}
	for _, place := range []ignorePlace{{code: code, line: line}, {code: code, rule: rule}, {code: code}} {
		if i, ok := g.at[place]; ok {
			g.used[i] = true
			return true
		}
	}
	return false
}

// uselessIgnores notes the comments that have no effect.
func (g *ignorer) uselessIgnores() (notes []Warning) {
	for i := range g.comments {
		c := &g.comments[i]
		problem := c.problem()
		if problem == "" && !g.used[i] {
			problem = fmt.Sprintf("there is no warning %s to ignore here: remove the comment", c.code)
		}
		if problem != "" && !g.ignores(UselessIgnore, c.line, "") {
			notes = append(notes, Warning{c.line, c.col, "", UselessIgnore, UselessIgnore.Level(), oneLine(problem)})
		}
	}
	return notes
}

// WithoutIgnored drops the warnings about a YAML file that comments in the file say to ignore, and adds a note for each
// such comment that has no effect. It is for files other than rules files, for which [Set.Lint] does it.
func WithoutIgnored(file []byte, warnings []Warning) []Warning {
	g := ignorerOf(readIgnored(file), nil)
	left := slices.DeleteFunc(slices.Clone(warnings), func(w Warning) bool { return g.ignores(w.Code, w.Line, "") })
	return append(left, g.uselessIgnores()...)
}
