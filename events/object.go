// Package events reads what Function Compute hands a function after something
// happened in OSS, whatever envelope it arrives in, and gives one [Object] for
// every object that is spoken of. It is pure: no I/O, no clock, no environment.
package events

import "time"

// Opt is a value that an event may leave out: Known tells "absent" from zero
// or empty.
type Opt[T any] struct {
	Value T
	Known bool
}

// Some returns a known value.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Known: true} }

// Object is one normalised record of an event: what happened to which object.
// Bucket and Key are never empty; every other field may be.
type Object struct {
	// Event is the event's name without the "oss:" prefix, such as
	// "ObjectCreated:PutObject".
	Event  string
	Region string
	Bucket string
	// Key is the object's name as OSS holds it: raw UTF-8, never URL-decoded.
	Key string
	// Size is the object's length in bytes.
	Size Opt[int64]
	// ETag is without quotes, in the event's own spelling.
	ETag Opt[string]
	// ContentType is the event's objectMeta.mimeType.
	ContentType Opt[string]
	// Meta is the event's objectMeta.userMeta, names in lower case and without
	// "x-oss-meta-"; nil when the event has none. Most events have none even
	// where the object does.
	Meta map[string]string
	// Time is when the event happened, UTC, zero when the event does not say.
	// Its resolution is a second in practice: it orders nothing.
	Time time.Time
	// Principal is who did it: userIdentity.principalId.
	Principal string
	SourceIP  string
	// RequestID is the id of the request that raised the event.
	RequestID string
	// Ignored is why this event leaves no whole new object behind (a part, a
	// removal, a download); empty for one that does.
	Ignored string
}
