package rules

import (
	"errors"
	"slices"
	"time"
)

// Copy is one copy of a [Plan]: a CopyObject request, its fields named like the headers,
// with every template filled in. A header whose field is empty is not sent.
type Copy struct {
	Rule string // name of the rule that asks for it
	Line int    // line of the copy in the rules file

	Remote
	Bucket string // destination
	Key    string

	StorageClass string
	ObjectACL    string // "object-acl: source" is resolved to the ACL that the source has in effect

	// TaggingDirective is DirectiveCopy (the source's tags) or
	// DirectiveReplace (exactly Tags, none if it is empty).
	TaggingDirective Directive
	Tags             []Pair // sorted by key

	// MetadataDirective is DirectiveCopy (the source's headers and metadata) or
	// DirectiveReplace (exactly Headers and Meta; without a ContentType it is
	// application/octet-stream, and the source's metadata of client-side encryption
	// is kept).
	MetadataDirective Directive
	Headers           ContentHeaders
	Meta              []Pair // names in lower case without "x-oss-meta-", sorted

	ServerSideEncryption      string
	ServerSideEncryptionKeyID string
	ServerSideDataEncryption  string

	ForbidOverwrite bool
	TrafficLimit    int64 // bit/s, 0 is no limit
	RequestPayer    string

	// Conditions that the rule adds to the copy engine's own one on the event's ETag.
	CopySourceIfMatch           string
	CopySourceIfNoneMatch       string
	CopySourceIfModifiedSince   time.Time
	CopySourceIfUnmodifiedSince time.Time

	// FollowSymlinks says that of a symbolic link not the link is copied, but what it points to.
	FollowSymlinks bool

	// Restore says how the source is restored if it is archived; nil means not at all. All copies of a
	// plan that have it have the same.
	Restore *Restore

	// RewriteInPlace allows a copy onto its own source that rewrites the object.
	RewriteInPlace bool

	// ETagInKey says that the destination's key contains the source's ETag, so that no
	// other content is ever written to it.
	ETagInKey bool

	// MayContinueChain says that the source may itself be the copy of a rule, and that a rule
	// may take the destination: so the copies are counted, see [HopsMeta] and [MaxHops].
	MayContinueChain bool

	// DeleteSource says that the source is to be deleted after all copies of the plan were verified, and
	// WithoutVersioning that this may be done where nothing brings it back.
	DeleteSource, WithoutVersioning bool

	// Moves says that a copy of the plan has DeleteSource.
	Moves bool

	// NamesSource says that the copy carries the name of its source, since a rule may delete it after its source:
	// see [SourceMeta]. Copies of an object that is moved do not.
	NamesSource bool

	// Err says why this copy cannot be made: a template gives an empty text, the tags
	// exceed OSS's limits, a fact could not be read. It wraps [ErrFolderMarker] if that is
	// no failure. Other copies of the plan are not affected.
	Err error

	details copyDetails
}

// Certain reports whether the copy is certainly made, and to this destination. It is not if its
// rule or its destination depends on a fact that was [ErrNotKnown], or on who uploaded an object
// that was listed.
func (c *Copy) Certain() bool { return c.details.truth == yes && !c.details.destinationPending() }

// ErrFolderMarker is why a copy of a folder marker is skipped: its key would be empty, or
// have an empty value in it. A marker has no content to lose.
var ErrFolderMarker = errors.New("the object is a folder marker (size 0, its key ends in /)")

// Chain returns the copies that follow from this one, each before those that follow
// from it. It assumes that the copy raises ObjectCreated:CopyObject or
// ObjectCreated:CompleteMultipartUpload; which of the two depends on the size and on
// the copy engine. Only copies of a [Plan] have a chain.
func (c *Copy) Chain() []Hop { return c.details.hops }

// Hop is a copy that follows from another: the event that the other one raises
// comes back to the function, because its destination is a source too.
type Hop struct {
	Depth  int    `json:"depth"` // 1 follows from the plan's own copy
	Rule   string `json:"rule"`
	Line   int    `json:"line"` // of the copy
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Sure is false for a hop that depends on what is not known before, such as which of two
	// events the copy will raise (a key with ${event} has a hop for each), tags that were not read, or whether an
	// object in place was as wanted before.
	Sure bool `json:"sure"`
	// Unchanged says that this is the event of a rewrite in place, for which the
	// same copy finds the object already as the rule wants it: the chain ends here.
	Unchanged bool `json:"unchanged,omitempty"`
}

// copyDetails is what a plan knows of a copy beyond the request.
type copyDetails struct {
	spec    *copySpec
	truth   truth          // whether its rule takes the object
	pending []pendingValue // values that are not known yet
	inPlace bool           // the destination is the object itself
	ofLink  bool           // the event is that of a symbolic link
	hops    []Hop
	zone    timeZone
}

// destinationPending reports whether the destination depends on a value that is not
// known yet.
func (d *copyDetails) destinationPending() bool {
	return slices.ContainsFunc(d.pending, func(v pendingValue) bool { return v.field == "bucket" || v.field == "key" })
}

// pendingValue is a value that is shown as its template, because it takes a request to
// know it.
type pendingValue struct{ field, key, request string }
