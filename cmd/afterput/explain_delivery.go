package main

import (
	"slices"

	"afterput/events"
	"afterput/rules"
)

// undelivered says why the triggers that the rules imply do not bring an event which a rule may accept; "" if they
// do. OSS triggers bring the events of uploads; all others come only for a rule that names them.
func undelivered(set *rules.Set, o events.Object) string {
	if slices.Contains(rules.UploadEvents(), o.Event) || !slices.Contains(rules.Events(), o.Event) {
		return ""
	}
	if slices.ContainsFunc(set.Wants(), func(w rules.Want) bool {
		return w.Bucket == o.Bucket && slices.Contains(w.Events, o.Event)
	}) {
		return ""
	}
	return "no trigger brings " + o.Event + " from " + o.Bucket + ": `afterput triggers` writes one only if a rule " +
		"names the event; write it under match.event"
}
