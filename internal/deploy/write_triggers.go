package deploy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// WithTriggers returns the manifest's text with these triggers in place of those that deliver events of OSS. Other
// triggers, and everything else with its comments, stay as they are; the error says why that is not possible. A trigger
// that the manifest already has under another name gets that name, also in triggers.
//
// The notes are for people: which triggers have to be removed by hand, since Serverless Devs never removes one.
func (m *Manifest) WithTriggers(triggers []Trigger) (text []byte, notes []string, err error) {
	if m.ForTasks() {
		return nil, nil, m.noTriggersForTasks()
	}
	m.keepNames(triggers)
	lines := strings.SplitAfter(string(m.text), "\n")
	from, to, indent := m.triggerLines(lines)
	others := strings.ReplaceAll(m.otherTriggersText(lines, from, to), "\r\n", "\n")
	block := triggersYAML(triggers, others, indent, m.regionText)
	if strings.Contains(lines[0], "\r\n") {
		block = strings.ReplaceAll(block, "\n", "\r\n")
	}
	if before := strings.Join(lines[:from], ""); before != "" && !strings.HasSuffix(before, "\n") {
		block = "\n" + block
	}
	text = []byte(strings.Join(lines[:from], "") + block + strings.Join(lines[to:], ""))
	return text, m.removalNotes(triggers), m.checkWritten(text, triggers)
}

// keepNames gives triggers the names of those with the same bucket and filter, so that those need not be replaced.
func (m *Manifest) keepNames(triggers []Trigger) {
	for i := range triggers {
		t := &triggers[i]
		for _, old := range m.triggers {
			taken := slices.ContainsFunc(triggers, func(other Trigger) bool { return other.Name == old.name })
			if !taken && old.name != "" && old.sameFilter(t) {
				t.Name = old.name
				break
			}
		}
	}
}

// sameFilter reports whether two triggers are of one kind, on one bucket, and have the same prefixes and suffixes.
func (t *manifestTrigger) sameFilter(other *Trigger) bool {
	return t.kind == other.Type && t.bucket == other.Bucket &&
		slices.Equal(t.prefixes, other.prefixes()) && slices.Equal(t.suffixes, other.suffixes())
}

// removalNotes names the triggers on OSS that the manifest no longer has. Those that overlap a new one have to be
// removed first, because OSS refuses the new one beside them.
func (m *Manifest) removalNotes(now []Trigger) (notes []string) {
	var before, after []string
	for _, old := range m.triggersOnOSS() {
		if slices.ContainsFunc(now, func(t Trigger) bool { return t.Name == old.name }) {
			continue
		}
		overlaps := slices.ContainsFunc(now, func(t Trigger) bool {
			return t.Bucket == old.bucket && t.Type == old.kind && old.overlaps(t.Events, t.Prefix, t.Suffix)
		})
		if overlaps || old.bucket == "" { // one that could not be read: better first than too late
			before = append(before, old.name)
		} else {
			after = append(after, old.name)
		}
	}
	if before != nil {
		notes = append(notes, "if the function is deployed: before s deploy, run s remove --trigger "+
			strings.Join(before, ",")+" -y, because OSS refuses the new triggers beside the old ones; "+
			"uploads between the two commands are not copied")
	}
	if after != nil {
		notes = append(notes, "if the function is deployed: after s deploy, run s remove --trigger "+
			strings.Join(after, ",")+" -y, because Serverless Devs does not remove triggers")
	}
	return notes
}

// triggersOnOSS returns the triggers on OSS. Those that could not be read have nothing but their names.
func (m *Manifest) triggersOnOSS() []manifestTrigger {
	all := slices.Clone(m.triggers)
	if list := at(m.props, "triggers"); list != nil {
		for _, n := range list.Content {
			if name := textAt(n, "triggerName"); !m.wasRead(n) && !m.isOther(n) && name != "" {
				all = append(all, manifestTrigger{node: n, name: name})
			}
		}
	}
	return all
}

// wasRead reports whether a node is one of m.triggers.
func (m *Manifest) wasRead(n *yaml.Node) bool {
	return slices.ContainsFunc(m.triggers, func(t manifestTrigger) bool { return t.node == n })
}

// isOther reports whether a trigger has nothing to do with OSS.
func (m *Manifest) isOther(n *yaml.Node) bool {
	return textAt(n, "triggerType") != Native && !m.wasRead(n)
}

