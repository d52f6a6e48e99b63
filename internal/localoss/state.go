package localoss

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Object types, as x-oss-object-type names them.
const (
	typeNormal     = "Normal"
	typeMultipart  = "Multipart"
	typeAppendable = "Appendable"
	typeSymlink    = "Symlink"
)

// nullVersion is the id of the one version a key can have that was written
// while versioning was not enabled.
const nullVersion = "null"

// Versioning states of a bucket; a bucket that never had it has "".
const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

// attrs is what an object has beside its content. It never changes once a
// version holds it, and versions share it.
type attrs struct {
	Class              string            `json:",omitempty"`
	ACL                string            `json:",omitempty"`
	ContentType        string            `json:",omitempty"`
	CacheControl       string            `json:",omitempty"`
	ContentDisposition string            `json:",omitempty"`
	ContentEncoding    string            `json:",omitempty"`
	ContentLanguage    string            `json:",omitempty"`
	Expires            string            `json:",omitempty"`
	Meta               map[string]string `json:",omitempty"` // names in lower case, without x-oss-meta-
	Tags               []Tag             `json:",omitempty"` // as they were given
	SSE                string            `json:",omitempty"`
	SSEKeyID           string            `json:",omitempty"`
	SSEData            string            `json:",omitempty"`
	Target             string            `json:",omitempty"` // of a symlink
}

// Tag is one tag of an object or bucket.
type Tag struct{ Key, Value string }

// restoration is a restore of an archived object.
type restoration struct {
	Tier  string
	Ready time.Time // when the object can be read
	Until time.Time // when it no longer can
}

// version is one version of an object, or a delete marker. It never changes
// once it is in a bucket: a change of tags puts another in its place.
type version struct {
	ID       string
	Marker   bool   `json:",omitempty"`
	Type     string `json:",omitempty"`
	ETag     string `json:",omitempty"` // without quotes
	MD5      string `json:",omitempty"` // in hex, where the ETag is not it
	Modified time.Time
	Content  content
	Attrs    *attrs       `json:",omitempty"`
	Restore  *restoration `json:",omitempty"`
}

// entry is a key with its versions, the newest last.
type entry struct {
	key      string
	versions []*version
}

func (e *entry) current() *version {
	if e == nil || len(e.versions) == 0 {
		return nil
	}
	return e.versions[len(e.versions)-1]
}

func (e *entry) find(id string) (int, *version) {
	if e != nil {
		for i := len(e.versions) - 1; i >= 0; i-- {
			if e.versions[i].ID == id {
				return i, e.versions[i]
			}
		}
	}
	return -1, nil
}

// upload is a multipart upload that is open.
type upload struct {
	ID        string
	Key       string
	Initiated time.Time
	Attrs     *attrs
	// ForbidOverwrite was asked for when it was initiated.
	ForbidOverwrite bool `json:",omitempty"`
	// Sequential uploads make an object that has an MD5.
	Sequential bool `json:",omitempty"`

	parts index[int, *part]
	// underWay is how many parts were accepted and are not stored yet.
	underWay int
}

func newParts() index[int, *part] {
	return newIndex[int, *part](func(a, b int) int { return a - b })
}

// part is one uploaded or copied part.
type part struct {
	Number   int
	ETag     string // without quotes
	Modified time.Time
	Content  content
}

// bucketConfig is what a bucket is; it is replaced as a whole.
type bucketConfig struct {
	Created    time.Time
	ACL        string
	Class      string
	Redundancy string
	Versioning string `json:",omitempty"`
	Owner      string
	Payer      string `json:",omitempty"` // payerOwner, payerRequester, or "" as long as nobody set it
	Tags       []Tag  `json:",omitempty"`
}

// uploadID orders uploads as ListMultipartUploads does.
type uploadKey struct{ key, id string }

// bucket is everything in a bucket. mu guards every field but name; the values
// reached from it never change once they are in it, parts of uploads excepted.
type bucket struct {
	name string

	mu      sync.RWMutex
	made    bool // it is among the server's buckets
	gone    bool // deleted: whoever still holds it must not change it
	config  bucketConfig
	keys    index[string, *entry]
	uploads index[uploadKey, *upload]
}

func newBucket(name string) *bucket {
	return &bucket{
		name:    name,
		keys:    newIndex[string, *entry](compareStrings),
		uploads: newIndex[uploadKey, *upload](compareUploads),
	}
}

func (a *attrs) clone() *attrs {
	b := *a
	b.Meta = maps.Clone(a.Meta)
	b.Tags = slices.Clone(a.Tags)
	return &b
}
