package rules

import (
	"regexp"
	"slices"
	"sync"
)

// expression is a regular expression. It is compiled when it is first compared with a key: of the thousands that a
// large file may have, an instance of the function meets keys for few, and compiled they would be most of what the file
// takes.
type expression struct {
	text   string
	groups []string // by number, "" for those without a name; nil if none has one

	once     sync.Once
	compiled *regexp.Regexp
}

// newExpression takes a pattern that was parsed already, with its groups.
func newExpression(pattern string, groups []string) *expression {
	e := &expression{text: pattern}
	if slices.ContainsFunc(groups, func(name string) bool { return name != "" }) {
		e.groups = groups
	}
	return e
}

func (e *expression) String() string { return e.text }

func (e *expression) compile() *regexp.Regexp {
	e.once.Do(func() { e.compiled = regexp.MustCompile(e.text) })
	return e.compiled
}

// match reports whether the expression is found in a key.
func (e *expression) match(key string) bool { return e.compile().MatchString(key) }

// find returns what the groups match in a key, by number; nil if the expression is not found.
func (e *expression) find(key string) []string { return e.compile().FindStringSubmatch(key) }

// group is what the group of that name matched; "" if there is none, or nothing was found.
func (e *expression) group(name string, found []string) string {
	if i := slices.Index(e.groups, name); i >= 0 && i < len(found) {
		return found[i]
	}
	return ""
}

// groupNames lists the names of the groups.
func (e *expression) groupNames() (names []string) {
	for _, name := range e.groups {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// repeatedGroup is a name that more than one group has, "" if there is none.
func (e *expression) repeatedGroup() string {
	names := e.groupNames()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}
