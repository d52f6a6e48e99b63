package localoss

import (
	"net/http"
	"strings"
)

// checkConditions checks the conditional headers, which have the prefix "x-oss-copy-source-" in
// a copy and none elsewhere. It answers 412 if the object does not match as required, and 304 if
// it has not changed. A time that cannot be parsed is ignored, as in HTTP.
func (r *request) checkConditions(prefix string, v *version) *Error {
	if want := r.header(prefix + "If-Match"); want != "" && !matchesETag(want, v.ETag) {
		return &Error{Code: PreconditionFailed, Detail: []Detail{{"Condition", "If-Match"}}}
	}
	if at, err := http.ParseTime(r.header(prefix + "If-Unmodified-Since")); err == nil && v.Modified.After(at) {
		return &Error{Code: PreconditionFailed, Detail: []Detail{{"Condition", "If-Unmodified-Since"}}}
	}
	unchanged := &Error{Code: NotModified, Header: http.Header{
		"Etag":          {`"` + v.ETag + `"`},
		"Last-Modified": {v.Modified.Format(http.TimeFormat)},
	}}
	if want := r.header(prefix + "If-None-Match"); want != "" {
		if matchesETag(want, v.ETag) {
			return unchanged
		}
		return nil // If-None-Match takes precedence over If-Modified-Since
	}
	if at, err := http.ParseTime(r.header(prefix + "If-Modified-Since")); err == nil && !v.Modified.After(at) {
		return unchanged
	}
	return nil
}

// matchesETag compares an ETag with that of a condition, which may have quotes.
func matchesETag(want, etag string) bool {
	return want == "*" || strings.EqualFold(strings.Trim(want, `"`), etag)
}
