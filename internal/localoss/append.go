package localoss

import (
	"net/http"
	"strconv"
)

// maxAppendableSize is the maximum size of an appendable object.
const maxAppendableSize = 5 * gib

func (s *Server) appendObject(r *request) (effect, *Error) {
	position, err := parseNumber(r.param("position"))
	if err != nil {
		return nil, invalidArgument("The append position must be a number.", "position", r.param("position"))
	}
	class, e := s.defaultClass(r)
	if e != nil {
		return nil, e
	}
	if position > 0 { // tags count only in the first call, and are not looked at in others
		r.Header.Del("x-oss-tagging")
	}
	a, e := r.readAttrs(class)
	if e != nil {
		return nil, e
	}
	if a.Class != "Standard" && a.Class != "IA" {
		return nil, refuse(OperationNotSupported, "")
	}
	more, _, e := r.readContent()
	if e != nil {
		return nil, e
	}
	return func() (*Response, *Error) {
		more, _, e := r.applyCorruption(more, "")
		if e != nil {
			return nil, e
		}
		return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
			return s.commitAppend(r, b, position, more, a)
		})()
	}, nil
}

// commitAppend appends to the object, or creates it. The request's attributes but the ACL count only when the object is
// created.
func (s *Server) commitAppend(r *request, b *bucket, position int64, more content, a *attrs) (*Response, *Error) {
	e, _ := b.keys.get(r.call.Key)
	old := e.current()
	if old != nil && old.Marker {
		old = nil
	}
	v, refused := s.appended(old, position, more, a)
	if refused != nil {
		return nil, refused
	}
	if old == nil {
		refused = s.put(r, b, v, "ObjectCreated:AppendObject")
	} else {
		refused = s.replaceAppended(r, b, old, v, more.size)
	}
	if refused != nil {
		return nil, refused
	}
	r.events[len(r.events)-1].OSS.Object.Position = &position
	resp := r.reply(http.StatusOK)
	v.writeIdentity(resp.Header)
	v.writeNextPosition(resp.Header)
	b.writeVersion(resp.Header, v)
	v.Attrs.writeEncryption(resp.Header)
	return resp, nil
}

// appended is the object after an append at the position; old is nil if there is no object.
func (s *Server) appended(old *version, position int64, more content, a *attrs) (*version, *Error) {
	v := &version{Type: typeAppendable, Modified: s.now(), Attrs: a}
	if old != nil {
		if old.Type != typeAppendable {
			return nil, refuse(ObjectNotAppendable, "")
		}
		v.Content, v.Attrs = old.Content, old.Attrs
		if a.ACL != "default" { // any append sets the ACL, as the tests of the Go SDK v1 assert
			v.Attrs = old.Attrs.clone()
			v.Attrs.ACL = a.ACL
		}
	}
	if position != v.Content.size {
		refused := refuse(PositionNotEqualToLength, "")
		refused.Header = http.Header{}
		v.writeNextPosition(refused.Header)
		return nil, refused
	}
	v.Content = v.Content.append(more.extents...)
	if v.Content.size > maxAppendableSize {
		return nil, refuse(EntityTooLarge, "")
	}
	etag, err := v.Content.etag()
	if err != nil {
		return nil, refuse(InternalError, "")
	}
	v.ETag = etag
	return v, nil
}

// replaceAppended replaces the version that was appended to. An append never makes a new
// version, whatever the versioning of the bucket.
func (s *Server) replaceAppended(r *request, b *bucket, old, v *version, size int64) *Error {
	if e := b.refuseOverwrite(r.call.Key, false); e != nil {
		return e
	}
	if e := s.checkRetention(b, r.call.Key, old); e != nil {
		return e
	}
	v.ID = old.ID
	if e := s.replaceVersion(b, r.call.Key, v); e != nil {
		return e
	}
	r.recordEvent("ObjectCreated:AppendObject", r.call.Key, v, size)
	return nil
}

func (v *version) writeNextPosition(h http.Header) {
	h.Set("x-oss-next-append-position", strconv.FormatInt(v.Content.size, 10))
}
