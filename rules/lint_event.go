package rules

import "strings"

// otherUploads are the events of the uploads that a rule for PutObject alone misses, and
// what raises them.
var otherUploads = []struct{ event, by string }{
	{"ObjectCreated:CompleteMultipartUpload", "files that a tool or an SDK uploads in parts"},
	{"ObjectCreated:PostObject", "forms in a browser"},
	{"ObjectCreated:AppendObject", "appended objects"},
}

// putOnly warns about a rule that takes PutObject but misses multipart uploads, which tools
// use above a size. It does not if another rule names that event.
func (l *linter) putOnly(r *rule) {
	m := &r.match
	if !r.makesCopies() || m.given[byEvent] == 0 || m.events&maskOf("ObjectCreated:PutObject") == 0 {
		return
	}
	var named eventMask
	for _, other := range l.set.rules {
		if !other.disabled {
			named |= other.match.events
		}
	}
	var missed []string
	for _, u := range otherUploads {
		if named&maskOf(u.event) == 0 {
			missed = append(missed, strings.TrimPrefix(u.event, "ObjectCreated:")+" ("+u.by+")")
		}
	}
	if named&maskOf(otherUploads[0].event) == 0 {
		l.warn(m.given[byEvent], m.col, r.name, PutOnly, "event %s misses uploads of other kinds: %s; leave event "+
			"out to take every kind, or name these too", m.valueText(byEvent), andList(missed))
	}
}
