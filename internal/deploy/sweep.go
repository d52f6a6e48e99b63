package deploy

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"afterput/internal/existing"
	"afterput/rules"
)

// timerType is the kind of time triggers, as s.yaml names it.
const timerType = "timer"

// SweepTrigger is a time trigger that has the function look for lost events.
type SweepTrigger struct {
	Name    string `json:"triggerName"`
	Type    string `json:"triggerType"`
	Cron    string `json:"cronExpression"`
	Payload string `json:"payload"`
}

// The times between two sweeps that [Sweep] takes.
const (
	shortestSweep = 10 * time.Minute
	longestSweep  = 7 * 24 * time.Hour
)

// Sweep returns the trigger of a sweep for the rules that runs so often. @every takes minutes.
// Source: FC user guide, time triggers.
func Sweep(set *rules.Set, every time.Duration) (SweepTrigger, error) {
	if every < shortestSweep || every > longestSweep || every%time.Minute != 0 {
		return SweepTrigger{}, fmt.Errorf("the time between two sweeps is %s; want whole minutes, 10m to 168h", every)
	}
	restore, _ := set.LongestRestore()
	return SweepTrigger{Name: "sweep", Type: timerType, Cron: fmt.Sprintf("@every %dm", every/time.Minute),
		Payload: existing.WindowFor(every, restore).Payload()}, nil
}

// sweepComment explains a sweep to readers of s.yaml.
const sweepComment = "Looks for objects whose events were lost: `afterput triggers --sweep`."

// YAMLWithSweep is [YAML] with a sweep among the triggers.
func YAMLWithSweep(triggers []Trigger, s SweepTrigger) string {
	return triggersYAML(triggers, s.yaml(6), 6, "${vars.region}")
}

// yaml writes the trigger as an element of the field triggers, which is indented by so many spaces.
func (s SweepTrigger) yaml(indent int) string {
	w := &yamlWriter{indent: indent}
	w.line(2, "# %s", sweepComment)
	w.line(2, "- triggerName: %s", s.Name)
	w.line(4, "triggerType: %s", s.Type)
	w.line(4, "qualifier: LATEST")
	w.line(4, "triggerConfig:")
	w.line(6, "enable: true")
	w.line(6, "cronExpression: %s", quoted(s.Cron))
	w.line(6, "payload: %s", quoted(s.Payload))
	return w.String()
}

// WithSweep returns the manifest's text with this sweep in place of the one that it has, or else before its EventBridge
// triggers. Everything else stays as it is; the error says why that is not possible.
func (m *Manifest) WithSweep(s SweepTrigger) ([]byte, error) {
	lines := strings.SplitAfter(string(m.text), "\n")
	from, to, indent := m.triggerLines(lines)
	list := at(m.props, "triggers")
	begin, end := from, to
	head := ""
	if list == nil || len(list.Content) == 0 {
		head = strings.Repeat(" ", indent) + "triggers:\n"
	} else {
		begin, end = m.sweepLines(lines, from, to, list)
	}
	block := head + s.yaml(indent)
	if strings.Contains(lines[0], "\r\n") {
		block = strings.ReplaceAll(block, "\n", "\r\n")
	}
	text := []byte(strings.Join(lines[:begin], "") + block + strings.Join(lines[end:], ""))
	return text, m.checkSwept(text, s)
}

// sweepLines returns the lines of the sweep in a list of triggers, or twice the line before which one belongs.
func (m *Manifest) sweepLines(lines []string, from, to int, list *yaml.Node) (begin, end int) {
	starts := triggerStarts(lines, from, to, list)
	begin = to
	for i, n := range list.Content {
		if _, ok, _ := sweepOf(n); ok {
			return starts[i], starts[i+1]
		}
		if textAt(n, "triggerType") == EventBridge {
			begin = min(begin, starts[i])
		}
	}
	return begin, begin
}

