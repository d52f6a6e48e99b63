package state_test

import (
	"strings"
	"testing"

	"afterput/internal/state"
)

func TestLocationIsReadFromItsSetting(t *testing.T) {
	for v, want := range map[string]state.Location{
		"":                     {},
		"off":                  {Off: true},
		"oss://my-state/a/b/":  {Bucket: "my-state", Prefix: "a/b/"},
		"oss://my-state/中文 +/": {Bucket: "my-state", Prefix: "中文 +/"},
	} {
		if got, err := state.Parse(v); got != want || err != nil {
			t.Errorf("%q is %+v, %v; want %+v", v, got, err, want)
		}
	}
}

func TestLocationThatIsWrongSaysWhatIsWanted(t *testing.T) {
	for v, want := range map[string]string{
		"OFF":                   "want off, in lower case",
		"my-state":              "want off, or oss://BUCKET/PREFIX/",
		"oss://my-state":        "want off, or oss://BUCKET/PREFIX/",
		"oss:///a/":             "want off, or oss://BUCKET/PREFIX/",
		"oss://My_State/a/":     "is not a valid bucket name",
		"oss://my-state//a/":    "without empty parts",
		"oss://my-state/a//b/":  "without empty parts",
		`oss://my-state/\a/`:    "backslash",
		"oss://my-state/a":      "write oss://my-state/a/",
		longPrefix("my-state/"): "a shorter prefix",
	} {
		if got, err := state.Parse(v); err == nil || !strings.HasPrefix(err.Error(), "is ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%.40q is %+v, %v; want an error that says %q", v, got, err, want)
		}
	}
}

// longPrefix is a location whose keys would be longer than OSS allows.
func longPrefix(bucket string) string { return "oss://" + bucket + strings.Repeat("a/", 500) }

func TestLocationHoldsTheObjectsUnderItsPrefixAlone(t *testing.T) {
	own := state.Location{Bucket: "states", Prefix: "of/afterput/"}
	for _, c := range []struct {
		at          state.Location
		bucket, key string
		want        bool
	}{
		{state.Location{}, "any", ".afterput/x.json", true},
		{state.Location{}, "any", "a/.afterput/x.json", false},
		{state.Location{}, "any", ".afterput", false},
		{state.Location{Off: true}, "any", ".afterput/x.json", false},
		{own, "states", "of/afterput/x.json", true},
		{own, "states", ".afterput/x.json", false},
		{own, "another", "of/afterput/x.json", false},
	} {
		if got := c.at.Holds(c.bucket, c.key); got != c.want {
			t.Errorf("%+v holds oss://%s/%s: %t, want %t", c.at, c.bucket, c.key, got, c.want)
		}
	}
}
