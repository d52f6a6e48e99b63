package events

import "time"

// Opt is a value that an event may lack. Known distinguishes a missing value from zero
// or "".
type Opt[T any] struct {
	Value T
	Known bool
}

// Some returns a known value.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Known: true} }

// Object is one record of an event, normalised: which object it is about and what
// happened to it. Event, Bucket and Key are never empty; every other field may be.
type Object struct {
	// Event is the event's name without the "oss:" prefix, such as
	// "ObjectCreated:PutObject".
	Event string
	// Region is the region of the bucket, such as "cn-hangzhou".
	Region string
	Bucket string
	// Key is the object's name as it is in OSS: UTF-8, never URL-decoded.
	Key string
	// VersionID is the id of the version that is meant; "" is the current one. No event has it: it
	// is given where somebody names a version.
	VersionID string
	// Size is the object's length in bytes.
	Size Opt[int64]
	// ETag is the object's ETag as in the event, without quotes.
	ETag Opt[string]
	// ContentType is objectMeta.mimeType of the event.
	ContentType Opt[string]
	// Meta is objectMeta.userMeta of the event, with names in lower case and without
	// "x-oss-meta-"; nil if the event has none. Most events have none even if the
	// object does.
	Meta map[string]string
	// Time is the time of the event in UTC; the zero time if the event has none, or one
	// that is not RFC 3339. In practice its resolution is one second, so it cannot be
	// used to order events.
	Time time.Time
	// Principal is userIdentity.principalId of the event: who sent the request.
	Principal string
	// SourceIP is the address that the request came from.
	SourceIP string
	// RequestID is the id of the request that raised the event.
	RequestID string
	// Listed says that this is no event: the object was found in a listing. Who uploaded it and
	// from where is then not known, while "" in Principal and SourceIP of an event means nobody.
	Listed bool
	// Only are the destinations to copy to, oss://BUCKET/KEY, whatever else the rules want; nil
	// for all that they want. An event has it if a backfill found the other copies in place.
	Only []string
	// Restored says that this is no upload: an object that was archived can be read now, see
	// [FinishRestore]. Which event its upload raised, who uploaded it and from where is not known.
	Restored bool
	// MayBeCopied says that some of the copies may be in place, so that their destinations are
	// looked at before they are written.
	MayBeCopied bool
	// Ignored is the reason why the event does not create a whole object (it is about a
	// part, a removal or a download), as [Ignored] returns it; "" if it creates one.
	Ignored string
}
