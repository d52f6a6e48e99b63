package rules

import (
	"go.yaml.in/yaml/v3"
)

// loader reads the nodes of one rules file and reports every problem.
type loader struct {
	*reporter
	env      func(string) (string, bool)
	blocks   []fieldLister // all kinds of blocks, to say where a misplaced field belongs
	sources  []string      // as read so far
	sizes    fileSizes
	defaults *yaml.Node // the file's defaults.copy, nil if there is none
	except   []*block   // the file's defaults.except

	foreignWords []string // that were reported
}

// problem reports a problem at a node.
func (l *loader) problem(n *yaml.Node, format string, args ...any) {
	l.problemAt(n.Line, n.Column, format, args...)
}

func (l *loader) problemFor(o *fieldPlace, format string, args ...any) {
	l.problemAt(o.line, o.col, format, args...)
}

// fileSizes counts what is limited for the whole file.
type fileSizes struct {
	sources, regexps, globs, inherited int
}
