package localoss

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	defaultContentType = "application/octet-stream"
	// defaultKMSKey is the key OSS makes for an account that names none.
	defaultKMSKey = "9468da86-3509-4f8d-a61e-6eab1eac0001"
	// mostMeta is the most user metadata of an object, names and values.
	mostMeta = 8 << 10
)

// classes are the storage classes, archived the ones to restore before reading.
var (
	classes  = []string{"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"}
	archived = classes[2:]
	acls     = []string{"default", "private", "public-read", "public-read-write"}
)

// readAttrs reads what a request says of the object it makes. class is used
// where the request names none.
func (r *request) readAttrs(class string) (*attrs, *Error) {
	a := &attrs{
		Class:              defaultTo(r.h("x-oss-storage-class"), class),
		ACL:                defaultTo(r.h("x-oss-object-acl"), "default"),
		ContentType:        defaultTo(r.h("Content-Type"), defaultContentType),
		CacheControl:       r.h("Cache-Control"),
		ContentDisposition: r.h("Content-Disposition"),
		ContentEncoding:    r.h("Content-Encoding"),
		ContentLanguage:    r.h("Content-Language"),
		Expires:            r.h("Expires"),
	}
	if !slices.Contains(classes, a.Class) {
		return nil, &Error{Code: InvalidStorageClass, Detail: []Detail{{"StorageClass", a.Class}}}
	}
	if !slices.Contains(acls, a.ACL) {
		return nil, invalidArgument("no such object access control exists", "x-oss-object-acl", a.ACL)
	}
	size := 0
	for name, values := range r.Header {
		if !utf8.ValidString(strings.Join(values, "")) {
			return nil, invalidArgument("The header is not UTF-8.", name, "")
		}
		if name, ok := strings.CutPrefix(strings.ToLower(name), "x-oss-meta-"); ok && name != "" {
			if a.Meta == nil {
				a.Meta = map[string]string{}
			}
			a.Meta[name] = strings.Join(values, ",")
			size += len(name) + len(a.Meta[name])
		}
	}
	if size > mostMeta {
		return nil, &Error{Code: InvalidArgument, Message: "The user metadata of an object must not exceed 8 KB."}
	}
	if e := r.readEncryption(a); e != nil {
		return nil, e
	}
	tags, e := parseTagging(r.h("x-oss-tagging"))
	a.Tags = tags
	return a, e
}

func (r *request) readEncryption(a *attrs) *Error {
	a.SSE = r.h("x-oss-server-side-encryption")
	a.SSEKeyID = r.h("x-oss-server-side-encryption-key-id")
	a.SSEData = r.h("x-oss-server-side-data-encryption")
	switch a.SSE {
	case "KMS":
		a.SSEKeyID = defaultTo(a.SSEKeyID, defaultKMSKey)
		if a.SSEData != "" && a.SSEData != "SM4" {
			return refuse(InvalidEncryptionAlgorithm, "")
		}
	case "", "AES256", "SM4":
		if a.SSEKeyID != "" || a.SSEData != "" {
			return invalidArgument("A key id and a data encryption go with the encryption KMS alone.", "x-oss-server-side-encryption", a.SSE)
		}
	default:
		return refuse(InvalidEncryptionAlgorithm, "")
	}
	return nil
}

// writeEncryption answers the encryption, which is recorded and no more.
func (a *attrs) writeEncryption(h http.Header) {
	set(h, "x-oss-server-side-encryption", a.SSE)
	set(h, "x-oss-server-side-encryption-key-id", a.SSEKeyID)
	set(h, "x-oss-server-side-data-encryption", a.SSEData)
}

// writeContent answers the headers that were stored for the reader.
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

// writeIdentity answers what tells this version from others.
func (v *version) writeIdentity(h http.Header) {
	h.Set("ETag", `"`+v.ETag+`"`)
	h.Set("x-oss-hash-crc64ecma", strconv.FormatUint(v.Content.crc, 10))
	if sum, err := hex.DecodeString(defaultTo(v.MD5, v.ETag)); err == nil && len(sum) == 16 && v.Type != typeAppendable {
		h.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum))
	}
}

// writeVersion answers a version id, in buckets that ever had versioning.
func (b *bucket) writeVersion(h http.Header, v *version) {
	if b.config.Versioning != "" {
		h.Set("x-oss-version-id", v.ID)
	}
}

func set(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// meets checks the conditions of a reader, named with the prefix of a copy or
// none: 412 if the object should match and does not, 304 if it should have
// changed and has not. A time that is none is no condition, as in HTTP.
func (r *request) meets(prefix string, v *version) *Error {
	if want := r.h(prefix + "If-Match"); want != "" && !matches(want, v.ETag) {
		return &Error{Code: PreconditionFailed, Detail: []Detail{{"Condition", "If-Match"}}}
	}
	if at, err := http.ParseTime(r.h(prefix + "If-Unmodified-Since")); err == nil && v.Modified.After(at) {
		return &Error{Code: PreconditionFailed, Detail: []Detail{{"Condition", "If-Unmodified-Since"}}}
	}
	unchanged := &Error{Code: NotModified, Header: http.Header{"Etag": {`"` + v.ETag + `"`}, "Last-Modified": {v.Modified.Format(http.TimeFormat)}}}
	if want := r.h(prefix + "If-None-Match"); want != "" {
		if matches(want, v.ETag) {
			return unchanged
		}
		return nil // a matching If-None-Match goes before the time
	}
	if at, err := http.ParseTime(r.h(prefix + "If-Modified-Since")); err == nil && !v.Modified.After(at) {
		return unchanged
	}
	return nil
}

// matches compares an ETag with one of a condition, with quotes or without.
func matches(want, etag string) bool {
	return want == "*" || strings.EqualFold(strings.Trim(want, `"`), etag)
}
