package localoss

import (
	"encoding/xml"
	"slices"
)

// S3 has an ACL as a list of grants; of those, OSS has what the owner and everybody may do.

const allUsers = "http://acs.amazonaws.com/groups/global/AllUsers"

type s3ACLXML struct {
	XMLName xml.Name `xml:"AccessControlPolicy"`
	Owner   ownerXML
	Grants  []s3GrantXML `xml:"AccessControlList>Grant"`
}

type s3GrantXML struct {
	Grantee    s3GranteeXML
	Permission string
}

type s3GranteeXML struct {
	Instance string `xml:"xmlns:xsi,attr"`
	Type     string `xml:"xsi:type,attr"`
	ID       string `xml:",omitempty"`
	URI      string `xml:",omitempty"`
}

// aclDocument is an ACL as the API of the request has it.
func (r *request) aclDocument(owner, acl string) any {
	if !r.s3 {
		return aclXML{Owner: ownerOf(owner), Grant: acl}
	}
	const instance = "http://www.w3.org/2001/XMLSchema-instance"
	doc := s3ACLXML{Owner: ownerOf(owner), Grants: []s3GrantXML{
		{s3GranteeXML{Instance: instance, Type: "CanonicalUser", ID: owner}, "FULL_CONTROL"},
	}}
	everybody := s3GranteeXML{Instance: instance, Type: "Group", URI: allUsers}
	if acl == "public-read" || acl == "public-read-write" {
		doc.Grants = append(doc.Grants, s3GrantXML{everybody, "READ"})
	}
	if acl == "public-read-write" {
		doc.Grants = append(doc.Grants, s3GrantXML{everybody, "WRITE"})
	}
	return doc
}

// requestedACL is the ACL that a request to set one names: in a header, or by S3 also in its body.
func (r *request) requestedACL(header string) (string, *Error) {
	if acl := r.header(header); acl != "" || !r.s3 {
		return acl, nil
	}
	var doc s3ACLXML
	if e := r.readXML(&doc); e != nil {
		return "", e
	}
	grants := func(permission string) bool {
		return slices.ContainsFunc(doc.Grants, func(g s3GrantXML) bool {
			return g.Grantee.URI == allUsers && (g.Permission == permission || g.Permission == "FULL_CONTROL")
		})
	}
	switch {
	case grants("WRITE"):
		return "public-read-write", nil
	case grants("READ"):
		return "public-read", nil
	}
	return "private", nil
}
