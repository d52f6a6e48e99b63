package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"afterput/events"
	"afterput/rules"
)

// Check compares the manifest with the rules. Problems keep the function from running, keep an event that a rule wants
// from reaching it exactly once, or make OSS refuse a trigger. Warnings are about invocations that have nothing to do,
// fields that are ignored, and events that a failure would lose.
func (m *Manifest) Check(set *rules.Set) (problems rules.Problems, warnings []rules.Warning) {
	p := &problemList{file: m.name, all: slices.Clone(m.triggerProblems)}
	m.checkFunction(p)
	m.checkNames(p)
	m.checkOverlaps(p)
	if !m.ForTasks() {
		m.checkBuckets(set, p)
		m.checkDeliveries(set, p)
	}

	w := &warningList{}
	m.checkUseless(set, w)
	m.checkCount(w)
	m.checkFields(w)
	m.checkFailures(w)
	m.checkSweeps(set, p, w)
	return p.sorted(), *w
}

// WithoutIgnored drops the warnings that comments in the manifest say to ignore, and sorts the others by location.
func (m *Manifest) WithoutIgnored(warnings []rules.Warning) []rules.Warning {
	left := rules.WithoutIgnored(m.text, warnings)
	slices.SortStableFunc(left, func(a, b rules.Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return left
}

// checkNames reports triggers with the same name: the later one would replace the other.
func (m *Manifest) checkNames(problems *problemList) {
	seen := map[string]bool{}
	for _, t := range m.triggers {
		if seen[t.name] {
			problems.add(t.node, "another trigger is already named %s", t.name)
		}
		seen[t.name] = true
	}
}

// checkCount reports more triggers, of any kind, than a function can have.
func (m *Manifest) checkCount(warnings *warningList) {
	if list := at(m.props, "triggers"); list != nil && len(list.Content) > MostOfFunction {
		warnings.add(list.Content[MostOfFunction], rules.TooManyTriggers, "%s", tooManyTriggers(len(list.Content)))
	}
}

// checkOverlaps reports OSS triggers that OSS would refuse.
func (m *Manifest) checkOverlaps(problems *problemList) {
	count := map[string]int{} // by bucket
	for i, t := range m.triggers {
		if t.kind != Native {
			continue
		}
		if count[t.bucket]++; count[t.bucket] == MostTriggers+1 {
			problems.add(t.node, "bucket %s has more than %d OSS triggers; merge some, as `afterput triggers` does",
				t.bucket, MostTriggers)
		}
		for _, other := range m.triggers[:i] {
			if other.kind == Native && other.bucket == t.bucket &&
				t.overlaps(other.events, firstOf(other.prefixes), firstOf(other.suffixes)) {
				problems.add(t.node, "trigger %s overlaps trigger %s (line %d), which OSS refuses: "+
					"if two triggers have an event in common, neither prefix may begin with the other, "+
					"or neither suffix may end with the other", t.name, other.name, other.node.Line)
			}
		}
	}
}

// checkBuckets compares the buckets of the triggers with the sources of the rules.
func (m *Manifest) checkBuckets(set *rules.Set, problems *problemList) {
	sources := set.Sources()
	for _, t := range m.triggers {
		if t.bucket == "" {
			problems.add(t.node, "trigger %s does not name a bucket: events of buckets that are not among the rules' "+
				"sources would fail", t.name)
		} else if !slices.Contains(sources, t.bucket) {
			problems.add(t.node, "trigger %s is on bucket %s, which is not one of the rules' sources (%s): its events "+
				"would fail", t.name, t.bucket, strings.Join(sources, ", "))
		}
	}
	wanted := map[string]bool{}
	for _, w := range set.Wants() {
		wanted[w.Bucket] = true
	}
	for _, bucket := range sources {
		has := slices.ContainsFunc(m.triggers, func(t manifestTrigger) bool {
			return t.bucket == "" || t.bucket == bucket
		})
		if wanted[bucket] && !has {
			problems.add(m.triggersAt, "no trigger is on bucket %s, one of the rules' sources", bucket)
		}
	}
}

// checkDeliveries reports wanted events that the triggers do not deliver exactly once.
func (m *Manifest) checkDeliveries(set *rules.Set, problems *problemList) {
	filters, triggers := m.filters(set.Sources())
	found := set.Misdeliveries(filters)
	// A single missing trigger can concern every rule.
	const most = 20
	for i, d := range found {
		if i == most {
			problems.add(m.triggersAt, "and %d more like these", len(found)-most)
			break
		}
		what := fmt.Sprintf("rule %s (line %d) wants %s of bucket %s", d.Rule, d.Line, d.Event, d.Bucket)
		example := fmt.Sprintf("for example of the key %q", d.Key)
		if d.By == nil {
			problems.add(m.triggersAt, "%s, but no trigger delivers it, %s", what, example)
			continue
		}
		a, b := triggers[d.By[0]], triggers[d.By[1]]
		problems.add(b.node, "%s, but triggers %s (line %d) and %s both deliver it, %s: it would be copied twice",
			what, a.name, a.node.Line, b.name, example)
	}
}

// filters returns the filters of all triggers, each with its trigger. A trigger on every bucket has one filter for each
// source.
func (m *Manifest) filters(sources []string) (filters []rules.Filter, triggers []*manifestTrigger) {
	for i := range m.triggers {
		t := &m.triggers[i]
		f := rules.Filter{Bucket: t.bucket, Prefixes: t.prefixes, Suffixes: t.suffixes}
		for _, event := range slices.Concat(rules.Events(), rules.RemovalEvents(), []string{events.FinishRestore}) {
			if t.delivers(event) {
				f.Events = append(f.Events, event)
			}
		}
		buckets := []string{t.bucket}
		if t.bucket == "" {
			buckets = sources
		}
		for _, f.Bucket = range buckets {
			filters, triggers = append(filters, f), append(triggers, t)
		}
	}
	return filters, triggers
}

// checkUseless reports triggers that call the function when there is nothing to copy.
func (m *Manifest) checkUseless(set *rules.Set, warnings *warningList) {
	wants := set.Wants()
	for _, t := range m.triggers {
		useful := slices.ContainsFunc(wants, func(w rules.Want) bool {
			return (t.bucket == w.Bucket || t.bucket == "") &&
				(t.kind != Native || t.overlaps(w.Events, w.Prefix, w.Suffix))
		})
		if !useful && slices.Contains(set.Sources(), t.bucket) {
			warnings.add(t.node, rules.UselessTrigger, "trigger %s calls the function for events that no rule wants",
				t.name)
		}
		for _, e := range t.events {
			if e == events.FinishRestore {
				if !set.WantsFinishRestore() {
					warnings.add(t.node, rules.UselessEvent, "trigger %s also calls the function for %s, and no copy "+
						"that may have a ColdArchive or DeepColdArchive source has restore", t.name, e)
				}
				continue
			}
			if !slices.Contains(rules.Events(), e) {
				warnings.add(t.node, rules.UselessEvent, "trigger %s also calls the function for %s, which does not "+
					"leave a complete new object; name the events one by one, as `afterput triggers` does", t.name, e)
			}
		}
	}
}
