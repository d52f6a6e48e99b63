package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"afterput/internal/osscall"
	"afterput/rules"
)

// DefaultPrefix is where state objects are kept in a destination's bucket.
const DefaultPrefix = ".afterput/"

// Location says where state objects are kept. The zero value is the destination's bucket under
// [DefaultPrefix].
type Location struct {
	Bucket string // "" is the destination's
	Prefix string // "" is DefaultPrefix
	Off    bool   // keep none: every upload that is not completed is aborted
}

// Parse reads the value of AFTERPUT_STATE: oss://BUCKET/PREFIX/, off, or "" for the default.
// The error begins with a verb; callers put the name of the setting before it.
func Parse(v string) (Location, error) {
	switch {
	case v == "":
		return Location{}, nil
	case v == "off":
		return Location{Off: true}, nil
	case strings.EqualFold(v, "off"):
		return Location{}, fmt.Errorf("is %q; want off, in lower case", v)
	}
	bucket, prefix, ok := osscall.CutURL(v)
	if !ok || bucket == "" || prefix == "" {
		return Location{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX/ such as oss://my-state/afterput/", v)
	}
	if err := rules.CheckBucket(bucket); err != nil {
		return Location{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX/: %w", v, err)
	}
	l := Location{Bucket: bucket, Prefix: prefix}
	if problem := l.checkPrefix(); problem != "" {
		return Location{}, fmt.Errorf("is %q; want %s", v, problem)
	}
	return l, nil
}

// checkPrefix says what the prefix must be like, if it cannot be used as it is.
func (l Location) checkPrefix() string {
	const (
		maxKey    = 1023 // bytes. Source: OSS, object naming conventions.
		longestID = 64   // bytes; OSS's upload ids have 32
	)
	key := l.nameOf(Upload{UploadID: strings.Repeat("0", longestID)}).key
	switch {
	case strings.HasPrefix(l.Prefix, "/"), strings.Contains(l.Prefix, "//"):
		return "a prefix without empty parts: one slash after the bucket and between the parts"
	case strings.HasPrefix(l.Prefix, `\`):
		return "a prefix that does not begin with a backslash, which OSS does not allow"
	case !strings.HasSuffix(l.Prefix, "/"):
		return fmt.Sprintf("a prefix that ends with a slash: write %s/, or objects whose keys begin with %q "+
			"would not be copied", osscall.URL(l.Bucket, l.Prefix), l.Prefix)
	case len(key) > maxKey:
		return fmt.Sprintf("a shorter prefix: keys under it would have %d bytes, OSS takes %d", len(key), maxKey)
	}
	return ""
}

// Holds reports whether an object is under the prefix, and so one of the engine's own.
func (l Location) Holds(bucket, key string) bool {
	if l.Off || l.Bucket != "" && l.Bucket != bucket {
		return false
	}
	return strings.HasPrefix(key, l.prefix())
}

func (l Location) prefix() string {
	if l.Prefix == "" {
		return DefaultPrefix
	}
	return l.Prefix
}

// bucketOf is the bucket that holds the state objects of copies to a bucket.
func (l Location) bucketOf(bucket string) string { return cmp.Or(l.Bucket, bucket) }

// keysOf gives the bucket that holds the state objects of copies with the source and the destination of
// u, and the prefix of their keys.
func (l Location) keysOf(u Upload) (stateBucket, prefix string) {
	copied := u.Bucket + "/" + u.Key + "\n" + u.Source
	if u.SourceVersion != "" {
		copied += "\n" + u.SourceVersion
	}
	sum := sha256.Sum256([]byte(copied))
	return l.bucketOf(u.Bucket), l.prefix() + hex.EncodeToString(sum[:16])
}

// nameOf names the state object of an upload, or of a CopyObject.
func (l Location) nameOf(u Upload) name {
	bucket, prefix := l.keysOf(u)
	id := url.PathEscape(u.UploadID)
	if u.Single {
		id = "CopyObject"
	}
	return name{bucket: bucket, key: prefix + "." + id + ".json"}
}
