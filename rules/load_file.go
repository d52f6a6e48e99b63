package rules

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// namePattern is what the name of a rule looks like, for editors; isName checks it.
const namePattern = `^[a-z0-9-]+$`

// fileReader is a rules file that is being read.
type fileReader struct {
	rules []*rule
	zone  timeZone
	names map[string]int // the line of each rule's name
}

var fileBlock = blockTable[fileReader]{"the file", []fieldSpec[fileReader]{
	{"version", true, shape{kind: kindNumber, values: []string{"1"}},
		"Version of the rules language. Only 1 exists.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			if n.Kind != yaml.ScalarNode || n.Value != "1" {
				l.problem(n, "version must be 1: it is the only version that exists")
			}
		}},
	{"sources", true, shape{many: listOnly, pattern: sourcePattern, says: wantBucket},
		"The buckets whose OSS trigger runs this function. ${env.NAME} is filled in when the file is loaded.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			l.list("sources", n, func(item *yaml.Node) {
				s, ok := l.sourceName("sources", "a source", item, l.checkSource)
				switch {
				case !ok:
				case len(l.sources) == maxSources:
					l.limit(item, &l.sizes.sources, "sources: there are more than %d: split the rules over several "+
						"functions", maxSources)
				default:
					l.sources = append(l.sources, s)
				}
			})
		}},
	{"time-zone", false, shape{values: zoneNames, pattern: zonePattern, says: "an offset from UTC such as +08:00"},
		"The zone of ${time.…}: an offset from UTC such as +08:00, or a name of a zone that has one. Default: UTC.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			s, ok := l.nonEmptyText("time-zone", n)
			if !ok {
				return
			}
			if location, err := parseZone(s); err != nil {
				l.problem(n, "time-zone: %s", err)
			} else {
				f.zone = timeZone{location, s, n.Line}
			}
		}},
	{"defaults", false, shape{kind: kindBlock, block: func() fieldLister { return &defaultsBlock }},
		"For all rules: values for the fields that a copy does not give, and objects to exclude.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			if readBlock(l, &defaultsBlock, n, f) && len(n.Content) == 0 {
				l.problem(n, "defaults is empty: give copy or except, or leave it out")
			}
		}},
	{"rules", true, shape{kind: kindBlock, many: listOnly, block: func() fieldLister { return &ruleBlock }},
		"The rules. All of them are tried, in this order.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			l.list("rules", n, func(item *yaml.Node) {
				r := &rule{line: item.Line, begins: item.Line, col: item.Column, index: int32(len(f.rules))}
				if !readBlock(l, &ruleBlock, item, r) {
					return
				}
				if line := f.names[r.name]; line > 0 {
					l.problemAt(r.line, item.Column, "there is already a rule named %s, on line %d: names must differ",
						r.name, line)
				} else if r.name != "" {
					f.names[r.name] = r.line
				}
				r.except = append(r.except, l.except...)
				l.checkDelete(r)
				f.rules = append(f.rules, r)
				*item = yaml.Node{} // the nodes of a large file take more memory than its rules
			})
		}},
}}

var defaultsBlock = blockTable[fileReader]{"defaults", []fieldSpec[fileReader]{
	{"copy", false, shape{kind: kindBlock, block: func() fieldLister { return &copyBlock }},
		"Fields for every copy that does not give them itself.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			l.defaults = n
			l.readDefaults(n)
		}},
	{"except", false, shape{kind: kindBlock, many: listOnly, block: func() fieldLister { return &matchBlock }},
		"Objects that no rule takes: those that any of these blocks accepts.",
		func(l *loader, f *fileReader, _ int, n *yaml.Node) {
			for _, b := range l.readExcept(n) {
				b.defaults = true
				l.except = append(l.except, b)
			}
		}},
}}

var ruleBlock = blockTable[rule]{"rule", []fieldSpec[rule]{
	{"name", true, shape{pattern: namePattern, says: "lower-case letters, digits and hyphens"},
		"The rule's name in logs and reports: lower-case letters, digits and hyphens.",
		func(l *loader, r *rule, line int, n *yaml.Node) {
			s, ok := l.nonEmptyText("name", n)
			if ok && !isName(s) {
				l.problem(n, "name %s may contain only lower-case letters, digits and hyphens", quote(s))
			}
			r.name, r.line = s, line
		}},
	{"disabled", false, shape{kind: kindBoolean},
		"true switches the rule off.",
		func(l *loader, r *rule, _ int, n *yaml.Node) { r.disabled, _ = l.boolean("disabled", n) }},
	{"stop", false, shape{kind: kindBoolean},
		"true: the rules below do not get the objects that this rule takes.",
		func(l *loader, r *rule, _ int, n *yaml.Node) { r.stop, _ = l.boolean("stop", n) }},
	{"match", true, shape{kind: kindBlock, block: func() fieldLister { return &matchBlock }},
		"The objects to copy: all conditions must hold. {} is every object.",
		func(l *loader, r *rule, _ int, n *yaml.Node) {
			if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
				l.problem(n, "match is empty: write match: {} to match every object")
				return
			}
			l.readMatch(&r.match, n)
		}},
	{"except", false, shape{kind: kindBlock, many: listOnly, block: func() fieldLister { return &matchBlock }},
		"Objects to exclude: those that any of these blocks accepts.",
		func(l *loader, r *rule, _ int, n *yaml.Node) { r.except = l.readExcept(n) }},
	{"copy", true, shape{kind: kindBlock, many: listOnly, block: func() fieldLister { return &copyBlock },
		emptyIf: "stop", unless: "delete"},
		"The copies to make of each object. [] with stop: true makes none, and the rules below make none either.",
		func(l *loader, r *rule, _ int, n *yaml.Node) { l.readCopies(r, n) }},
	{"delete", false, shape{kind: kindBlock, many: listOnly, block: func() fieldLister { return &deleteBlock }},
		"The copies to delete when the object was removed.",
		func(l *loader, r *rule, _ int, n *yaml.Node) { l.readDeletes(r, n) }},
}}

// readFile reads a whole rules file.
func (l *loader) readFile(data []byte) *Set {
	root := l.document(data)
	if root == nil || l.foreign(root, fieldNames(&fileBlock)) {
		return nil
	}
	f := &fileReader{names: map[string]int{}, zone: timeZone{location: time.UTC}}
	readBlock(l, &fileBlock, root, f)
	l.checkLastRule(f.rules)
	l.checkRemotes(f.rules)
	return &Set{name: l.file, sources: l.sources, rules: f.rules, except: l.except, zone: f.zone}
}
