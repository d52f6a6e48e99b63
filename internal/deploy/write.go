package deploy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// WithTriggers gives the manifest's text with these triggers in place of those that
// brought events of OSS. Other triggers, and all else with its comments, stay as
// they are. The error says why that is not possible. A trigger that is there already
// under another name gets that name, in triggers too.
//
// Notes are for people: which triggers have to be removed by hand, since Serverless
// Devs never does that.
func (m *Manifest) WithTriggers(triggers []Trigger) (text []byte, notes []string, err error) {
	m.keepNames(triggers)
	lines := strings.SplitAfter(string(m.text), "\n")
	from, to, indent := m.triggerLines(lines)
	others := strings.ReplaceAll(m.otherTriggers(lines, from, to), "\r\n", "\n")
	block := block(triggers, others, indent, m.rawRegion)
	if strings.Contains(lines[0], "\r\n") {
		block = strings.ReplaceAll(block, "\n", "\r\n")
	}
	if before := strings.Join(lines[:from], ""); before != "" && !strings.HasSuffix(before, "\n") {
		block = "\n" + block
	}
	text = []byte(strings.Join(lines[:from], "") + block + strings.Join(lines[to:], ""))
	return text, m.gone(triggers), m.same(text, triggers)
}

// keepNames calls triggers what those on the same bucket with the same filter are
// called already, so that they need not be taken away and made anew.
func (m *Manifest) keepNames(triggers []Trigger) {
	for i := range triggers {
		t := &triggers[i]
		for _, old := range m.triggers {
			taken := slices.ContainsFunc(triggers, func(other Trigger) bool { return other.Name == old.name })
			if !taken && old.name != "" && t.Type == old.kind && t.Bucket == old.bucket && slices.Equal(old.prefix, filterOf(old.kind, t.Prefix)) && slices.Equal(old.suffix, filterOf(old.kind, t.Suffix)) {
				t.Name = old.name
				break
			}
		}
	}
}

// filterOf is a prefix or suffix as a manifest's trigger of that kind has it.
func filterOf(kind, text string) []string {
	if kind == EventBridge && text == "" {
		return nil
	}
	return []string{text}
}

// gone says which triggers on OSS are no longer there. One that lets through what a
// new one does has to go first: OSS refuses the two.
func (m *Manifest) gone(now []Trigger) (notes []string) {
	var before, after []string
	for _, old := range m.onOSS() {
		if slices.ContainsFunc(now, func(t Trigger) bool { return t.Name == old.name }) {
			continue
		}
		if old.bucket == "" { // it could not be read: better first than too late
			before = append(before, old.name)
			continue
		}
		overlaps := slices.ContainsFunc(now, func(t Trigger) bool {
			return t.Bucket == old.bucket && t.Type == old.kind && old.meets(filtering(t.Events, t.Prefix, t.Suffix))
		})
		if overlaps {
			before = append(before, old.name)
		} else {
			after = append(after, old.name)
		}
	}
	if before != nil {
		notes = append(notes, "if it is deployed: before s deploy, run s remove --trigger "+strings.Join(before, ",")+" -y, because OSS refuses the new triggers beside it; uploads between the two commands go unnoticed")
	}
	if after != nil {
		notes = append(notes, "if it is deployed: after s deploy, run s remove --trigger "+strings.Join(after, ",")+" -y, because Serverless Devs leaves it on its bucket")
	}
	return notes
}

// onOSS are the triggers on OSS, those that could not be read with their name alone.
func (m *Manifest) onOSS() []declared {
	all := slices.Clone(m.triggers)
	if list := at(m.props, "triggers"); list != nil {
		for _, n := range list.Content {
			known := slices.ContainsFunc(all, func(d declared) bool { return d.node == n })
			if name := textAt(n, "triggerName"); !known && !m.keeps(n) && name != "" {
				all = append(all, declared{node: n, name: name})
			}
		}
	}
	return all
}

// triggerLines are the lines, counted from 0, that the triggers take up, the last
// one not included; where they would be put, if there are none.
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
			to = from + 1
			for to < len(lines) && (within(lines[to], indent) || isComment(lines[to])) {
				to++
			}
			for to > from+1 && isComment(lines[to-1]) && !within(lines[to-1], indent) || to > from+1 && strings.TrimSpace(lines[to-1]) == "" {
				to-- // what stands before the next field, and not within this one
			}
		}
	}
	return from, to, indent
}

// within is whether a line belongs to the value of a key so far in. A list may
// begin where its key does.
func within(line string, indent int) bool {
	text := strings.TrimLeft(line, " ")
	in := len(line) - len(text)
	return strings.TrimSpace(text) == "" || in > indent || in == indent && strings.HasPrefix(text, "- ")
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

// otherTriggers is the text of those between two lines that are kept, their
// comments with them.
func (m *Manifest) otherTriggers(lines []string, from, to int) string {
	list := at(m.props, "triggers")
	if list == nil || list.Style&yaml.FlowStyle != 0 {
		return ""
	}
	var starts []int
	for _, n := range list.Content {
		start := n.Line - 1
		for start > 0 && !strings.HasPrefix(strings.TrimSpace(lines[start]), "-") {
			start--
		}
		for start-1 > from && strings.HasPrefix(strings.TrimSpace(lines[start-1]), "#") {
			start--
		}
		starts = append(starts, start)
	}
	starts = append(starts, to)
	var kept strings.Builder
	for i, n := range list.Content {
		if m.keeps(n) {
			kept.WriteString(strings.Join(lines[starts[i]:starts[i+1]], ""))
		}
	}
	return kept.String()
}

// keeps is whether a trigger has nothing to do with OSS.
func (m *Manifest) keeps(n *yaml.Node) bool {
	return textAt(n, "triggerType") != Native && !slices.ContainsFunc(m.triggers, func(d declared) bool { return d.node == n })
}

// same checks that a new text has these triggers on OSS, and says nothing else than
// the old one otherwise.
func (m *Manifest) same(text []byte, triggers []Trigger) error {
	unsafe := fmt.Errorf("the triggers in %s are written in a way that cannot be changed safely: put what afterput triggers prints there by hand", m.name)
	now, err := ReadManifest(m.name, text, m.env)
	if err != nil || len(now.triggers) != len(triggers) || len(now.onOSS()) != len(triggers) {
		return unsafe
	}
	for i, t := range triggers {
		d := now.triggers[i]
		if d.name != t.Name || d.kind != t.Type || d.bucket != t.Bucket || !slices.Equal(d.events, t.Events) ||
			!slices.Equal(d.prefix, filterOf(t.Type, t.Prefix)) || !slices.Equal(d.suffix, filterOf(t.Type, t.Suffix)) {
			return unsafe
		}
	}
	var was, is, others, othersNow any
	err = errors.Join(without(m.props, "triggers").Decode(&was), without(now.props, "triggers").Decode(&is), m.others().Decode(&others), now.others().Decode(&othersNow))
	if err != nil || !reflect.DeepEqual(was, is) || !reflect.DeepEqual(others, othersNow) {
		return unsafe
	}
	return nil
}

// others is the list of the triggers that have nothing to do with OSS.
func (m *Manifest) others() *yaml.Node {
	kept := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if list := at(m.props, "triggers"); list != nil {
		for _, t := range list.Content {
			if m.keeps(t) {
				kept.Content = append(kept.Content, t)
			}
		}
	}
	return kept
}
