package localoss

import (
	"net/http"
	"net/url"
)

func (s *Server) putSymlink(r *request) (effect, *Error) {
	target, err := url.QueryUnescape(r.header("x-oss-symlink-target")) // + is a space, as in a copy source
	if err != nil || target == "" || !validKey(target) {
		return nil, invalidArgument("The symlink target must be the URL-encoded name of an object.",
			"x-oss-symlink-target", r.header("x-oss-symlink-target"))
	}
	class, e := s.defaultClass(r)
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
	a.Target = target
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		etag, err := content{}.etag()
		if err != nil {
			return nil, refuse(InternalError, "")
		}
		v := &version{Type: typeSymlink, ETag: etag, Modified: s.now(), Attrs: a}
		if e := s.put(r, b, v, "ObjectCreated:PutSymlink"); e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusOK)
		resp.Header.Set("ETag", `"`+etag+`"`)
		b.writeVersion(resp.Header, v)
		return resp, nil
	}), nil
}

func (s *Server) getSymlink(r *request) (effect, *Error) {
	return s.readVersion(r, func(b *bucket, v *version) (*Response, *Error) {
		if v.Type != typeSymlink {
			return nil, refuse(NotSymlink, "")
		}
		resp := r.reply(http.StatusOK)
		resp.Header.Set("x-oss-symlink-target", escape(v.Attrs.Target, true))
		resp.Header.Set("ETag", `"`+v.ETag+`"`)
		resp.Header.Set("Last-Modified", v.Modified.Format(http.TimeFormat))
		for name, value := range v.Attrs.Meta {
			resp.Header.Set("x-oss-meta-"+name, value)
		}
		b.writeVersion(resp.Header, v)
		return resp, nil
	}), nil
}

// resolveSymlink returns the object that a symlink points to; for any other version, itself.
func (b *bucket) resolveSymlink(v *version) (*version, *Error) {
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
