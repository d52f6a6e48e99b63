package localoss

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	gib = 1 << 30
	// maxPutSize is the maximum size of one PutObject or one part.
	maxPutSize = 5 * gib
	// maxObjectSize is the maximum size of an object: the maximum number of parts of the maximum
	// size, which OSS's pages round to 48.8 TB.
	maxObjectSize = maxParts * maxPutSize
)

func (s *Server) putObject(r *request) (effect, *Error) {
	if r.header("If-Modified-Since") != "" { // as the tests of the Go SDK v1 assert
		return nil, notImplemented("If-Modified-Since")
	}
	class, e := s.defaultClass(r)
	if e != nil {
		return nil, e
	}
	a, e := r.readAttrs(class)
	if e != nil {
		return nil, e
	}
	received, sum, e := r.readContent()
	if e != nil {
		return nil, e
	}
	return func() (*Response, *Error) {
		stored, etag, e := r.applyCorruption(received, sum)
		if e != nil {
			return nil, e
		}
		return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
			v := &version{Type: typeNormal, ETag: etag, Modified: s.now(), Content: stored, Attrs: a}
			if e := s.put(r, b, v, "ObjectCreated:PutObject"); e != nil {
				return nil, e
			}
			resp := r.reply(http.StatusOK)
			v.writeIdentity(resp.Header)
			b.writeVersion(resp.Header, v)
			a.writeEncryption(resp.Header)
			return resp, nil
		})()
	}, nil
}

// defaultClass returns the storage class of objects whose request names none. It refuses a
// request whose bucket does not exist, before its body is read.
func (s *Server) defaultClass(r *request) (string, *Error) {
	b, unlock, e := s.rlock(r.call.Bucket)
	if e != nil {
		return "", e
	}
	defer unlock()
	return b.config.Class, nil
}

// put makes v the current version of the request's key, together with more mutations, and
// records the event. The bucket is locked.
func (s *Server) put(r *request, b *bucket, v *version, event string, more ...mutation) *Error {
	key := r.call.Key
	if e := s.checkOverwrite(r, b, key); e != nil {
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
	mutations := append(more, mutation{Bucket: b.name, Key: key, Put: v})
	if e := s.commit(b, mutations...); e != nil {
		return e
	}
	r.recordEvent(event, key, v, delta)
	return nil
}

// checkForbidOverwrite refuses to overwrite an object if x-oss-forbid-overwrite or the bucket
// forbids it.
func (b *bucket) checkForbidOverwrite(r *request, key string) *Error {
	return b.refuseOverwrite(key, strings.EqualFold(r.header("x-oss-forbid-overwrite"), "true"))
}

// refuseOverwrite refuses to overwrite the key's object if the request or the bucket forbids it.
// Forbidding has no effect in a bucket that has or had versioning.
func (b *bucket) refuseOverwrite(key string, requested bool) *Error {
	if !requested && !b.config.ForbidOverwrite || b.config.Versioning != "" {
		return nil
	}
	if e, _ := b.keys.get(key); e.current() != nil {
		return &Error{Code: FileAlreadyExists, Detail: []Detail{{"Key", key}}}
	}
	return nil
}

// checkOverwrite refuses what checkForbidOverwrite refuses, and to overwrite a version that the
// bucket's retention protects. With versioning enabled nothing is overwritten.
func (s *Server) checkOverwrite(r *request, b *bucket, key string) *Error {
	if e := b.checkForbidOverwrite(r, key); e != nil || b.config.Versioning == versioningEnabled {
		return e
	}
	e, _ := b.keys.get(key)
	_, v := e.find(nullVersion)
	return s.checkRetention(b, key, v)
}

// checkRetention refuses to delete or overwrite a version that the bucket's retention protects.
// v may be nil.
func (s *Server) checkRetention(b *bucket, key string, v *version) *Error {
	if v == nil || v.Marker || !s.config.Now().Before(v.Modified.Add(b.config.Retention)) {
		return nil
	}
	return &Error{Code: FileImmutable, Detail: []Detail{{"Key", key}}}
}

// readContent stores the body of PutObject, UploadPart or AppendObject. It returns the content
// and its MD5 in hex, in upper case as OSS writes it.
func (r *request) readContent() (content, string, *Error) {
	if r.header("Content-Length") == "" && len(r.TransferEncoding) == 0 {
		return content{}, "", refuse(MissingContentLength, "")
	}
	limit, e := r.trafficLimit()
	if e != nil {
		return content{}, "", e
	}
	hash := md5.New()
	body := pace(r.Body, limit)
	c, err := r.srv.store.write(body, r.ContentLength, maxPutSize, hash)
	if p, ok := body.(*paced); ok {
		r.delayed = &p.delayed
	}
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

// applyCorruption returns the content as [Call.Corrupt] makes it, and its ETag.
func (r *request) applyCorruption(c content, etag string) (content, string, *Error) {
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
