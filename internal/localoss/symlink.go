package localoss

import (
	"net/http"
	"net/url"
)

func (s *Server) putSymlink(r *request) (commit, *Error) {
	target, err := url.PathUnescape(r.h("x-oss-symlink-target"))
	if err != nil || target == "" || !validKey(target) {
		return nil, invalidArgument("The symlink target must be an object's name, URL-encoded.", "x-oss-symlink-target", r.h("x-oss-symlink-target"))
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
	a.Target = target
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
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
	}, nil
}

func (s *Server) getSymlink(r *request) (commit, *Error) {
	return s.look(r, func(b *bucket, v *version) (*Response, *Error) {
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
