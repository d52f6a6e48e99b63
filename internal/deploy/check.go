package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"afterput/rules"
)

// Check compares the manifest's triggers with the rules. Problems are what keeps
// the function from running, what makes an event that a rule wants not reach it, or
// reach it twice, and what OSS would refuse; warnings cost invocations for nothing.
func (m *Manifest) Check(set *rules.Set) (problems, warnings rules.Problems) {
	c := m.clean()
	c.problems = slices.Clone(m.problems)
	c.function()
	c.names()
	c.conflicts()
	c.buckets(set)
	c.deliveries(set)
	problems, c.problems = c.problems, nil
	c.waste(set)
	c.fields()
	c.failures()
	return inOrder(problems), inOrder(c.problems)
}

func inOrder(all rules.Problems) rules.Problems {
	slices.SortStableFunc(all, func(a, b rules.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Message, b.Message))
	})
	return all
}

// names: a trigger that another is named like replaces it.
func (m *Manifest) names() {
	seen := map[string]bool{}
	for _, t := range m.triggers {
		if seen[t.name] {
			m.wrong(t.node, "another trigger is named %s already", t.name)
		}
		seen[t.name] = true
	}
}

// conflicts are what OSS refuses of the native triggers of a bucket.
func (m *Manifest) conflicts() {
	count := map[string]int{}
	for i, t := range m.triggers {
		if t.kind != Native {
			continue
		}
		if count[t.bucket]++; count[t.bucket] == MostTriggers+1 {
			m.wrong(t.node, "bucket %s has more than %d OSS triggers: merge some, as `afterput triggers` does", t.bucket, MostTriggers)
		}
		for _, other := range m.triggers[:i] {
			if other.kind == Native && other.bucket == t.bucket && t.meets(&other) {
				m.wrong(t.node, "trigger %s overlaps trigger %s (line %d), which OSS refuses: where events are the same, neither prefix may begin with the other, or neither suffix end with the other",
					t.name, other.name, other.node.Line)
			}
		}
	}
}

// filtering is what a filter of one prefix and one suffix declares.
func filtering(events []string, prefix, suffix string) *declared {
	return &declared{events: events, prefix: []string{prefix}, suffix: []string{suffix}}
}

// meets is OSS's test for a conflict.
func (t *declared) meets(other *declared) bool {
	for _, a := range t.events {
		for _, b := range other.events {
			x := box{prefix: first(t.prefix), suffix: first(t.suffix), events: []string{a}}
			y := box{prefix: first(other.prefix), suffix: first(other.suffix), events: []string{a}}
			if (brings(a, b) || brings(b, a)) && x.overlaps(&y) {
				return true
			}
		}
	}
	return false
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// brings is whether an event of a trigger, which may end with *, is that event.
func brings(event, name string) bool {
	head, star := strings.CutSuffix(event, "*")
	return event == name || star && strings.HasPrefix(name, head)
}

// buckets compares the buckets of triggers and rules.
func (m *Manifest) buckets(set *rules.Set) {
	sources := set.Sources()
	for _, t := range m.triggers {
		if t.bucket != "" && !slices.Contains(sources, t.bucket) {
			m.wrong(t.node, "trigger %s is on bucket %s, which is not one of the rules' sources (%s): its events would fail", t.name, t.bucket, strings.Join(sources, ", "))
		}
		if t.bucket == "" {
			m.wrong(t.node, "trigger %s names no bucket: events of buckets that are none of the rules' sources would fail", t.name)
		}
	}
	wanted := map[string]bool{}
	for _, w := range set.Wants() {
		wanted[w.Bucket] = true
	}
	for _, bucket := range sources {
		if wanted[bucket] && !slices.ContainsFunc(m.triggers, func(t declared) bool { return t.bucket == "" || t.bucket == bucket }) {
			m.wrong(m.place, "no trigger is on bucket %s, one of the rules' sources; `afterput triggers --write` puts in what the rules need", bucket)
		}
	}
}

// deliveries are the wanted events that do not come exactly once.
func (m *Manifest) deliveries(set *rules.Set) {
	var filters []rules.Filter
	var from []*declared
	for i := range m.triggers {
		t := &m.triggers[i]
		f := rules.Filter{Bucket: t.bucket, Prefixes: t.prefix, Suffixes: t.suffix}
		for _, name := range rules.Events() {
			if slices.ContainsFunc(t.events, func(e string) bool { return brings(e, name) }) {
				f.Events = append(f.Events, name)
			}
		}
		buckets := []string{t.bucket}
		if t.bucket == "" {
			buckets = set.Sources()
		}
		for _, f.Bucket = range buckets {
			filters, from = append(filters, f), append(from, t)
		}
	}
	// Enough to see what is wrong: one trigger that lacks can concern every rule.
	const most = 20
	all := set.Misdeliveries(filters)
	if n := len(all) - most; n > 0 {
		defer m.wrong(m.place, "so it is with %d more", n)
		all = all[:most]
	}
	for _, d := range all {
		what := fmt.Sprintf("rule %s (line %d) wants %s of oss://%s/%s", d.Rule, d.Line, d.Event, d.Bucket, d.Key)
		if d.By == nil {
			m.wrong(m.place, "%s, and no trigger lets it through", what)
			continue
		}
		a, b := from[d.By[0]], from[d.By[1]]
		m.wrong(b.node, "%s, and triggers %s (line %d) and %s both let it through: it would be copied twice", what, a.name, a.node.Line, b.name)
	}
}

// waste are triggers that call the function when there is nothing to copy.
func (m *Manifest) waste(set *rules.Set) {
	wants := set.Wants()
	for _, t := range m.triggers {
		useful := slices.ContainsFunc(wants, func(w rules.Want) bool {
			return (t.bucket == w.Bucket || t.bucket == "") && (t.kind != Native || t.meets(filtering(w.Events, w.Prefix, w.Suffix)))
		})
		if !useful && slices.Contains(set.Sources(), t.bucket) {
			m.wrong(t.node, "trigger %s calls the function for events that no rule wants", t.name)
		}
		for _, e := range t.events {
			if !slices.Contains(rules.Events(), e) {
				m.wrong(t.node, "trigger %s calls the function for %s too, after which there is no whole new object: name the events, as `afterput triggers` does", t.name, e)
			}
		}
	}
}
