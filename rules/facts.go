package rules

import (
	"errors"
	"time"
)

// RegionNotKnown is the region of an object that is explained without an event: ${region}
// stays a placeholder. Events always have a region, or "".
const RegionNotKnown = "${region}"

// Facts is what the planner may ask about an object beyond its event. Each method is one
// OSS request. The planner calls each at most once for an object, and only if a rule
// that can still match, or a copy that will be made, needs the answer. An implementation
// should keep its answers, so that all copies of the object share them.
//
// If a method returns an error, the copies that depend on the fact fail with it
// ([Copy.Err]). [ErrNotKnown] is different: values that depend on the fact stay as
// placeholders, which serves to explain rules without an object.
type Facts interface {
	// Head is HeadObject of the source. It is an error if the object is no longer the
	// version that the event is about.
	Head() (Head, error)
	// Tags is GetObjectTagging of the source.
	Tags() ([]Pair, error)
	// ACL is GetObjectAcl of the source: default, private, public-read or
	// public-read-write.
	ACL() (string, error)
	// BucketACL is GetBucketAcl of the source's bucket: private, public-read or
	// public-read-write. It is what an object whose ACL is default has in effect. All objects
	// of a bucket may share one answer.
	BucketACL() (string, error)
}

// Unsure is implemented by [Facts] of an object of whose event not everything is known: it
// says so of "principal" and "source-ip". A condition on one that is not known neither holds
// nor fails: the answer is [Depends].
type Unsure interface{ NotKnown(field string) bool }

// ErrNotKnown is returned by [Facts] that are not about a real object.
var ErrNotKnown = errors.New("not known before the request is made")

// Head is what HeadObject returns about an object.
type Head struct {
	Size         int64
	ETag         string // without quotes
	LastModified time.Time
	VersionID    string // "" in a bucket without versioning
	ObjectType   string // Normal, Multipart, Appendable, Symlink
	StorageClass string
	CRC64        string // decimal; "" when OSS does not know it
	TaggingCount int    // 0 also if the caller may not read tags
	Restore      string // x-oss-restore, "" when absent

	Headers ContentHeaders
	// Meta is the user metadata, names in lower case without "x-oss-meta-", sorted. It has no
	// empty values: OSS does not keep those, so an empty value and none are the same
	// everywhere. It does not have HopsMeta either.
	Meta []Pair
	Hops string // the value of [HopsMeta], "" when absent

	ServerSideEncryption      string // "" when stored unencrypted
	ServerSideEncryptionKeyID string
	ServerSideDataEncryption  string
}

// ContentHeaders are the HTTP headers that OSS stores with an object and returns with it;
// "" means that the header is not set.
type ContentHeaders struct {
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	ContentType        string
	Expires            string
}

// Pair is one tag or one entry of user metadata.
type Pair struct{ Key, Value string }

func pairValue(pairs []Pair, key string) string {
	for _, p := range pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// The OSS requests behind the facts.
const (
	headObject       = "HeadObject"
	getObjectTagging = "GetObjectTagging"
	getObjectACL     = "GetObjectAcl"
	getSymlink       = "GetSymlink"
	getBucketACL     = "GetBucketAcl"
	restoreObject    = "RestoreObject"
)
