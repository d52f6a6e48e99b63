package localoss

import (
	"encoding/xml"
	"strings"
)

const (
	// mostCrossCopy is the most bytes CopyObject takes to another bucket, and
	// mostChangedCopy with another storage class or encryption.
	mostCrossCopy   = 5 * gib
	mostChangedCopy = 1 * gib
)

type copyResultXML struct {
	XMLName      xml.Name
	LastModified string
	ETag         string
}

// chooseSource chooses the version that a copy reads, when the copy is
// accepted, and checks its conditions. What is written to the source's key
// afterwards does not touch the copy.
func (s *Server) chooseSource(r *request) (v *version, versioned bool, e *Error) {
	src := r.call.Source
	b, unlock, e := s.rlock(src.Bucket)
	if e != nil {
		return nil, false, e
	}
	defer unlock()
	v, e = b.findVersion(src.Key, src.VersionID, NoSuchKey)
	if e != nil {
		return nil, false, e
	}
	if e := r.meets("x-oss-copy-source-", v); e != nil {
		return nil, false, e
	}
	return v, b.config.Versioning != "", s.readable(v)
}

func (s *Server) copyObject(r *request) (commit, *Error) {
	class, e := s.classOf(r)
	if e != nil {
		return nil, e
	}
	if e := r.checkTrafficLimit(); e != nil {
		return nil, e
	}
	v, versioned, e := s.chooseSource(r)
	if e != nil {
		return nil, e
	}
	a, e := s.copiedAttrs(r, v, versioned, class)
	if e != nil {
		return nil, e
	}
	src, c := r.call.Source, &r.call
	sameClass := v.Attrs.Class == a.Class && v.Attrs.SSE == a.SSE && v.Attrs.SSEKeyID == a.SSEKeyID && v.Attrs.SSEData == a.SSEData
	c.Shallow = sameClass && src.Bucket == c.Bucket
	c.BytesCopied = v.Content.size
	if !sameClass && v.Content.size > mostChangedCopy || src.Bucket != c.Bucket && v.Content.size > mostCrossCopy {
		return nil, refuse(EntityTooLarge, "")
	}
	made := &version{Type: typeNormal, MD5: v.MD5, Attrs: a}
	if v.Type == typeSymlink || r.onItself(versioned) && sameClass {
		made.Type = v.Type // a link is copied as a link; in place the object stays what it is
	}
	return func() (*Response, *Error) { return s.commitCopy(r, v, versioned, made) }, nil
}

// onItself says whether a copy is OSS's way to edit an object's metadata.
func (r *request) onItself(versioned bool) bool {
	return r.call.Source.Bucket == r.call.Bucket && r.call.Source.Key == r.call.Key && !versioned
}

// commitCopy gives made the content of v and puts it in place.
func (s *Server) commitCopy(r *request, v *version, versioned bool, made *version) (*Response, *Error) {
	data, etag, e := r.corrupted(v.Content, v.ETag)
	if e != nil {
		return nil, e
	}
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return nil, e
	}
	defer unlock()
	made.ETag, made.Modified, made.Content = etag, s.now(), data
	if e := s.put(r, b, made, "ObjectCreated:CopyObject"); e != nil {
		return nil, e
	}
	resp := r.replyXML(copyResultXML{XMLName: xml.Name{Local: "CopyObjectResult"}, ETag: `"` + etag + `"`, LastModified: made.Modified.Format(xmlTime)})
	made.writeIdentity(resp.Header)
	resp.Header.Del("Content-MD5") // the body is not the object
	b.writeVersion(resp.Header, made)
	if versioned {
		resp.Header.Set("x-oss-copy-source-version-id", v.ID)
	}
	made.Attrs.writeEncryption(resp.Header)
	return resp, nil
}

