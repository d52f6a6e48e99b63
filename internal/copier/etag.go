package copier

import (
	"strings"
	"sync/atomic"
)

// bare takes the quotes off an ETag: events carry it without, headers with.
func bare(etag string) string { return strings.Trim(etag, `"`) }

// spelled is an ETag as OSS writes it: events of other producers have its hexadecimal
// digits in lower case, and a condition may be compared letter by letter.
func spelled(etag string) string {
	etag = bare(etag)
	if strings.Trim(etag, "0123456789abcdefABCDEF-") != "" {
		return etag
	}
	return strings.ToUpper(etag)
}

func sameETag(a, b string) bool { return strings.EqualFold(bare(a), bare(b)) }

// pinForm remembers in which form x-oss-copy-source-if-match matched last. OSS
// documents neither; its examples are bare, so that is tried first.
type pinForm struct{ quoted atomic.Bool }

func (f *pinForm) of(etag string) string {
	if f.quoted.Load() {
		return quoted(etag)
	}
	return etag
}

func quoted(etag string) string { return `"` + etag + `"` }

// held remembers the form that a condition has matched in.
func (f *pinForm) held(form string) {
	if quoted := strings.HasPrefix(form, `"`); form != "" && f.quoted.Load() != quoted {
		f.quoted.Store(quoted)
	}
}
