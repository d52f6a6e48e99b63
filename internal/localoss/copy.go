package localoss

import (
	"encoding/xml"
	"strings"
)

const (
	// maxCrossBucketCopy is the maximum size of a CopyObject to another bucket.
	maxCrossBucketCopy = 5 * gib
	// maxConvertingCopy is the maximum size of a CopyObject that changes storage class or encryption.
	maxConvertingCopy = 1 * gib
)

// encryptedByClient is the prefix of the user metadata that is needed to decrypt an object which
// its client encrypted.
const encryptedByClient = "client-side-encryption-"

type copyResultXML struct {
	XMLName      xml.Name
	LastModified string
	ETag         string
}

func copyResult(element string, modified, etag string) copyResultXML {
	return copyResultXML{XMLName: xml.Name{Local: element}, ETag: `"` + etag + `"`, LastModified: modified}
}

// copySource is the version that a copy reads.
type copySource struct {
	*version
	versioned bool // its bucket has or had versioning
}

// findSource finds the version that a copy reads and checks its conditions, when the copy is
// accepted. A later write to the source's key does not affect the copy.
func (s *Server) findSource(r *request) (src copySource, e *Error) {
	at := r.call.Source
	if s.regionOf(at.Bucket) != s.regionOf(r.call.Bucket) {
		return src, &Error{Code: AccessDenied, EC: "0016-00000306",
			Message: "Target object does not reside in the same data center as source object."}
	}
	b, unlock, e := s.rlock(at.Bucket)
	if e != nil {
		return src, e
	}
	defer unlock()
	v, e := b.findVersion(at.Key, at.VersionID, NoSuchKey)
	if e != nil {
		return src, e
	}
	if e := r.checkConditions("x-oss-copy-source-", v); e != nil {
		return src, e
	}
	return copySource{v, b.config.Versioning != ""}, s.checkReadable(v)
}

func (s *Server) copyObject(r *request) (effect, *Error) {
	class, e := s.defaultClass(r)
	if e != nil {
		return nil, e
	}
	if _, e := r.trafficLimit(); e != nil {
		return nil, e
	}
	src, e := s.findSource(r)
	if e != nil {
		return nil, e
	}
	a, e := s.copiedAttrs(r, src, class)
	if e != nil {
		return nil, e
	}
	c, size := &r.call, src.Content.size
	sameBucket, sameStorage := c.Source.Bucket == c.Bucket, src.Attrs.sameStorage(a)
	c.Shallow = sameBucket && sameStorage
	c.BytesCopied = size
	if !sameStorage && size > maxConvertingCopy || !sameBucket && size > maxCrossBucketCopy {
		return nil, refuse(EntityTooLarge, "")
	}
	destination := &version{Type: typeNormal, MD5: src.MD5, Attrs: a}
	if src.Type == typeSymlink || r.editsMetadata(src) && sameStorage {
		destination.Type = src.Type // a symlink is copied as a symlink; an edit keeps the object's type
	}
	return func() (*Response, *Error) { return s.commitCopy(r, src, destination) }, nil
}

// sameStorage reports whether storage class and encryption are the same.
func (a *attrs) sameStorage(b *attrs) bool {
	return a.Class == b.Class && a.SSE == b.SSE && a.SSEKeyID == b.SSEKeyID && a.SSEData == b.SSEData
}

// editsMetadata reports whether a copy is a copy onto itself without versioning, which is how
// OSS edits an object's metadata.
func (r *request) editsMetadata(src copySource) bool { return r.copiesInPlace() && !src.versioned }

// copiesInPlace reports whether an object is copied to its own key.
func (r *request) copiesInPlace() bool {
	return r.call.Source.Bucket == r.call.Bucket && r.call.Source.Key == r.call.Key
}