// copiedAttrs are the attributes of the copy: the source's content headers and
// metadata, or the request's; the source's tags, or the request's; class, ACL
// and encryption always the request's, never the source's.
func (s *Server) copiedAttrs(r *request, v *version, versioned bool, class string) (*attrs, *Error) {
	a, e := r.readAttrs(class)
	if e != nil {
		return nil, e
	}
	src := r.call.Source
	replaceMeta, e := r.directive("x-oss-metadata-directive")
	if e != nil {
		return nil, e
	}
	replaceTags, e := r.directive("x-oss-tagging-directive")
	if e != nil {
		return nil, e
	}
	if v.Type == typeSymlink {
		if a.SSE != "" {
			return nil, invalidArgument("A copy of a symlink takes no encryption.", "x-oss-server-side-encryption", a.SSE)
		}
		a.Target = v.Attrs.Target
	}
	// Without versioning, a copy onto itself is how OSS edits metadata: the
	// request's replaces the object's, whatever the directive says.
	if !replaceMeta && !r.onItself(versioned) {
		from := v.Attrs
		a.ContentType, a.CacheControl, a.ContentDisposition = from.ContentType, from.CacheControl, from.ContentDisposition
		a.ContentEncoding, a.ContentLanguage, a.Expires, a.Meta = from.ContentEncoding, from.ContentLanguage, from.Expires, from.Meta
	}
	if !replaceTags {
		a.Tags = v.Attrs.Tags
		if len(a.Tags) > 0 {
			read := "GetObjectTagging"
			if src.VersionID != "" {
				read = "GetObjectVersionTagging"
			}
			e = r.allow([]Action{r.onObject(read, src.Bucket, src.Key), r.onObject("PutObjectTagging", r.call.Bucket, r.call.Key)})
		}
	}
	return a, e
}

// directive reads COPY, the default, or REPLACE, in any case.
func (r *request) directive(header string) (replace bool, e *Error) {
	switch v := r.h(header); strings.ToUpper(v) {
	case "", "COPY":
		return false, nil
	case "REPLACE":
		return true, nil
	default:
		return false, invalidArgument("The directive must be COPY or REPLACE.", header, v)
	}
}

func (s *Server) uploadPartCopy(r *request) (commit, *Error) {
	if e := r.checkTrafficLimit(); e != nil {
		return nil, e
	}
	if e := s.beginPart(r, "0042-00000311"); e != nil {
		return nil, e
	}
	v, versioned, e := s.chooseSource(r)
	if e != nil {
		return nil, e
	}
	if v.Type == typeSymlink {
		return nil, refuse(OperationNotSupported, "")
	}
	// A range that is not wholly inside the source is no error: all of it is
	// copied, and Content-Range is left out.
	off, n, ranged := int64(0), v.Content.size, false
	if spec := r.h("x-oss-copy-source-range"); spec != "" {
		if first, last, ok := parseRange(spec, v.Content.size); ok && last < v.Content.size {
			off, n, ranged = first, last-first+1, true
		}
	}
	if n > mostUpload {
		return nil, refuse(EntityTooLarge, "")
	}
	r.call.BytesCopied = n
	data, err := v.Content.slice(off, n)
	if err != nil {
		return nil, refuse(InternalError, "")
	}
	etag, err := data.etag()
	if err != nil {
		return nil, refuse(InternalError, "")
	}
	return func() (*Response, *Error) {
		if r.call.ignoreRange && ranged {
			ranged, data = false, v.Content
			if etag, err = data.etag(); err != nil {
				return nil, refuse(InternalError, "")
			}
		}
		p, e := s.putPart(r, data, etag, "0042-00000311", "ObjectCreated:UploadPartCopy")
		if e != nil {
			return nil, e
		}
		resp := r.replyXML(copyResultXML{XMLName: xml.Name{Local: "CopyPartResult"}, ETag: `"` + p.ETag + `"`, LastModified: p.Modified.Format(xmlTime)})
		resp.Header.Set("ETag", `"`+p.ETag+`"`)
		if ranged {
			resp.Header.Set("Content-Range", contentRange(off, n, v.Content.size))
		}
		if versioned {
			resp.Header.Set("x-oss-copy-source-version-id", v.ID)
		}
		return resp, nil
	}, nil
}
