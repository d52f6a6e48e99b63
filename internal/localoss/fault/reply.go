package fault

import (
	"io"
	"regexp"
	"strings"

	"afterput/internal/localoss"
)

// spoil makes the reply as wrong as the fault says.
func (f *Fault) spoil(r *localoss.Response) {
	for name, value := range f.Header {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	}
	if f.WithoutETag {
		removeETag(r)
	}
	if r.Body == nil {
		return // what HEAD announces is not the length of its own body
	}
	switch f.Body {
	case Empty:
		r.SetBody(nil)
	case Malformed:
		r.Length /= 2
		r.Truncate(r.Length)
	case Truncated:
		r.Truncate(r.Length / 2)
	}
}

var etagElement = regexp.MustCompile(`\s*<ETag>[^<]*</ETag>`)

func removeETag(r *localoss.Response) {
	r.Header.Del("ETag")
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/xml") {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the connection is cut where the body ended: an answer without ETag as well
	}
	r.SetBody(etagElement.ReplaceAll(body, nil))
}
