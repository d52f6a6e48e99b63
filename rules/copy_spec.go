package rules

import (
	"fmt"
	"slices"
	"time"
)

// copySpec is one entry under a rule's copy, with the defaults filled in.
type copySpec struct {
	rule        *rule
	line        int
	col         int
	fieldPlaces []fieldPlace

	bucket, key *template // nil is the source's
	remote      Remote
	listed      bool // bucket is one of a list, and there is a copy like this one for each

	storageClass string
	objectACL    string

	taggingDirective Directive
	tagging          []entry

	metadataDirective Directive
	headers           headerTemplates
	meta              []entry

	serverSideEncryption      string
	serverSideEncryptionKeyID *template
	serverSideDataEncryption  string

	forbidOverwrite bool
	trafficLimit    int64
	requestPayer    string

	copyIf conditionalHeaders

	followSymlinks bool
	restore        *Restore // nil for none
	rewriteInPlace bool

	deleteSource      bool
	withoutVersioning bool
	namesSource       bool // see Set.nameSources
}

// entry is one tag or one entry of metadata to set; a nil value removes it.
type entry struct {
	key   string
	value *template
	line  int // 0 for one that is not from a file
}

// fieldPlace says where a field of a copy was given.
type fieldPlace struct {
	field    string
	line     int
	col      int
	defaults bool // by defaults.copy
}

// given finds where a field was given, nil if nowhere.
func (c *copySpec) given(field string) *fieldPlace {
	for i := range c.fieldPlaces {
		if c.fieldPlaces[i].field == field {
			return &c.fieldPlaces[i]
		}
	}
	return nil
}

// dropDefault removes a default from a copy where it makes no sense.
func (c *copySpec) dropDefault(field string) {
	c.fieldPlaces = slices.DeleteFunc(c.fieldPlaces, func(o fieldPlace) bool { return o.field == field })
}

// leavesEncryption reports whether the copy says that the destination bucket decides about the encryption.
func (c *copySpec) leavesEncryption() bool {
	return c.serverSideEncryption == "" && c.given("server-side-encryption") != nil
}

// templates visits all templates of a copy, with the name of the field of each.
func (c *copySpec) templates(visit func(field string, t *template)) {
	for _, f := range []struct {
		name string
		t    *template
	}{{"bucket", c.bucket}, {"key", c.key}, {"server-side-encryption-key-id", c.serverSideEncryptionKeyID}} {
		if f.t != nil {
			visit(f.name, f.t)
		}
	}
	for _, e := range c.tagging {
		if e.value != nil {
			visit("tagging", e.value)
		}
	}
	for _, e := range c.meta {
		if e.value != nil {
			visit("meta", e.value)
		}
	}
	for _, h := range contentHeaders {
		if t := c.headers[h.field]; t != nil {
			visit(h.field, t)
		}
	}
}

// position is where a copy says what it writes.
func (c *copySpec) position() (line, col int) {
	for _, field := range []string{"key", "bucket"} {
		if o := c.given(field); o != nil && !o.defaults {
			return o.line, o.col
		}
	}
	return c.line, c.col
}

// named is the name of a field for a message, with the line of the defaults if it comes
// from there.
func (c *copySpec) named(field string) string {
	if o := c.given(field); o != nil && o.defaults {
		return fmt.Sprintf("%s (defaults, line %d)", field, o.line)
	}
	return field
}

// conditionalHeaders are the copy-source-if-* fields.
type conditionalHeaders struct {
	match, noneMatch               string
	modifiedSince, unmodifiedSince time.Time
}

var (
	objectACLs  = []string{aclDefault, "private", "public-read", "public-read-write", aclSource}
	directives  = []string{string(DirectiveCopy), string(DirectiveReplace), string(directiveMerge)}
	encryptions = []string{"AES256", "KMS", "SM4", encryptionDefault}
)

// encryptionDefault is the server-side-encryption that means the default encryption of the destination bucket:
// nothing is sent, as without the field.
const encryptionDefault = "default"

// aclSource is the object-acl that means the ACL that the source has in effect; aclDefault is the ACL of
// an object that has that of its bucket.
const (
	aclSource  = "source"
	aclDefault = "default"
)
