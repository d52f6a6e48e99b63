package localoss

import (
	"encoding/xml"
	"net/http"
	"strings"
	"sync"
)

const (
	mostParts = 10000
	// leastPart is the least bytes of a part other than the last.
	leastPart = 100 << 10
)

type initiateXML struct {
	XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
	Encoding string   `xml:"EncodingType,omitempty"`
	Bucket   string
	Key      string
	UploadID string `xml:"UploadId"`
}

func (s *Server) initiateMultipartUpload(r *request) (commit, *Error) {
	class, e := s.classOf(r)
	if e != nil {
		return nil, e
	}
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	a, e := r.readAttrs(class)
	if e != nil {
		return nil, e
	}
	a.ACL = "default" // OSS takes the ACL when the upload is completed
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		if e := b.mayWrite(r, r.call.Key); e != nil {
			return nil, e
		}
		u := &upload{ID: s.uploadID(), Key: r.call.Key, Initiated: s.now(), Attrs: a,
			Sequential: r.has("sequential"), ForbidOverwrite: strings.EqualFold(r.h("x-oss-forbid-overwrite"), "true")}
		if e := s.commit(b, change{Bucket: b.name, Key: u.Key, Open: u}); e != nil {
			return nil, e
		}
		r.raise("ObjectCreated:InitiateMultipartUpload", u.Key, &version{Attrs: a}, 0)
		resp := r.replyXML(initiateXML{Encoding: encode.name, Bucket: b.name, Key: encode.text(u.Key), UploadID: u.ID})
		a.writeEncryption(resp.Header)
		return resp, nil
	}, nil
}

// upload finds the open upload that the request names; ec is what OSS answers
// in each operation when there is none.
func (b *bucket) upload(r *request, ec string) (*upload, *Error) {
	u, ok := b.uploads.get(uploadKey{r.call.Key, r.call.UploadID})
	if !ok {
		return nil, &Error{Code: NoSuchUpload, EC: ec, Detail: []Detail{{"UploadId", r.call.UploadID}}}
	}
	return u, nil
}

// beginPart refuses a part whose upload is not open before its body is read,
// and else counts it as under way until it is stored, refused or dropped.
func (s *Server) beginPart(r *request, ec string) *Error {
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return e
	}
	defer unlock()
	u, e := b.upload(r, ec)
	if e != nil {
		return e
	}
	u.underWay++
	r.call.over = sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		u.underWay--
	})
	return nil
}

// checkUpload refuses a request whose upload is not open before its body is read.
func (s *Server) checkUpload(r *request, ec string) *Error {
	b, unlock, e := s.rlock(r.call.Bucket)
	if e != nil {
		return e
	}
	defer unlock()
	_, e = b.upload(r, ec)
	return e
}

func (s *Server) uploadPart(r *request) (commit, *Error) {
	const ec = "0042-00000104"
	if e := s.beginPart(r, ec); e != nil {
		return nil, e
	}
	c, sum, e := r.readContent()
	if e != nil {
		return nil, e
	}
	return func() (*Response, *Error) {
		p, e := s.putPart(r, c, sum, ec, "ObjectCreated:UploadPart")
		if e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusOK)
		(&version{ETag: p.ETag, Content: p.Content}).writeIdentity(resp.Header)
		return resp, nil
	}, nil
}

// putPart stores a part, in place of the one with its number.
func (s *Server) putPart(r *request, c content, etag, ec, event string) (*part, *Error) {
	defer r.call.over()
	c, etag, e := r.corrupted(c, etag)
	if e != nil {
		return nil, e
	}
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return nil, e
	}
	defer unlock()
	u, e := b.upload(r, ec)
	if e != nil {
		return nil, e
	}
	p := &part{Number: r.call.PartNumber, ETag: etag, Modified: s.now(), Content: c}
	if e := s.commit(b, change{Bucket: b.name, Key: u.Key, UploadID: u.ID, Part: p}); e != nil {
		return nil, e
	}
	r.raise(event, u.Key, &version{ETag: etag, Content: c, Attrs: u.Attrs}, 0)
	return p, nil
}

// abortMultipartUpload ends an upload. Parts under way are not aborted: what is
// stored goes, but the upload stays open for them, until it is aborted again.
func (s *Server) abortMultipartUpload(r *request) (commit, *Error) {
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		u, e := b.upload(r, "0042-00000002")
		if e != nil {
			return nil, e
		}
		aborted := change{Bucket: b.name, Key: u.Key, UploadID: u.ID, Emptied: u.underWay > 0, Closed: u.underWay == 0}
		if e := s.commit(b, aborted); e != nil {
			return nil, e
		}
		r.raise("ObjectRemoved:AbortMultipartUpload", u.Key, &version{Attrs: u.Attrs}, 0)
		return r.reply(http.StatusNoContent), nil
	}, nil
}
