package localoss

import (
	"net/http"
	"strconv"
)

// mostAppended is the most bytes of an appendable object.
const mostAppended = 5 * gib

func (s *Server) appendObject(r *request) (commit, *Error) {
	position, err := parseNumber(r.q("position"))
	if err != nil {
		return nil, invalidArgument("The append position must be a number.", "position", r.q("position"))
	}
	class, e := s.classOf(r)
	if e != nil {
		return nil, e
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
	return func() (*Response, *Error) { return s.commitAppend(r, position, more, a) }, nil
}

// commitAppend adds to the object. What else the request says of it counts
// only when the append makes the object.
func (s *Server) commitAppend(r *request, position int64, more content, a *attrs) (*Response, *Error) {
	more, _, e := r.corrupted(more, "")
	if e != nil {
		return nil, e
	}
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return nil, e
	}
	defer unlock()
	v := &version{Type: typeAppendable, Modified: s.now(), Attrs: a}
	en, _ := b.keys.get(r.call.Key)
	old := en.current()
	if old != nil && !old.Marker {
		if old.Type != typeAppendable {
			return nil, refuse(ObjectNotAppendable, "")
		}
		v.Content, v.Attrs = old.Content, old.Attrs
	}
	if position != v.Content.size {
		refused := refuse(PositionNotEqualToLength, "")
		refused.Header = http.Header{}
		v.writeNext(refused.Header)
		return nil, refused
	}
	v.Content = v.Content.append(more.extents...)
	if v.Content.size > mostAppended {
		return nil, refuse(EntityTooLarge, "")
	}
	etag, err := v.Content.etag()
	if err != nil {
		return nil, refuse(InternalError, "")
	}
	v.ETag = etag
	if old != nil && !old.Marker {
		if e := b.forbids(r.call.Key, false); e != nil {
			return nil, e
		}
		if e := s.mayRemove(b, r.call.Key, old); e != nil {
			return nil, e
		}
		// An append goes on with the version that is there, whatever the
		// bucket's versioning.
		v.ID = old.ID
		if e := s.commit(b, change{Bucket: b.name, Key: r.call.Key, Swap: v}); e != nil {
			return nil, e
		}
		r.raise("ObjectCreated:AppendObject", r.call.Key, v, more.size)
	} else if e := s.put(r, b, v, "ObjectCreated:AppendObject"); e != nil {
		return nil, e
	}
	r.events[len(r.events)-1].OSS.Object.Position = &position
	resp := r.reply(http.StatusOK)
	v.writeIdentity(resp.Header)
	v.writeNext(resp.Header)
	b.writeVersion(resp.Header, v)
	v.Attrs.writeEncryption(resp.Header)
	return resp, nil
}

func (v *version) writeNext(h http.Header) {
	h.Set("x-oss-next-append-position", strconv.FormatInt(v.Content.size, 10))
}
