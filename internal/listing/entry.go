// Package listing says which objects a bucket holds: from ListObjectsV2, in several ranges of keys at once, from an
// OSS inventory, or from a list of keys. It knows nothing of rules.
package listing

import (
	"time"

	"afterput/internal/osscall"
)

// Entry is one object as a listing or an inventory shows it.
type Entry struct {
	Key          string
	Size         int64     // bytes
	ETag         string    // without quotes; "" where an inventory has no such column
	LastModified time.Time // UTC
	Type         string    // Normal, Multipart, Appendable or Symlink; "" where an inventory has no such column
	StorageClass string    // "" where an inventory has no such column
	CRC64        string    // decimal; "" in a listing, and where an inventory has no such column
}

// Range is a part of a bucket's keys, in the order of their bytes, which is that of listings.
type Range struct {
	After string `json:"after,omitempty"` // the range begins behind this key; "" is the first key
	UpTo  string `json:"up_to,omitempty"` // and ends with this one; "" is the last key
}

// holds reports whether a key is not beyond the range's end.
func (r Range) holds(key string) bool { return r.UpTo == "" || key <= r.UpTo }

// MaxKeys is the most objects that one page has. Source: OSS API reference, ListObjectsV2.
const MaxKeys = 1000

// invalid is the error of a response that is not a page of a listing.
func invalid(format string, args ...any) error {
	return osscall.NewError(osscall.KindLost, listObjects, "NoAnswer", "the listing "+format, args...)
}

const listObjects = "ListObjectsV2"
