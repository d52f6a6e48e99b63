package localoss

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) getObject(r *request) (commit, *Error) {
	if e := r.checkTrafficLimit(); e != nil {
		return nil, e
	}
	return s.look(r, func(b *bucket, v *version) (*Response, *Error) {
		resp, data, e := s.show(r, b, v)
		if e != nil {
			return nil, e
		}
		if e := s.readable(v, data); e != nil {
			return nil, e
		}
		for name, values := range map[string]string{
			"Content-Type": "response-content-type", "Content-Language": "response-content-language",
			"Expires": "response-expires", "Cache-Control": "response-cache-control",
			"Content-Disposition": "response-content-disposition", "Content-Encoding": "response-content-encoding",
		} {
			set(resp.Header, name, r.q(values))
		}
		off, n, ranged, e := r.wantedRange(data.Content.size)
		if e != nil {
			return nil, e
		}
		if ranged {
			resp.Status = http.StatusPartialContent
			resp.Header.Set("Content-Range", contentRange(off, n, data.Content.size))
		}
		resp.Body, resp.Length = data.Content.reader(off, n), n
		seen := r.raise("ObjectDownloaded:GetObject", r.call.Key, data, 0)
		last := off + max(n-1, 0)
		seen.ReadFrom, seen.ReadTo = &off, &last
		return resp, nil
	}), nil
}

func (s *Server) headObject(r *request) (commit, *Error) {
	return s.look(r, func(b *bucket, v *version) (*Response, *Error) {
		resp, _, e := s.show(r, b, v)
		return resp, e
	}), nil
}

// show answers what HEAD does, and gives the version whose content it is: a
// symlink shows its target's content, and what else is its own.
func (s *Server) show(r *request, b *bucket, v *version) (*Response, *version, *Error) {
	data, e := b.follow(v)
	if e != nil {
		return nil, nil, e
	}
	seen := *data
	if v.Modified.After(seen.Modified) {
		seen.Modified = v.Modified
	}
	if e := r.meets("", &seen); e != nil {
		return nil, nil, e
	}
	resp := r.reply(http.StatusOK)
	h := resp.Header
	v.Attrs.writeContent(h)
	v.Attrs.writeEncryption(h)
	data.writeIdentity(h)
	b.writeVersion(h, v)
	h.Set("Last-Modified", seen.Modified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("x-oss-object-type", v.Type)
	h.Set("x-oss-storage-class", v.Attrs.Class)
	if v.Type == typeAppendable {
		h.Set("x-oss-next-append-position", strconv.FormatInt(v.Content.size, 10))
	}
	set(h, "x-oss-restore", v.restoreHeader(s.config.Now()))
	if n := len(v.Attrs.Tags); n > 0 && r.allow([]Action{r.onObject("GetObjectTagging", b.name, r.call.Key)}) == nil {
		h.Set("x-oss-tagging-count", strconv.Itoa(n))
	}
	resp.Length = data.Content.size
	return resp, data, nil
}

// getObjectMeta answers HeadObject's essence, even of an archived object.
func (s *Server) getObjectMeta(r *request) (commit, *Error) {
	return s.look(r, func(b *bucket, v *version) (*Response, *Error) {
		data, e := b.follow(v)
		if e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusOK)
		data.writeIdentity(resp.Header)
		resp.Header.Del("Content-MD5")
		b.writeVersion(resp.Header, v)
		resp.Header.Set("Last-Modified", v.Modified.Format(http.TimeFormat))
		resp.Length = data.Content.size
		return resp, nil
	}), nil
}

// follow gives the version that a symlink points to, and any other itself.
func (b *bucket) follow(v *version) (*version, *Error) {
	if v.Type != typeSymlink {
		return v, nil
	}
	e, _ := b.keys.get(v.Attrs.Target)
	target := e.current()
	switch {
	case target == nil || target.Marker:
		return nil, &Error{Code: SymlinkTargetNotExist, Detail: []Detail{{"Key", v.Attrs.Target}}}
	case target.Type == typeSymlink:
		return nil, refuse(InvalidTargetType, "")
	}
	return target, nil
}

// readable refuses content that is archived and not restored.
func (s *Server) readable(all ...*version) *Error {
	for _, v := range all {
		if slices.Contains(archived, v.Attrs.Class) && !v.restored(s.config.Now()) {
			return refuse(InvalidObjectState, "")
		}
	}
	return nil
}

// wantedRange reads the Range header. OSS answers a range that is not wholly
// inside the object with all of it; x-oss-range-behavior: standard makes it
// keep to HTTP.
func (r *request) wantedRange(size int64) (off, n int64, ranged bool, e *Error) {
	spec := r.h("Range")
	if spec == "" {
		return 0, size, false, nil
	}
	first, last, ok := parseRange(spec, size)
	if ok && first < size && last < size {
		return first, last - first + 1, true, nil
	}
	if ok && r.h("x-oss-range-behavior") == "standard" {
		if first >= size {
			out := &Error{Code: InvalidRange, Header: http.Header{}}
			out.Header.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			return 0, 0, false, out
		}
		return first, size - first, true, nil
	}
	return 0, size, false, nil
}

// parseRange reads "bytes=first-last", "bytes=first-" or "bytes=-count"; last
// may lie beyond the size.
func parseRange(s string, size int64) (first, last int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes=")
	a, b, dash := strings.Cut(s, "-")
	if !ok || !dash {
		return 0, 0, false
	}
	if a == "" {
		n, err := parseNumber(b)
		if err != nil || n == 0 {
			return 0, 0, false
		}
		return max(size-n, 0), size - 1, n <= size
	}
	first, err := parseNumber(a)
	if err != nil {
		return 0, 0, false
	}
	if b == "" {
		return first, max(size-1, first), true
	}
	last, err = parseNumber(b)
	return first, last, err == nil && first <= last
}

func contentRange(off, n, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", off, off+n-1, size)
}

// parseNumber reads decimal digits and nothing else.
func parseNumber(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

// restored says whether an archived object can be read at the time.
func (v *version) restored(now time.Time) bool {
	return v.Restore != nil && !now.Before(v.Restore.Ready) && now.Before(v.Restore.Until)
}

// restoring says whether a restore is under way.
func (v *version) restoring(now time.Time) bool {
	return v.Restore != nil && now.Before(v.Restore.Ready)
}

// restoreHeader is x-oss-restore, "" for an object that is not restored.
func (v *version) restoreHeader(now time.Time) string {
	switch {
	case v.restoring(now):
		return `ongoing-request="true"`
	case v.restored(now):
		return fmt.Sprintf(`ongoing-request="false", expiry-date="%s"`, v.Restore.Until.UTC().Format(http.TimeFormat))
	}
	return ""
}
