package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"afterput/rules"
)

// MostTriggers is how many native OSS triggers a bucket can have.
// Source: FC user guide, OSS triggers; limits of usage.
const MostTriggers = 10

// MostOfFunction is how many triggers a function can have, unless its limit is raised.
// Source: FC user guide, limits of usage.
const MostOfFunction = 50

// The kinds of trigger, as s.yaml names them.
const (
	Native      = "oss"
	EventBridge = "eventbridge"
)

// Trigger delivers events of one bucket to the function: those named in Events, without "oss:", of keys that begin with
// Prefix and end with Suffix. Those of an EventBridge trigger also begin with one of Prefixes and end with one of
// Suffixes, where there are any.
type Trigger struct {
	Name   string   `json:"triggerName"`
	Type   string   `json:"triggerType"` // Native or EventBridge
	Bucket string   `json:"bucket"`
	Events []string `json:"events"`
	Prefix string   `json:"prefix"`
	Suffix string   `json:"suffix"`

	Prefixes []string `json:"prefixes,omitempty"`
	Suffixes []string `json:"suffixes,omitempty"`
	// Excess says why the trigger delivers more than the rules want; "" if it does not.
	Excess string `json:"excess,omitempty"`
}

// Triggers returns the triggers that the rules imply. Together they deliver every event that some rule could want, and
// none of them twice: OSS refuses triggers that overlap. Buckets come in the order of the sources. All EventBridge
// triggers come last, because the fc3 component skips what follows one that did not change.
// Source: devsapp/fc3 0.1.22, deploy/impl/trigger.ts.
//
// The notes are for people: which events take EventBridge, which conditions triggers cannot filter by, and which
// buckets can have fewer triggers than the rules need.
func Triggers(set *rules.Set) (triggers []Trigger, notes []string) {
	all := set.Wants()
	wants := wantsByBucket(all)
	if note := unfilteredNote(all); note != "" {
		notes = append(notes, note)
	}
	var last []Trigger
	for _, bucket := range set.Sources() {
		wanted := wants[bucket]
		if wanted == nil {
			notes = append(notes, fmt.Sprintf("bucket %s needs no trigger: no rule wants its events", bucket))
			continue
		}
		native, needed := nativeTriggers(bucket, wanted)
		triggers = append(triggers, native...)
		notes = append(notes, mergeNotes(bucket, needed)...)
		if t, ok := eventBridgeTrigger(bucket, wanted); ok {
			last = append(last, t)
			notes = append(notes, fmt.Sprintf("bucket %s: %s comes through EventBridge, because the OSS triggers "+
				"of the fc3 component do not support it; it may arrive late, and EventBridge is not available in "+
				"every region", bucket, strings.Join(t.Events, " and ")))
		}
	}
	if len(last) > 1 {
		notes = append(notes, "Serverless Devs may skip EventBridge triggers that follow one without changes; "+
			"deploy each of them by name: s deploy --trigger NAME -y")
	}
	triggers = append(triggers, last...)
	if len(triggers) > MostOfFunction {
		notes = append(notes, tooManyTriggers(len(triggers)))
	}
	return triggers, notes
}

// wantsByBucket divides wants by their buckets, of which there may be many.
func wantsByBucket(all []rules.Want) map[string][]rules.Want {
	count := map[string]int{}
	for i := range all {
		count[all[i].Bucket]++
	}
	wants := make(map[string][]rules.Want, len(count))
	for bucket, n := range count {
		wants[bucket] = make([]rules.Want, 0, n)
	}
	for _, w := range all {
		wants[w.Bucket] = append(wants[w.Bucket], w)
	}
	return wants
}

// tooManyTriggers says what to do about more triggers than a function can have.
func tooManyTriggers(n int) string {
	return fmt.Sprintf("the function needs %d triggers, but Function Compute accepts at most %d for one: have this "+
		"limit raised, move some of the sources to a second function, or give the keys that rules match prefixes in "+
		"common", n, MostOfFunction)
}

// unfilteredNote names the conditions that triggers cannot filter by, so that the function is called for objects that
// no rule matches. It is "" if there are none.
func unfilteredNote(wants []rules.Want) string {
	var conditions []string
	rulesWith := map[string][]string{} // by condition
	for _, w := range wants {
		for _, name := range w.Beyond {
			if rulesWith[name] == nil {
				conditions = append(conditions, name)
			}
			if named := rulesWith[name]; len(named) == 0 || named[len(named)-1] != w.Rule { // in the order of rules
				rulesWith[name] = append(named, w.Rule)
			}
		}
	}
	if conditions == nil {
		return ""
	}
	for i, name := range conditions {
		const most = 3
		named := rulesWith[name]
		if n := len(named) - most; n > 0 {
			named = append(named[:most:most], fmt.Sprintf("%d more", n))
		}
		conditions[i] = name + " (" + strings.Join(named, ", ") + ")"
	}
	return "triggers cannot filter by " + strings.Join(conditions, ", ") +
		": the function is called for more objects than these rules match"
}

// followedNatively are the events that rules want and OSS triggers support.
var followedNatively = slices.Concat(rules.UploadEvents(), rules.RemovalEvents())

// otherEvents returns the wanted events that native triggers do not support.
func otherEvents(wants []rules.Want) (names []string) {
	for _, w := range wants {
		for _, e := range w.Events {
			if !slices.Contains(followedNatively, e) && !slices.Contains(names, e) {
				names = append(names, e)
			}
		}
	}
	return names
}

// nativeTriggers returns the OSS triggers of one bucket, and how many the rules need.
//
// A single trigger is named after its bucket, so that a new filter changes it. Several are named after their filters
// too, so that each keeps its name when others are added or removed.
func nativeTriggers(bucket string, wants []rules.Want) (triggers []Trigger, needed int) {
	filters, needed := filtersFor(wants, followedNatively)
	triggers = make([]Trigger, len(filters))
	for i, f := range filters {
		triggers[i] = Trigger{
			Name: Native + "-" + bucket, Type: Native, Bucket: bucket,
			Events: f.events, Prefix: f.prefix, Suffix: f.suffix, Excess: f.excessText(wants),
		}
		if len(filters) > 1 {
			sum := sha256.Sum256([]byte(f.prefix + "\x00" + f.suffix))
			triggers[i].Name += "-" + hex.EncodeToString(sum[:4])
		}
	}
	return triggers, needed
}
