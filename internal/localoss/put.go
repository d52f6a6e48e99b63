package localoss

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

const (
	gib = 1 << 30
	// mostUpload is the most bytes of one PutObject or one part.
	mostUpload = 5 * gib
	// mostObject is the most bytes of an object: every part as large as it may
	// be, which OSS's pages round to 48.8 TB.
	mostObject = mostParts * mostUpload
)

func (s *Server) putObject(r *request) (commit, *Error) {
	class, e := s.classOf(r)
	if e != nil {
		return nil, e
	}
	a, e := r.readAttrs(class)
	if e != nil {
		return nil, e
	}
	c, sum, e := r.readContent()
	if e != nil {
		return nil, e
	}
	return func() (*Response, *Error) {
		c, sum, e := r.corrupted(c, sum)
		if e != nil {
			return nil, e
		}
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		v := &version{Type: typeNormal, ETag: sum, Modified: s.now(), Content: c, Attrs: a}
		if e := s.put(r, b, v, "ObjectCreated:PutObject"); e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusOK)
		v.writeIdentity(resp.Header)
		b.writeVersion(resp.Header, v)
		a.writeEncryption(resp.Header)
		return resp, nil
	}, nil
}

// classOf gives the storage class of objects that name none, and refuses a
// request whose bucket does not exist before its body is read.
func (s *Server) classOf(r *request) (string, *Error) {
	b, unlock, e := s.rlock(r.call.Bucket)
	if e != nil {
		return "", e
	}
	defer unlock()
	return b.config.Class, nil
}

// put makes v the newest version of the request's key and raises the event.
// more is done in the same step. The bucket is locked.
func (s *Server) put(r *request, b *bucket, v *version, event string, more ...change) *Error {
	key := r.call.Key
	if e := s.mayOverwrite(r, b, key); e != nil {
		return e
	}
	v.ID = nullVersion
	if b.config.Versioning == versioningEnabled {
		v.ID = s.versionID()
	}
	e, _ := b.keys.get(key)
	delta := v.Content.size
	if old := e.current(); old != nil {
		delta -= old.Content.size
	}
	changes := append(more, change{Bucket: b.name, Key: key, Put: v})
	if e := s.commit(b, changes...); e != nil {
		return e
	}
	r.raise(event, key, v, delta)
	return nil
}

// mayWrite refuses to write over an object when x-oss-forbid-overwrite or the
// bucket asks for it. It has no effect in a bucket that has or had versioning.
func (b *bucket) mayWrite(r *request, key string) *Error {
	return b.forbids(key, strings.EqualFold(r.h("x-oss-forbid-overwrite"), "true"))
}

// forbids refuses to write over the key's object, if the request forbids it or
// the bucket does.
func (b *bucket) forbids(key string, requested bool) *Error {
	if !requested && !b.config.ForbidOverwrite || b.config.Versioning != "" {
		return nil
	}
	if e, _ := b.keys.get(key); e.current() != nil {
		return &Error{Code: FileAlreadyExists, Detail: []Detail{{"Key", key}}}
	}
	return nil
}

// mayOverwrite refuses what mayWrite does, and to write over a version that the
// bucket retains: a new version beside it is no harm to it.
func (s *Server) mayOverwrite(r *request, b *bucket, key string) *Error {
	if e := b.mayWrite(r, key); e != nil || b.config.Versioning == versioningEnabled {
		return e
	}
	e, _ := b.keys.get(key)
	_, v := e.find(nullVersion)
	return s.mayRemove(b, key, v)
}

// mayRemove refuses the end of a version, or of its content, that the bucket
// retains. v may be nil.
func (s *Server) mayRemove(b *bucket, key string, v *version) *Error {
	if v == nil || v.Marker || !s.config.Now().Before(v.Modified.Add(b.config.Retention)) {
		return nil
	}
	return &Error{Code: FileImmutable, Detail: []Detail{{"Key", key}}}
}

// readContent reads the body that PutObject, UploadPart or AppendObject
// stores, and gives it with its MD5 in OSS's spelling.
func (r *request) readContent() (content, string, *Error) {
	if r.h("Content-Length") == "" && len(r.TransferEncoding) == 0 {
		return content{}, "", refuse(MissingContentLength, "")
	}
	if e := r.checkTrafficLimit(); e != nil {
		return content{}, "", e
	}
	hash := md5.New()
	c, err := r.srv.store.write(r.Body, r.ContentLength, mostUpload, hash)
	if err != nil {
		return content{}, "", bodyError(err)
	}
	sum := hash.Sum(nil)
	if e := r.checkMD5(sum); e != nil {
		return content{}, "", e
	}
	r.call.BytesIn = c.size
	return c, strings.ToUpper(hex.EncodeToString(sum)), nil
}

// corrupted gives what is stored once an Intercept had its way with it.
func (r *request) corrupted(c content, etag string) (content, string, *Error) {
	if len(r.call.corrupt) == 0 {
		return c, etag, nil
	}
	for _, off := range r.call.corrupt {
		var err error
		if c, err = c.corrupt(off); err != nil {
			return c, "", refuse(InternalError, "")
		}
	}
	etag, err := c.etag()
	if err != nil {
		return c, "", refuse(InternalError, "")
	}
	return c, etag, nil
}

// checkTrafficLimit takes 100 KB/s to 100 MB/s, in bit/s. It is not kept to.
func (r *request) checkTrafficLimit() *Error {
	s := defaultTo(r.h("x-oss-traffic-limit"), r.q("x-oss-traffic-limit"))
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 819200 || n > 838860800 {
		return invalidArgument("The traffic limit must be between 819200 and 838860800 bit/s.", "x-oss-traffic-limit", s)
	}
	return nil
}
