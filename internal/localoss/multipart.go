package localoss

import (
	"encoding/xml"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// maxParts is the maximum number of parts of an upload, and the highest part number.
	maxParts = 10000
	// minPartSize is the minimum size of every part but the last.
	minPartSize = 100 << 10
)

// upload is an open multipart upload.
type upload struct {
	ID        string
	Key       string
	Initiated time.Time
	Attrs     *attrs
	// ForbidOverwrite is x-oss-forbid-overwrite of InitiateMultipartUpload.
	ForbidOverwrite bool `json:",omitempty"`
	// Sequential gives the completed object a Content-MD5.
	Sequential bool `json:",omitempty"`

	parts orderedMap[int, *part]
	// partsUnderWay counts the parts that were accepted and are not stored yet.
	partsUnderWay int
}

// uploadKey identifies an upload in its bucket. ListMultipartUploads lists in its order: by key,
// then by id.
type uploadKey struct{ key, id string }

// part is an uploaded or copied part. It is never changed once it is in an upload.
type part struct {
	Number   int
	ETag     string // without quotes
	Modified time.Time
	Content  content
}

func newParts() orderedMap[int, *part] {
	return newOrderedMap[int, *part](func(a, b int) int { return a - b })
}

type initiateXML struct {
	XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
	Encoding string   `xml:"EncodingType,omitempty"`
	Bucket   string
	Key      xmlKey
	UploadID string `xml:"UploadId"`
}

func (s *Server) initiateMultipartUpload(r *request) (effect, *Error) {
	class, e := s.defaultClass(r)
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
	a.ACL = "default" // OSS takes the ACL from CompleteMultipartUpload
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		if e := b.checkForbidOverwrite(r, r.call.Key); e != nil {
			return nil, e
		}
		u := &upload{
			ID:              s.uploadID(),
			Key:             r.call.Key,
			Initiated:       s.now(),
			Attrs:           a,
			Sequential:      r.hasParam("sequential"),
			ForbidOverwrite: strings.EqualFold(r.header("x-oss-forbid-overwrite"), "true"),
		}
		if e := s.commit(b, mutation{Bucket: b.name, Key: u.Key, Open: u}); e != nil {
			return nil, e
		}
		r.recordEvent("ObjectCreated:InitiateMultipartUpload", u.Key, &version{Attrs: a}, 0)
		resp := r.replyXML(initiateXML{
			Encoding: encode.name,
			Bucket:   b.name,
			Key:      encode.text(u.Key),
			UploadID: u.ID,
		})
		a.writeEncryption(resp.Header)
		return resp, nil
	}), nil
}

// upload finds the open upload that the request names. ec is the EC of the error if there is
// none: each operation has its own.
func (b *bucket) upload(r *request, ec string) (*upload, *Error) {
	u, ok := b.uploads.get(uploadKey{r.call.Key, r.call.UploadID})
	if !ok {
		return nil, &Error{Code: NoSuchUpload, EC: ec, Detail: []Detail{{"UploadId", r.call.UploadID}}}
	}
	return u, nil
}

// beginPart refuses a part whose upload is not open, before its body is read. Otherwise it
// counts the part as under way until it is stored, refused or dropped.
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
	u.partsUnderWay++
	r.call.onEnd = sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		u.partsUnderWay--
	})
	return nil
}

// checkUpload refuses a request whose upload is not open, before its body is read.
func (s *Server) checkUpload(r *request, ec string) *Error {
	b, unlock, e := s.rlock(r.call.Bucket)
	if e != nil {
		return e
	}
	defer unlock()
	_, e = b.upload(r, ec)
	return e
}

func (s *Server) uploadPart(r *request) (effect, *Error) {
	const ec = "0042-00000104"
	if e := s.beginPart(r, ec); e != nil {
		return nil, e
	}
	c, sum, e := r.readContent()
	if e != nil {
		return nil, e
	}
	return func() (*Response, *Error) {
		p, u, e := s.putPart(r, c, sum, ec, "ObjectCreated:UploadPart")
		if e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusOK)
		(&version{ETag: p.ETag, Content: p.Content}).writeIdentity(resp.Header)
		u.Attrs.writeEncryption(resp.Header)
		return resp, nil
	}, nil
}

// putPart stores a part of an upload and replaces the one with its number, if there is one.
func (s *Server) putPart(r *request, c content, etag, ec, event string) (*part, *upload, *Error) {
	defer r.call.onEnd()
	c, etag, e := r.applyCorruption(c, etag)
	if e != nil {
		return nil, nil, e
	}
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return nil, nil, e
	}
	defer unlock()
	u, e := b.upload(r, ec)
	if e != nil {
		return nil, nil, e
	}
	p := &part{Number: r.call.PartNumber, ETag: etag, Modified: s.now(), Content: c}
	if e := s.commit(b, mutation{Bucket: b.name, Key: u.Key, UploadID: u.ID, Part: p}); e != nil {
		return nil, nil, e
	}
	r.recordEvent(event, u.Key, &version{ETag: etag, Content: c, Attrs: u.Attrs}, 0)
	return p, u, nil
}

// abortMultipartUpload deletes the stored parts and ends the upload. If parts are under way the
// upload stays open for them, and the client must abort it again.
func (s *Server) abortMultipartUpload(r *request) (effect, *Error) {
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		u, e := b.upload(r, "0042-00000002")
		if e != nil {
			return nil, e
		}
		aborted := mutation{Bucket: b.name, Key: u.Key, UploadID: u.ID}
		aborted.Emptied, aborted.Closed = u.partsUnderWay > 0, u.partsUnderWay == 0
		if e := s.commit(b, aborted); e != nil {
			return nil, e
		}
		r.recordEvent("ObjectRemoved:AbortMultipartUpload", u.Key, &version{Attrs: u.Attrs}, 0)
		return r.reply(http.StatusNoContent), nil
	}), nil
}
