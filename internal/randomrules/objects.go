package randomrules

import (
	"cmp"
	"strings"
	"time"

	objectevents "afterput/events"
)

// Object is an object that was uploaded, with what its event does not say of it.
type Object struct {
	objectevents.Object
	UserMeta, Tags map[string]string
	StorageClass   string
}

// pieces are what keys are made of: what the conditions of random files look for, and what is next to it.
var pieces = []string{"a", "b", "/", ".", "x", "y", "a/", "b/", "ab", "b.x", ".x", "A", "X", "中", "文", "丶", "丰"}

// Object makes an object in a source bucket, with an event that OSS triggers support.
func (r *Random) Object() Object {
	o := Object{StorageClass: OneOf(r, classes[:2])}
	o.Bucket, o.Event, o.Key = OneOf(r, Sources), OneOf(r, events[:6]), r.key()
	o.Size = objectevents.Some(OneOf(r, []int64{0, 9, 1023, 5000}))
	o.ContentType = objectevents.Some(OneOf(r, types))
	o.Principal, o.SourceIP = OneOf(r, people), OneOf(r, []string{"127.0.0.1", "10.1.2.3"})
	o.Time = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	pairs := func(key, other string) map[string]string {
		all := map[string]string{}
		for _, k := range []string{key, other} {
			if r.chance(50) {
				all[k] = OneOf(r, []string{"a", "b", "c"})
			}
		}
		return all
	}
	o.UserMeta, o.Tags = pairs("m", "n"), pairs("t", "u")
	return o
}

func (r *Random) key() string {
	var key strings.Builder
	for range 1 + r.IntN(6) {
		key.WriteString(OneOf(r, pieces))
	}
	return cmp.Or(strings.TrimLeft(key.String(), "/"), "x")
}

// Filter is what a trigger filters by.
type Filter struct {
	Bucket             string
	Events             []string
	Prefixes, Suffixes []string // none is any
}

// Filter makes the filter of a trigger, whatever the rules want.
func (r *Random) Filter() Filter {
	upTo2 := func(texts []string) []string { return some(r, texts)[:r.IntN(2)] }
	return Filter{OneOf(r, Sources), some(r, events[:6]), upTo2(prefixes), upTo2(suffixes)}
}
