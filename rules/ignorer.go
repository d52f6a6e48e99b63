package rules

import (
	"fmt"
	"slices"
)

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
