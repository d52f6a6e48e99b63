package localoss

import (
	"encoding/xml"
	"net/http"
	"slices"
)

type ownerXML struct {
	ID          string
	DisplayName string
}

// ownerOf is an account as an owner. Objects have the owner of their bucket: OSS names it in the ACL of each.
// Source: OSS API reference, GetObjectACL.
func ownerOf(account string) ownerXML { return ownerXML{account, account} }

type aclXML struct {
	XMLName xml.Name `xml:"AccessControlPolicy"`
	Owner   ownerXML
	Grant   string `xml:"AccessControlList>Grant"`
}

func (s *Server) putObjectACL(r *request) (effect, *Error) {
	acl := r.header("x-oss-object-acl")
	if acl == "" {
		return nil, missingArgument("x-oss-object-acl")
	}
	if !slices.Contains(acls, acl) {
		return nil, invalidArgument("no such object access control exists", "x-oss-object-acl", acl)
	}
	return s.changeAttrs(r, http.StatusOK, func(a *attrs) { a.ACL = acl }), nil
}

func (s *Server) getObjectACL(r *request) (effect, *Error) {
	return s.readVersion(r, func(b *bucket, v *version) (*Response, *Error) {
		resp := r.replyXML(aclXML{Owner: ownerOf(b.owner), Grant: v.Attrs.ACL})
		b.writeVersion(resp.Header, v)
		return resp, nil
	}), nil
}
