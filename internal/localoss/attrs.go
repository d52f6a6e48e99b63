package localoss

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	defaultContentType = "application/octet-stream"
	// defaultKMSKey is the key that OSS uses if a request names none.
	defaultKMSKey = "9468da86-3509-4f8d-a61e-6eab1eac0001"
	// maxUserMeta is the maximum size of an object's user metadata, names and values.
	maxUserMeta = 8 << 10
)

var (
	classes  = []string{"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"}
	archived = classes[2:] // must be restored before they can be read
	acls     = []string{"default", "private", "public-read", "public-read-write"}
)

// attrs are an object's attributes: everything but its content. They are never changed once a
// version has them, and versions share them.
type attrs struct {
	Class              string            `json:",omitempty"`
	ACL                string            `json:",omitempty"`
	ContentType        string            `json:",omitempty"`
	CacheControl       string            `json:",omitempty"`
	ContentDisposition string            `json:",omitempty"`
	ContentEncoding    string            `json:",omitempty"`
	ContentLanguage    string            `json:",omitempty"`
	Expires            string            `json:",omitempty"`
	Meta               map[string]string `json:",omitempty"` // names in lower case, without x-oss-meta-
	Tags               []Tag             `json:",omitempty"` // in the order of the request
	SSE                string            `json:",omitempty"`
	SSEKeyID           string            `json:",omitempty"`
	SSEData            string            `json:",omitempty"`
	Target             string            `json:",omitempty"` // of a symlink
}

// Tag is one tag of an object or bucket.
type Tag struct{ Key, Value string }

func (a *attrs) clone() *attrs {
	b := *a
	b.Meta = maps.Clone(a.Meta)
	b.Tags = slices.Clone(a.Tags)
	return &b
}

// readAttrs reads the attributes of the object that the request writes. class is the storage
// class if the request names none.
func (r *request) readAttrs(class string) (*attrs, *Error) {
	a := &attrs{
		Class:              defaultTo(r.header("x-oss-storage-class"), class),
		ACL:                defaultTo(r.header("x-oss-object-acl"), "default"),
		ContentType:        defaultTo(r.header("Content-Type"), defaultContentType),
		CacheControl:       r.header("Cache-Control"),
		ContentDisposition: r.header("Content-Disposition"),
		ContentEncoding:    r.header("Content-Encoding"),
		ContentLanguage:    r.header("Content-Language"),
		Expires:            r.header("Expires"),
	}
	if !slices.Contains(classes, a.Class) {
		return nil, &Error{Code: InvalidStorageClass, Detail: []Detail{{"StorageClass", a.Class}}}
	}
	if !slices.Contains(acls, a.ACL) {
		return nil, invalidArgument("no such object access control exists", "x-oss-object-acl", a.ACL)
	}
	if e := r.readUserMeta(a); e != nil {
		return nil, e
	}
	if e := r.readEncryption(a); e != nil {
		return nil, e
	}
	tags, e := parseTagging(r.header("x-oss-tagging"))
	a.Tags = tags
	return a, e
}

func (r *request) readUserMeta(a *attrs) *Error {
	size := 0
	for name, values := range r.Header {
		if !utf8.ValidString(strings.Join(values, "")) {
			return invalidArgument("The header is not UTF-8.", name, "")
		}
		if name, ok := strings.CutPrefix(strings.ToLower(name), "x-oss-meta-"); ok && name != "" {
			if a.Meta == nil {
				a.Meta = map[string]string{}
			}
			a.Meta[name] = strings.Join(values, ",")
			size += len(name) + len(a.Meta[name])
		}
	}
	if size > maxUserMeta {
		return &Error{Code: InvalidArgument, Message: "The user metadata of an object must not exceed 8 KB."}
	}
	return nil
}

func (r *request) readEncryption(a *attrs) *Error {
	a.SSE = r.header("x-oss-server-side-encryption")
	a.SSEKeyID = r.header("x-oss-server-side-encryption-key-id")
	a.SSEData = r.header("x-oss-server-side-data-encryption")
	switch a.SSE {
	case "KMS":
		a.SSEKeyID = defaultTo(a.SSEKeyID, defaultKMSKey)
		if a.SSEData != "" && a.SSEData != "SM4" {
			return refuse(InvalidEncryptionAlgorithm, "")
		}
	case "", "AES256", "SM4": // without KMS the rest is ignored, as tests of ossutil and Python SDK v1 assert
		a.SSEKeyID, a.SSEData = "", ""
	default:
		return refuse(InvalidEncryptionAlgorithm, "")
	}
	return nil
}

// encrypting are the operations that can have the header x-oss-server-side-encryption.
// Source: OSS help, EC 0005-00000002.
var encrypting = []string{"PutObject", "CopyObject", "InitiateMultipartUpload", "AppendObject"}

// checkEncryptionHeader refuses the header where an operation cannot have it, and the default encryption of a bucket,
// which this server does not have.
func (r *request) checkEncryptionHeader(op *operation) *Error {
	const name = "x-oss-server-side-encryption"
	switch value := r.header(name); {
	case value == "" || slices.Contains(encrypting, op.name):
		return nil
	case op.name == "PutBucket":
		return notImplemented(name + " of PutBucket")
	default:
		e := invalidArgument("The operation cannot have "+name+".", name, value)
		e.EC = "0005-00000002"
		return e
	}
}

// writeEncryption sets the encryption headers. Nothing is encrypted: the server only records
// what was requested.
func (a *attrs) writeEncryption(h http.Header) {
	set(h, "x-oss-server-side-encryption", a.SSE)
	set(h, "x-oss-server-side-encryption-key-id", a.SSEKeyID)
	set(h, "x-oss-server-side-data-encryption", a.SSEData)
}

// writeContent sets the content headers and the user metadata.
func (a *attrs) writeContent(h http.Header) {
	set(h, "Content-Type", a.ContentType)
	set(h, "Cache-Control", a.CacheControl)
	set(h, "Content-Disposition", a.ContentDisposition)
	set(h, "Content-Encoding", a.ContentEncoding)
	set(h, "Content-Language", a.ContentLanguage)
	set(h, "Expires", a.Expires)
	for name, value := range a.Meta {
		h.Set("x-oss-meta-"+name, value)
	}
}

func set(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
