package events

import "slices"

// removals are the events that OSS raises when whole objects are removed.
// Source: OSS user guide, event notification; FC user guide, OSS triggers.
var removals = []string{"ObjectRemoved:DeleteObject", "ObjectRemoved:DeleteObjects"}

// Removals returns the events of removed objects.
func Removals() []string { return slices.Clone(removals) }

// IsRemoval reports whether the event says that an object was removed. It is ignored by rules that copy, and says
// nothing of whether the object is still, or again, there.
func (o *Object) IsRemoval() bool { return slices.Contains(removals, o.Event) }
