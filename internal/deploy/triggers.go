// Package deploy works out what a rules file asks of its deployment: the triggers
// that bring the events, and the rights of the function's role. It checks s.yaml
// against the same.
package deploy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"afterput/rules"
)

// MostTriggers is how many native OSS triggers a bucket has at the most.
// Source: FC user guide, OSS triggers; limits of usage.
const MostTriggers = 10

// The kinds of trigger, as s.yaml names them.
const (
	Native      = "oss"
	EventBridge = "eventbridge"
)

// Trigger brings events of one bucket to the function: those of the names in
// Events, without "oss:", of keys that begin with Prefix and end with Suffix.
type Trigger struct {
	Name   string   `json:"triggerName"`
	Type   string   `json:"triggerType"` // Native or EventBridge
	Bucket string   `json:"bucket"`
	Events []string `json:"events"`
	Prefix string   `json:"prefix"`
	Suffix string   `json:"suffix"`
	// Excess is what it lets through beyond what the rules name, and why; ""
	// if nothing.
	Excess string `json:"excess,omitempty"`
}

// Triggers works out the triggers that a rules file implies: together they let
// through every event that some rule could want, and none of them twice, since
// OSS refuses triggers that overlap. Buckets come in the order of sources, those of
// EventBridge last: the component skips what follows one that did not change.
// Source: devsapp/fc3 0.1.22, deploy/impl/trigger.ts.
//
// Notes are for people: which events take EventBridge, and why.
func Triggers(set *rules.Set) (triggers []Trigger, notes []string) {
	all := set.Wants()
	wants := map[string][]rules.Want{}
	for _, w := range all {
		wants[w.Bucket] = append(wants[w.Bucket], w)
	}
	if told := untold(all); told != "" {
		notes = append(notes, told)
	}
	var last []Trigger
	for _, bucket := range set.Sources() {
		own := wants[bucket]
		if own == nil {
			notes = append(notes, fmt.Sprintf("bucket %s needs no trigger: no rule wants its events", bucket))
			continue
		}
		native := triggersOf(own, rules.UploadEvents(), MostTriggers)
		named(native, Native, bucket)
		triggers = append(triggers, native...)
		bridged := triggersOf(own, otherEvents(own), 1)
		named(bridged, EventBridge, bucket)
		last = append(last, bridged...)
		for _, t := range bridged {
			notes = append(notes, fmt.Sprintf("bucket %s: %s comes through EventBridge, because the component's OSS triggers do not know it; "+
				"it may be late, and EventBridge is not in every region", bucket, strings.Join(t.Events, " and ")))
		}
	}
	if len(last) > 1 {
		notes = append(notes, "Serverless Devs may skip EventBridge triggers behind one that did not change: deploy those by name, s deploy --trigger NAME -y")
	}
	return append(triggers, last...), notes
}

// untold says what no trigger can tell, so that the function is called for objects
// that a rule then leaves out.
func untold(wants []rules.Want) string {
	var names []string
	by := map[string][]string{} // the rules, by condition
	for _, w := range wants {
		for _, name := range w.Beyond {
			if by[name] == nil {
				names = append(names, name)
			}
			if !slices.Contains(by[name], w.Rule) {
				by[name] = append(by[name], w.Rule)
			}
		}
	}
	if names == nil {
		return ""
	}
	for i, name := range names {
		const most = 3
		of := by[name]
		if n := len(of) - most; n > 0 {
			of = append(of[:most:most], fmt.Sprintf("%d more", n))
		}
		names[i] = name + " (" + strings.Join(of, ", ") + ")"
	}
	return "no trigger can tell " + strings.Join(names, ", ") + ": the function is called for more objects than these rules take"
}

// otherEvents are the events that are wanted and that native triggers do not
// have.
func otherEvents(wants []rules.Want) []string {
	var names []string
	for _, w := range wants {
		for _, e := range w.Events {
			if !slices.Contains(rules.UploadEvents(), e) && !slices.Contains(names, e) {
				names = append(names, e)
			}
		}
	}
	return names
}

// many is how many filters are merged all at once where they are equally near,
// for speed, instead of two at a time.
const many = 200

// triggersOf makes at most so many triggers of what is wanted, for these events.
func triggersOf(wants []rules.Want, events []string, most int) []Trigger {
	var boxes []*box
	for _, class := range classes(wants, events) {
		boxes = append(boxes, apart(class, "OSS refuses triggers that overlap")...)
	}
	boxes = grouped(boxes)
	for len(boxes) > most {
		pairs := nearest(boxes)
		if len(boxes) <= many {
			pairs = pairs[:1]
		}
		why := fmt.Sprintf("a bucket has no more than %s", triggerCount(most))
		var joined []*box
		for _, p := range pairs {
			joined = append(joined, join(p[0], p[1], why))
		}
		rest := slices.DeleteFunc(boxes, func(b *box) bool {
			return slices.ContainsFunc(pairs, func(p [2]*box) bool { return p[0] == b || p[1] == b })
		})
		for _, b := range joined {
			rest = add(rest, b, why)
		}
		boxes = grouped(rest)
	}
	slices.SortFunc(boxes, func(a, b *box) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.suffix, b.suffix))
	})
	triggers := make([]Trigger, len(boxes))
	for i, b := range boxes {
		slices.SortFunc(b.events, func(x, y string) int { return cmp.Compare(slices.Index(events, x), slices.Index(events, y)) })
		triggers[i] = Trigger{Events: b.events, Prefix: b.prefix, Suffix: b.suffix, Excess: b.excess(wants)}
	}
	return triggers
}

// named fills in what the triggers of one bucket and kind are called. Where there
// is one it is named after its bucket, so that another filter is a change of it.
// Where there are several each is named after its filter too, so that it keeps its
// name when others come or go.
func named(triggers []Trigger, kind, bucket string) {
	for i := range triggers {
		t := &triggers[i]
		t.Type, t.Bucket, t.Name = kind, bucket, kind+"-"+bucket
		if len(triggers) > 1 {
			sum := sha256.Sum256([]byte(t.Prefix + "\x00" + t.Suffix))
			t.Name += "-" + hex.EncodeToString(sum[:4])
		}
	}
}
