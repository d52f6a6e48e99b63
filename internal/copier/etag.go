package copier

import (
	"strings"
	"sync/atomic"
)

// bare takes the quotes off an ETag: events carry it without, headers with.
func bare(etag string) string { return strings.Trim(etag, `"`) }

func sameETag(a, b string) bool { return strings.EqualFold(bare(a), bare(b)) }

// pinForm remembers in which form x-oss-copy-source-if-match matched last. OSS
// documents neither; its examples are bare, so that is tried first.
type pinForm struct{ quoted atomic.Bool }

func (f *pinForm) of(etag string) string {
	if f.quoted.Load() {
		return `"` + bare(etag) + `"`
	}
	return bare(etag)
}

// flip changes to the other form, unless another copy did so after form was
// used.
func (f *pinForm) flip(form string) {
	was := strings.HasPrefix(form, `"`)
	f.quoted.CompareAndSwap(was, !was)
}
