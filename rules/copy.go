package rules

import "time"

// Directives of a planned copy. MERGE is resolved by the planner, which reads
// the source's values and plans a Replace of the result.
const (
	DirectiveCopy    = "COPY"
	DirectiveReplace = "REPLACE"
)

// defaultContentType is what a copy under [DirectiveReplace] is sent with whose
// rule names no content type.
const defaultContentType = "application/octet-stream"

// Copy is one copy that a plan asks for: a CopyObject request in the words of
// its headers, with every template filled in. An empty text is a header that is
// not sent.
type Copy struct {
	Rule string // name of the rule that asks for it
	Line int    // line of the copy in the rules file

	Bucket string // destination
	Key    string

	StorageClass string
	ObjectACL    string // "object-acl: source" is resolved to the source's ACL

	// TaggingDirective is DirectiveCopy (the source's tags) or
	// DirectiveReplace (exactly Tags, none if it is empty).
	TaggingDirective string
	Tags             []Pair // sorted by key

	// MetadataDirective is DirectiveCopy (the source's headers and metadata) or
	// DirectiveReplace (exactly Headers and Meta; without a ContentType it is
	// application/octet-stream, and the source's metadata of client-side encryption
	// is kept).
	MetadataDirective string
	Headers           ContentHeaders
	Meta              []Pair // names in lower case without "x-oss-meta-", sorted

	ServerSideEncryption      string
	ServerSideEncryptionKeyID string
	ServerSideDataEncryption  string

	ForbidOverwrite bool
	TrafficLimit    int64 // bit/s, 0 is no limit
	RequestPayer    string

	// Conditions the rule adds to the engine's own pin on the event's ETag.
	CopySourceIfMatch           string
	CopySourceIfNoneMatch       string
	CopySourceIfModifiedSince   time.Time
	CopySourceIfUnmodifiedSince time.Time

	// RewriteInPlace allows a copy onto its own source that rewrites the object.
	RewriteInPlace bool

	// ETagInKey says that the destination's name holds the source's ETag, so
	// that no other version can ever be written there.
	ETagInKey bool

	// Err is why this copy cannot be made: a template that came out empty, tags
	// beyond OSS's limits, a fact that could not be read. A copy with Err ends
	// as failed, the others of the plan go on.
	Err error
}
