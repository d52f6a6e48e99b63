package localoss

import (
	"crypto/md5"
	"encoding/hex"
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
	Key      string
	ETag     string
}

func (s *Server) completeMultipartUpload(r *request) (commit, *Error) {
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	acl := r.h("x-oss-object-acl")
	if acl != "" && !slices.Contains(acls, acl) {
		return nil, invalidArgument("no such object access control exists", "x-oss-object-acl", acl)
	}
	if e := s.checkUpload(r, "0042-00000302"); e != nil {
		return nil, e
	}
	body, e := r.readSmall(mostXML)
	if e != nil {
		return nil, e
	}
	all := strings.EqualFold(r.h("x-oss-complete-all"), "yes")
	var doc completeXML
	switch {
	case all && len(body) > 0:
		return nil, &Error{Code: InvalidArgument, EC: "0042-00000216", Message: "Should not speficy both complete all header and http body."}
	case !all:
		if e := parseXML(body, &doc); e != nil {
			return nil, e
		}
	}
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		u, e := b.upload(r, "0042-00000302")
		if e != nil {
			return nil, e
		}
		var parts []*part
		if all {
			for _, p := range u.parts.from(0) {
				parts = append(parts, p)
			}
		} else if parts, e = u.named(doc); e != nil {
			return nil, e
		}
		v, e := s.assemble(r, u, parts)
		if e != nil {
			return nil, e
		}
		if acl != "" {
			v.Attrs = v.Attrs.clone()
			v.Attrs.ACL = acl
		}
		// What it was initiated with counts too.
		if e := b.forbids(u.Key, u.ForbidOverwrite); e != nil {
			return nil, e
		}
		closed := change{Bucket: b.name, Key: u.Key, UploadID: u.ID, Closed: true}
		if e := s.put(r, b, v, "ObjectCreated:CompleteMultipartUpload", closed); e != nil {
			return nil, e
		}
		resp := r.replyXML(completeResultXML{
			Encoding: encode.name, Bucket: b.name, Key: encode.text(u.Key), ETag: `"` + v.ETag + `"`,
			Location: "http://" + b.name + ".oss-" + s.config.Region + ".aliyuncs.com/" + escape(u.Key, true),
		})
		v.writeIdentity(resp.Header)
		resp.Header.Del("Content-MD5") // the body is not the object
		b.writeVersion(resp.Header, v)
		v.Attrs.writeEncryption(resp.Header)
		return resp, nil
	}, nil
}

// named gives the parts that a request to complete names, in its order.
func (u *upload) named(doc completeXML) ([]*part, *Error) {
	var parts []*part
	for i, want := range doc.Parts {
		if want.PartNumber < 1 || want.PartNumber > mostParts || i > 0 && want.PartNumber <= doc.Parts[i-1].PartNumber {
			return nil, refuse(InvalidPartOrder, "")
		}
		p, ok := u.parts.get(want.PartNumber)
		if !ok || !strings.EqualFold(strings.Trim(want.ETag, `"`), p.ETag) {
			return nil, &Error{Code: InvalidPart, Detail: []Detail{
				{"UploadId", u.ID}, {"PartNumber", fmt.Sprint(want.PartNumber)}, {"ETag", want.ETag}}}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// assemble makes the object of the parts.
func (s *Server) assemble(r *request, u *upload, parts []*part) (*version, *Error) {
	v := &version{Type: typeMultipart, Modified: s.now(), Attrs: u.Attrs}
	sums := md5.New()
	var extents []extent
	for i, p := range parts {
		if i < len(parts)-1 && p.Content.size < leastPart {
			return nil, &Error{Code: EntityTooSmall, Detail: []Detail{{"PartNumber", fmt.Sprint(p.Number)}, {"ProposedSize", fmt.Sprint(p.Content.size)}, {"MinSizeAllowed", fmt.Sprint(leastPart)}}}
		}
		extents = append(extents, p.Content.extents...)
		sum, _ := hex.DecodeString(p.ETag)
		sums.Write(sum)
	}
	v.Content = v.Content.append(extents...)
	if v.Content.size > mostObject {
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