// commitCopy writes the destination with the content of the source.
func (s *Server) commitCopy(r *request, src copySource, destination *version) (*Response, *Error) {
	data, etag, e := r.applyCorruption(src.Content, src.ETag)
	if e != nil {
		return nil, e
	}
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		destination.ETag, destination.Modified, destination.Content = etag, s.now(), data
		if e := s.put(r, b, destination, "ObjectCreated:CopyObject"); e != nil {
			return nil, e
		}
		resp := r.replyXML(copyResult("CopyObjectResult", destination.Modified.Format(xmlTime), etag))
		destination.writeIdentity(resp.Header)
		resp.Header.Del("Content-MD5") // the body is not the object
		b.writeVersion(resp.Header, destination)
		if src.versioned {
			resp.Header.Set("x-oss-copy-source-version-id", src.ID)
		}
		destination.Attrs.writeEncryption(resp.Header)
		return resp, nil
	})()
}

// copiedAttrs returns the attributes of the destination of CopyObject. Storage class, ACL and encryption are always the
// request's, but for the ACL of an object that is copied to its place without encryption. The other attributes are the
// source's or the request's, as the directives say. An UploadPartCopy copies no attributes.
func (s *Server) copiedAttrs(r *request, src copySource, class string) (*attrs, *Error) {
	a, e := r.readAttrs(class)
	if e != nil {
		return nil, e
	}
	replaceMeta, e := r.directive("x-oss-metadata-directive")
	if e != nil {
		return nil, e
	}
	replaceTags, e := r.directive("x-oss-tagging-directive")
	if e != nil {
		return nil, e
	}
	if src.Type == typeSymlink {
		if a.SSE != "" {
			return nil, invalidArgument("A copy of a symlink cannot be encrypted.",
				"x-oss-server-side-encryption", a.SSE)
		}
		a.Target = src.Attrs.Target
	}
	if r.copiesInPlace() && a.SSE == "" && r.header("x-oss-object-acl") == "" { // as the tests of ossutil assert
		a.ACL = src.Attrs.ACL
	}
	// When OSS edits metadata, the request's replaces the object's whatever the directive says.
	if replaceMeta || r.editsMetadata(src) {
		a.keepFrom(src.Attrs, r.header("Content-Type") != "")
	} else {
		a.copyMeta(src.Attrs)
	}
	if replaceTags {
		return a, nil
	}
	a.Tags = src.Attrs.Tags
	return a, r.checkTagsAllowed(a.Tags)
}

// copyMeta takes content headers and user metadata from the source.
func (a *attrs) copyMeta(src *attrs) {
	a.ContentType, a.CacheControl, a.ContentDisposition = src.ContentType, src.CacheControl, src.ContentDisposition
	a.ContentEncoding, a.ContentLanguage, a.Expires = src.ContentEncoding, src.ContentLanguage, src.Expires
	a.Meta = src.Meta
}

// keepFrom takes from the source what OSS keeps even if the metadata is replaced: the
// Content-Type and the metadata of client-side encryption, unless the request has its own.
// Source: integration tests of the Python SDKs.
func (a *attrs) keepFrom(src *attrs, hasContentType bool) {
	if !hasContentType {
		a.ContentType = src.ContentType
	}
	for name, value := range src.Meta {
		if _, own := a.Meta[name]; own || !strings.HasPrefix(name, encryptedByClient) {
			continue
		}
		if a.Meta == nil {
			a.Meta = map[string]string{}
		}
		a.Meta[name] = value
	}
}

// checkTagsAllowed checks that the request may read and write the tags that a copy takes from
// its source.
func (r *request) checkTagsAllowed(tags []Tag) *Error {
	if len(tags) == 0 {
		return nil
	}
	src, read := r.call.Source, "GetObjectTagging"
	if src.VersionID != "" {
		read = "GetObjectVersionTagging"
	}
	return r.checkAllowed([]Action{
		r.onObject(read, src.Bucket, src.Key),
		r.onObject("PutObjectTagging", r.call.Bucket, r.call.Key),
	})
}

// directive reads a directive header, COPY or REPLACE in any case; the default is COPY.
func (r *request) directive(header string) (replace bool, e *Error) {
	switch v := r.header(header); strings.ToUpper(v) {
	case "", "COPY":
		return false, nil
	case "REPLACE":
		return true, nil
	default:
		return false, invalidArgument("The directive must be COPY or REPLACE.", header, v)
	}
}