// triggerLines returns the lines that the triggers occupy, counted from 0, without the last one, and their indentation.
// If there are no triggers, it returns where to insert them.
func (m *Manifest) triggerLines(lines []string) (from, to, indent int) {
	if len(m.props.Content) == 0 {
		return m.props.Line, m.props.Line, m.props.Column + 1
	}
	first := m.props.Content[0]
	from, indent = first.Line-1, first.Column-1
	to = from
	for i := 0; i+1 < len(m.props.Content); i += 2 {
		if m.props.Content[i].Value == "triggers" {
			from = m.props.Content[i].Line - 1
			to = endOfField(lines, from, indent)
		}
	}
	return from, to, indent
}

// endOfField returns the line after the value of the field that begins on line from.
func endOfField(lines []string, from, indent int) int {
	to := from + 1
	for to < len(lines) && (isWithin(lines[to], indent) || isComment(lines[to])) {
		to++
	}
	for to > from+1 && belongsToNext(lines[to-1], indent) {
		to--
	}
	return to
}

// belongsToNext reports whether a line at the end of a field belongs to what follows it: an empty line, or a comment
// outside the field.
func belongsToNext(line string, indent int) bool {
	return strings.TrimSpace(line) == "" || isComment(line) && !isWithin(line, indent)
}

// isWithin reports whether a line belongs to the value of a field with this indentation. A list may begin in the column
// of its field.
func isWithin(line string, indent int) bool {
	text := strings.TrimLeft(line, " ")
	own := len(line) - len(text)
	return strings.TrimSpace(text) == "" || own > indent || own == indent && strings.HasPrefix(text, "- ")
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

// otherTriggersText returns the text of the triggers between two lines that have nothing to do with OSS, comments
// included.
func (m *Manifest) otherTriggersText(lines []string, from, to int) string {
	list := at(m.props, "triggers")
	if list == nil || list.Style&yaml.FlowStyle != 0 {
		return ""
	}
	starts := triggerStarts(lines, from, to, list)
	var text strings.Builder
	for i, n := range list.Content {
		if m.isOther(n) {
			text.WriteString(strings.Join(lines[starts[i]:starts[i+1]], ""))
		}
	}
	return text.String()
}

// triggerStarts returns the line on which each trigger of a list between two lines begins, with its comments, and the
// line after the last one.
func triggerStarts(lines []string, from, to int, list *yaml.Node) (starts []int) {
	for _, n := range list.Content {
		start := n.Line - 1
		for start > 0 && !strings.HasPrefix(strings.TrimSpace(lines[start]), "-") {
			start--
		}
		for start-1 > from && isComment(lines[start-1]) {
			start--
		}
		starts = append(starts, start)
	}
	return append(starts, to)
}

// checkWritten checks that the new text has these triggers on OSS, and otherwise says the same as the old one.
func (m *Manifest) checkWritten(text []byte, triggers []Trigger) error {
	unsafe := fmt.Errorf("the triggers in %s are written in a way that cannot be changed safely; "+
		"insert the output of afterput triggers by hand", m.name)
	now, err := ReadManifest(m.name, text, m.env)
	if err != nil || len(now.triggers) != len(triggers) || len(now.triggersOnOSS()) != len(triggers) {
		return unsafe
	}
	for i, t := range triggers {
		read := now.triggers[i]
		if read.name != t.Name || !slices.Equal(read.events, t.Events) || !read.sameFilter(&t) {
			return unsafe
		}
	}
	var was, is, others, othersNow any
	err = errors.Join(without(m.props, "triggers").Decode(&was), without(now.props, "triggers").Decode(&is),
		m.otherTriggers().Decode(&others), now.otherTriggers().Decode(&othersNow))
	if err != nil || !reflect.DeepEqual(was, is) || !reflect.DeepEqual(others, othersNow) {
		return unsafe
	}
	return nil
}

// otherTriggers returns the list of the triggers that have nothing to do with OSS.
func (m *Manifest) otherTriggers() *yaml.Node {
	others := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if list := at(m.props, "triggers"); list != nil {
		for _, n := range list.Content {
			if m.isOther(n) {
				others.Content = append(others.Content, n)
			}
		}
	}
	return others
}
