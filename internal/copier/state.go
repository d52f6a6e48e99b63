package copier

import (
	"fmt"
	"strings"

	"afterput/rules"
)

// DefaultStatePrefix is where, in a destination's bucket, state objects are
// kept.
const DefaultStatePrefix = ".afterput/"

// State says where interrupted large copies are remembered. The zero value is
// the destination's own bucket under [DefaultStatePrefix].
type State struct {
	Bucket string // "" is the destination's
	Prefix string // "" is DefaultStatePrefix
	Off    bool   // remember nothing: every upload that is not completed is aborted
}

// ParseState reads AFTERPUT_STATE: oss://BUCKET/PREFIX/, off, or "" for the
// default. The error begins with a verb, to follow the name of what was given.
func ParseState(v string) (State, error) {
	const maxKey = 1023 // bytes. Source: OSS, object naming conventions.
	switch {
	case v == "":
		return State{}, nil
	case v == "off":
		return State{Off: true}, nil
	case strings.EqualFold(v, "off"):
		return State{}, fmt.Errorf("is %q; want off, in lower case", v)
	}
	bucket, prefix, ok := CutURL(v)
	if !ok || bucket == "" || prefix == "" {
		return State{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX/ such as oss://my-state/afterput/", v)
	}
	if err := rules.CheckBucket(bucket); err != nil {
		return State{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX/: %w", v, err)
	}
	s := State{Bucket: bucket, Prefix: prefix}
	const longestID = 64 // bytes; OSS's upload ids have 32
	key := s.at(SavedUpload{UploadID: strings.Repeat("0", longestID)}).key
	switch {
	case strings.HasPrefix(prefix, "/"), strings.Contains(prefix, "//"):
		return State{}, fmt.Errorf("is %q; want a prefix without empty parts: one slash after the bucket and between the parts",
			v)
	case strings.HasPrefix(prefix, `\`):
		return State{}, fmt.Errorf("is %q; want a prefix that does not begin with a backslash, which OSS does not allow",
			v)
	case !strings.HasSuffix(prefix, "/"):
		return State{}, fmt.Errorf("is %q; want a prefix that ends with a slash: "+
			"write %s/, or objects whose keys begin with %q would not be copied", v, v, prefix)
	case len(key) > maxKey:
		return State{}, fmt.Errorf("is %q; want a shorter prefix: keys under it would have %d bytes, OSS takes %d",
			v, len(key), maxKey)
	}
	return s, nil
}

// CutURL splits oss://BUCKET/KEY; ok says that it begins like one.
func CutURL(s string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(s, "oss://")
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, ok
}

// Holds reports whether an object is one of the engine's own.
func (s State) Holds(bucket, key string) bool {
	if s.Off || s.Bucket != "" && s.Bucket != bucket {
		return false
	}
	return strings.HasPrefix(key, s.prefix())
}

func (s State) prefix() string {
	if s.Prefix == "" {
		return DefaultStatePrefix
	}
	return s.Prefix
}
