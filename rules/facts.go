package rules

import (
	"errors"
	"time"
)

// Pair is one tag or one entry of user metadata.
type Pair struct{ Key, Value string }

// Facts is what the planner may ask of an object beyond its event. Each method
// stands for one OSS request; the planner calls each at most once for an
// object, and only when a rule that can still match, or a copy that will be
// made, needs the answer. An implementation remembers its answer, so that the
// copies of the object share it.
//
// An error makes the copies that depend on the fact fail with it ([Copy.Err]);
// [ErrNotKnown] instead makes the plan symbolic, for explaining rules without
// an object.
type Facts interface {
	// Head is HeadObject of the source, refused with an error if the object is
	// no longer the one the event speaks of.
	Head() (Head, error)
	// Tags is GetObjectTagging of the source.
	Tags() ([]Pair, error)
	// ACL is GetObjectAcl of the source: default, private, public-read or
	// public-read-write.
	ACL() (string, error)
}

// ErrNotKnown is returned by [Facts] that stand for no real object.
var ErrNotKnown = errors.New("not known before the request is made")

// Head is what HeadObject tells of an object.
type Head struct {
	Size         int64
	ETag         string // without quotes
	LastModified time.Time
	VersionID    string // "" in a bucket without versioning
	ObjectType   string // Normal, Multipart, Appendable, Symlink
	StorageClass string
	CRC64        string // decimal; "" when OSS does not know it
	TaggingCount int    // 0 also when the reader has no right to read tags
	Restore      string // x-oss-restore, "" when absent

	Headers ContentHeaders
	Meta    []Pair // user metadata, names in lower case without "x-oss-meta-", sorted

	ServerSideEncryption      string // "" when stored unencrypted
	ServerSideEncryptionKeyID string
	ServerSideDataEncryption  string
}

// ContentHeaders are the HTTP headers OSS stores with an object and answers
// with it; "" is "not set".
type ContentHeaders struct {
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string // no field of a copy: only carried over
	ContentType        string
	Expires            string
}

// The OSS requests behind the facts.
const (
	headObject       = "HeadObject"
	getObjectTagging = "GetObjectTagging"
	getObjectACL     = "GetObjectAcl"
)

func pairValue(pairs []Pair, key string) string {
	for _, p := range pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}
