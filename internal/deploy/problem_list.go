package deploy

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// warningList collects warnings about one file.
type warningList []rules.Warning

// add adds a warning at the location of a node.
func (l *warningList) add(at *yaml.Node, code rules.WarningCode, format string, args ...any) {
	*l = append(*l, rules.Warning{
		Line: at.Line, Col: at.Column, Code: code, Level: code.Level(), Message: fmt.Sprintf(format, args...),
	})
}

// problemList collects what is wrong with one file.
type problemList struct {
	file string
	all  rules.Problems
}

// add adds a problem at the location of a node.
func (l *problemList) add(at *yaml.Node, format string, args ...any) {
	l.all = append(l.all, rules.Problem{
		File: l.file, Line: at.Line, Col: at.Column, Message: fmt.Sprintf(format, args...),
	})
}

// sorted returns the problems in the order of their locations.
func (l *problemList) sorted() rules.Problems {
	slices.SortStableFunc(l.all, func(a, b rules.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return l.all
}
