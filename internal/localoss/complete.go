package localoss

import (
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

type completeXML struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Parts   []struct {
		PartNumber int
		ETag       string
	} `xml:"Part"`
}

type completeResultXML struct {
	XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
	Encoding string   `xml:"EncodingType,omitempty"`
	Location string
	Bucket   string
	Key      xmlKey
	ETag     string
}

// completion is a request to complete a multipart upload.
type completion struct {
	encode encoding
	acl    string // "" keeps that of the bucket
	all    bool   // x-oss-complete-all: every part that was uploaded, instead of parts
	parts  completeXML
}

func (s *Server) completeMultipartUpload(r *request) (effect, *Error) {
	c, e := s.readCompletion(r)
	if e != nil {
		return nil, e
	}
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) { return s.commitComplete(r, b, c) }), nil
}

func (s *Server) readCompletion(r *request) (c completion, e *Error) {
	if c.encode, e = r.encoding(); e != nil {
		return c, e
	}
	c.acl = r.header("x-oss-object-acl")
	if c.acl != "" && !slices.Contains(acls, c.acl) {
		return c, invalidArgument("no such object access control exists", "x-oss-object-acl", c.acl)
	}
	if e := s.checkUpload(r, "0042-00000302"); e != nil {
		return c, e
	}
	body, e := r.readBody(maxXMLBody)
	if e != nil {
		return c, e
	}
	c.all = strings.EqualFold(r.header("x-oss-complete-all"), "yes")
	if !c.all {
		return c, parseXML(body, &c.parts)
	}
	if len(body) > 0 {
		return c, &Error{
			Code:    InvalidArgument,
			EC:      "0042-00000216",
			Message: "Should not speficy both complete all header and http body.", // OSS's own spelling
		}
	}
	return c, nil
}

func (s *Server) commitComplete(r *request, b *bucket, c completion) (*Response, *Error) {
	u, e := b.upload(r, "0042-00000302")
	if e != nil {
		return nil, e
	}
	parts, e := u.selectParts(c)
	if e != nil {
		return nil, e
	}
	v, e := s.assemble(u, parts)
	if e != nil {
		return nil, e
	}
	if c.acl != "" {
		v.Attrs = v.Attrs.clone()
		v.Attrs.ACL = c.acl
	}
	// x-oss-forbid-overwrite counts whether the upload was initiated or is completed with it.
	if e := b.refuseOverwrite(u.Key, u.ForbidOverwrite); e != nil {
		return nil, e
	}
	closed := mutation{Bucket: b.name, Key: u.Key, UploadID: u.ID, Closed: true}
	if e := s.put(r, b, v, "ObjectCreated:CompleteMultipartUpload", closed); e != nil {
		return nil, e
	}
	resp := r.replyXML(completeResultXML{
		Encoding: c.encode.name,
		Bucket:   b.name,
		Key:      c.encode.text(u.Key),
		ETag:     `"` + v.ETag + `"`,
		Location: "http://" + b.name + ".oss-" + b.region + ".aliyuncs.com/" + escape(u.Key, true),
	})
	v.writeIdentity(resp.Header)
	resp.Header.Del("Content-MD5") // the body is not the object
	b.writeVersion(resp.Header, v)
	v.Attrs.writeEncryption(resp.Header)
	return resp, nil
}

// selectParts returns the parts of the new object, in order.
func (u *upload) selectParts(c completion) ([]*part, *Error) {
	var parts []*part
	if c.all {
		for _, p := range u.parts.from(0) {
			parts = append(parts, p)
		}
		return parts, nil
	}
	previous := 0
	for _, want := range c.parts.Parts {
		if want.PartNumber <= previous || want.PartNumber > maxParts {
			return nil, refuse(InvalidPartOrder, "")
		}
		previous = want.PartNumber
		p, ok := u.parts.get(want.PartNumber)
		if !ok || !strings.EqualFold(strings.Trim(want.ETag, `"`), p.ETag) {
			return nil, &Error{Code: InvalidPart, Detail: []Detail{
				{"UploadId", u.ID},
				{"PartNumber", fmt.Sprint(want.PartNumber)},
				{"ETag", want.ETag},
			}}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// assemble makes one object of the parts.
func (s *Server) assemble(u *upload, parts []*part) (*version, *Error) {
	v := &version{Type: typeMultipart, Modified: s.now(), Attrs: u.Attrs}
	sums := md5.New() // of the parts' ETags as text; as the tests of the Go SDK v1 assert
	var extents []extent
	for i, p := range parts {
		if i < len(parts)-1 && p.Content.size < minPartSize {
			return nil, &Error{Code: EntityTooSmall, Detail: []Detail{
				{"PartNumber", fmt.Sprint(p.Number)},
				{"ProposedSize", fmt.Sprint(p.Content.size)},
				{"MinSizeAllowed", fmt.Sprint(minPartSize)},
			}}
		}
		extents = append(extents, p.Content.extents...)
		io.WriteString(sums, p.ETag)
	}
	v.Content = v.Content.append(extents...)
	if v.Content.size > maxObjectSize {
		return nil, refuse(EntityTooLarge, "")
	}
	if u.Sequential {
		whole := md5.New()
		if _, err := io.Copy(whole, v.Content.reader(0, v.Content.size)); err != nil {
			return nil, refuse(InternalError, "")
		}
		v.MD5 = fmt.Sprintf("%X", whole.Sum(nil))
	}
	v.ETag = fmt.Sprintf("%X-%d", sums.Sum(nil), len(parts))
	return v, nil
}
