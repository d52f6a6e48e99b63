package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"afterput/events"
)

// eventNames are the events that leave a complete object.
// Source: OSS user guide, event notification; FC user guide, OSS triggers.
var eventNames = []string{
	"ObjectCreated:PutObject",
	"ObjectCreated:PostObject",
	"ObjectCreated:CopyObject",
	"ObjectCreated:CompleteMultipartUpload",
	"ObjectCreated:AppendObject",
	"ObjectCreated:PutSymlink",
	"ObjectReplication:ObjectCreated",
	"ObjectReplication:ObjectModified",
}

// partEvents are raised before an object is complete.
var partEvents = []string{
	"ObjectCreated:InitiateMultipartUpload",
	"ObjectCreated:UploadPart",
	"ObjectCreated:UploadPartCopy",
}

// eventMask is a set of events: bit i is eventNames[i], the next higher bit is every
// other event.
type eventMask uint16

// maskOf is the set of one event.
func maskOf(event string) eventMask {
	for i, name := range eventNames {
		if name == event {
			return 1 << i
		}
	}
	return 1 << len(eventNames)
}

// anyEvent is the set of all events.
var anyEvent eventMask = 1<<(len(eventNames)+1) - 1

// objectEvents are the events that links never raise. (The copy of a link raises CopyObject.)
var objectEvents = maskOf("ObjectCreated:PutObject") | maskOf("ObjectCreated:PostObject") |
	maskOf("ObjectCreated:CompleteMultipartUpload") | maskOf("ObjectCreated:AppendObject")

// names are the names of the events in the set, as far as rules can name them.
func (m eventMask) names() []string {
	var names []string
	for i, name := range eventNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// copyEvents are the events that one of our copies may raise in its destination. Which
// of the two depends on the size and on the copy engine.
var copyEvents = maskOf("ObjectCreated:CopyObject") | maskOf("ObjectCreated:CompleteMultipartUpload")

// Events returns all events that a rule can name, those of [UploadEvents] first.
func Events() []string { return slices.Clone(eventNames) }

// UploadEvents returns the events that leave a complete new object in the bucket to which
// somebody uploaded it. The events of objects that OSS itself replicates are not among
// them: a rule has to name those.
func UploadEvents() []string { return slices.Clone(eventNames[:uploadEventCount]) }

// uploadEventCount is how many of eventNames, counted from the first, are upload events.
const uploadEventCount = 6

func checkEvent(s string) error {
	if slices.Contains(eventNames, s) {
		return nil
	}
	service, bare, prefixed := strings.Cut(s, ":")
	if !prefixed || service != "oss" && service != "s3" {
		bare = s
	}
	switch {
	case bare != s && slices.Contains(eventNames, bare):
		return fmt.Errorf("write %s without %s:, as events do", quote(bare), service)
	case foreignValueOf(bare, eventNames) != "":
		return fmt.Errorf("there is no event %s; write %s", quote(s), foreignValueOf(bare, eventNames))
	case bare == "ObjectCreated:*":
		return errors.New("leave event out instead: then every event that leaves a complete object matches")
	case slices.Contains(partEvents, bare):
		return fmt.Errorf("%s is raised before the object is complete; use ObjectCreated:CompleteMultipartUpload", bare)
	case strings.HasPrefix(bare, "ObjectCreated:") || !strings.Contains(bare, ":"):
		return fmt.Errorf("there is no event %s%s", quote(s),
			didYouMean("ObjectCreated:"+strings.TrimPrefix(bare, "ObjectCreated:"), eventNames))
	}
	return fmt.Errorf("%s does not create an object; the events that do are %s", quote(s), orList(eventNames))
}

// maskOfDelivered is the set of the events that an event which is delivered may stand for. The end of a
// restore stands for any upload: which of them it was is not known.
func maskOfDelivered(event string) eventMask {
	if event == events.FinishRestore {
		return anyEvent
	}
	return maskOf(event)
}

// RemovalEvents returns the events that rules with delete follow.
func RemovalEvents() []string { return events.Removals() }