// checkSwept checks that the new text has this sweep and no other, and otherwise says the same as the old one.
func (m *Manifest) checkSwept(text []byte, s SweepTrigger) error {
	now, err := ReadManifest(m.name, text, m.env)
	if err == nil {
		var was, is, wasThere, isThere any
		err = errors.Join(without(m.props, "triggers").Decode(&was), without(now.props, "triggers").Decode(&is),
			m.notSweeps().Decode(&wasThere), now.notSweeps().Decode(&isThere))
		sweeps := now.sweeps()
		if err == nil && reflect.DeepEqual(was, is) && reflect.DeepEqual(wasThere, isThere) && len(sweeps) == 1 &&
			textAt(sweeps[0], "triggerConfig", "payload") == s.Payload &&
			textAt(sweeps[0], "triggerConfig", "cronExpression") == s.Cron {
			return nil
		}
	}
	return fmt.Errorf("the triggers in %s are written in a way that cannot be changed safely; "+
		"insert the output of afterput triggers --sweep by hand", m.name)
}

// sweepOf reads the window of a trigger; ok is false if it is not a sweep.
func sweepOf(n *yaml.Node) (w existing.Window, ok bool, err error) {
	if textAt(n, "triggerType") != timerType {
		return w, false, nil
	}
	return existing.ReadSweep([]byte(textAt(n, "triggerConfig", "payload")))
}

// sweeps returns the triggers that sweep.
func (m *Manifest) sweeps() (all []*yaml.Node) {
	if list := at(m.props, "triggers"); list != nil {
		for _, n := range list.Content {
			if _, ok, _ := sweepOf(n); ok {
				all = append(all, n)
			}
		}
	}
	return all
}

// notSweeps returns the list of the triggers that do not sweep.
func (m *Manifest) notSweeps() *yaml.Node {
	others := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if list := at(m.props, "triggers"); list != nil {
		for _, n := range list.Content {
			if _, ok, _ := sweepOf(n); !ok {
				others.Content = append(others.Content, n)
			}
		}
	}
	return others
}

// checkSweeps reports sweeps that look at nothing, and those that leave objects out.
func (m *Manifest) checkSweeps(set *rules.Set, problems *problemList, warnings *warningList) {
	restore, what := set.LongestRestore()
	for _, n := range m.sweeps() {
		name := textAt(n, "triggerName")
		w, _, err := sweepOf(n)
		if err != nil {
			problems.add(n, "trigger %s: %v", name, err)
			continue
		}
		if v := at(n, "triggerConfig", "enable"); v == nil || v.Value != "true" {
			warnings.add(n, rules.IdleSweep, "trigger %s does not sweep: write enable: true under its triggerConfig",
				name)
		}
		every, ok := everyOf(textAt(n, "triggerConfig", "cronExpression"))
		switch {
		case ok && !w.Covers(every):
			warnings.add(n, rules.SweepGap, "trigger %s runs every %s, but a sweep looks at what was put between %s "+
				"and %s before it: objects put at other times are left out; run afterput triggers --sweep %s --write",
				name, every, w.ModifiedWithin, w.OlderThan, every)
		case !w.Covers(every + restore):
			warnings.add(n, rules.SweepGap, "trigger %s looks back %s, but a restore of %s takes up to %s: if the "+
				"event of its end is lost, the copy stays missing; write modified-within: %s, as afterput triggers "+
				"--sweep --write does", name, w.ModifiedWithin, what, hours(restore),
				existing.WindowFor(every, restore).ModifiedWithin)
		}
	}
}

func hours(d time.Duration) string { return fmt.Sprintf("%.0f hours", d.Hours()) }

// everyOf reads the time of @every; ok is false for another cron expression.
func everyOf(cron string) (every time.Duration, ok bool) {
	minutes, ok := strings.CutPrefix(cron, "@every ")
	n, err := strconv.Atoi(strings.TrimSuffix(minutes, "m"))
	return time.Duration(n) * time.Minute, ok && err == nil
}

// SweepNotes says what a sweep of the manifest needs that the manifest cannot show.
func (m *Manifest) SweepNotes() (notes []string) {
	for _, n := range m.sweeps() {
		notes = append(notes, fmt.Sprintf("trigger %s sweeps: the function's role needs the policy that "+
			"afterput policy --s-yaml %s RULES prints", textAt(n, "triggerName"), m.name))
	}
	return notes
}

// allowSweep allows a sweep to list every source, and to remember how far it has come.
func (g *grants) allowSweep(set *rules.Set, o PolicyOptions) {
	for _, bucket := range set.Sources() {
		g.allowListing(bucket)
	}
	if bucket, prefix, ok := existing.SweepPlace(o.State, set); ok {
		g.as(set.RemoteOf(bucket)).allowFiles(bucket, prefix)
	}
}
