package copier

import (
	"fmt"
	"strings"
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

// ParseState reads AFTERPUT_STATE: oss://BUCKET/PREFIX, off, or "" for the
// default.
func ParseState(v string) (State, error) {
	switch v {
	case "":
		return State{}, nil
	case "off":
		return State{Off: true}, nil
	}
	bucket, prefix, ok := CutURL(v)
	if !ok || bucket == "" || prefix == "" {
		return State{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX such as oss://my-state/afterput/", v)
	}
	return State{Bucket: bucket, Prefix: prefix}, nil
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
