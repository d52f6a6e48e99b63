package localoss

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Object types, as x-oss-object-type names them.
const (
	typeNormal     = "Normal"
	typeMultipart  = "Multipart"
	typeAppendable = "Appendable"
	typeSymlink    = "Symlink"
)

// nullVersion is the id of a version written while versioning was not enabled. A key has at
// most one.
const nullVersion = "null"

// versionPrefix begins the id of every other version.
const versionPrefix = "CAEQ"

// version is one version of an object, or a delete marker. It is never changed once it is in a
// bucket: a change of its tags, for example, replaces it with another version of the same id.
type version struct {
	ID       string
	Marker   bool   `json:",omitempty"`
	Type     string `json:",omitempty"`
	ETag     string `json:",omitempty"` // without quotes
	MD5      string `json:",omitempty"` // in hex; "" if the ETag is the MD5 or there is none
	Modified time.Time
	Content  content
	Attrs    *attrs       `json:",omitempty"`
	Restore  *restoration `json:",omitempty"`
}

// entry is a key with its versions, the newest last.
type entry struct {
	key      string
	versions []*version
}

// current is the newest version, which may be a delete marker; nil if there is none.
func (e *entry) current() *version {
	if e == nil || len(e.versions) == 0 {
		return nil
	}
	return e.versions[len(e.versions)-1]
}

// find returns the version with the id and its index, or -1 and nil.
func (e *entry) find(id string) (int, *version) {
	if e != nil {
		for i := len(e.versions) - 1; i >= 0; i-- {
			if e.versions[i].ID == id {
				return i, e.versions[i]
			}
		}
	}
	return -1, nil
}

// findVersion finds the version with the id, or the current one for "". A delete marker is
// refused: with 404 if it is the current version, with the code explicitMarker if id names it.
func (b *bucket) findVersion(key, id string, explicitMarker ErrorCode) (*version, *Error) {
	e, _ := b.keys.get(key)
	if id == "" {
		v := e.current()
		switch {
		case v == nil:
			return nil, noSuchKey(key)
		case v.Marker:
			return nil, b.withMarkerHeaders(noSuchKey(key), v)
		}
		return v, nil
	}
	_, v := e.find(id)
	switch {
	case v == nil:
		return nil, &Error{Code: NoSuchVersion, Detail: []Detail{{"Key", key}, {"VersionId", id}}}
	case v.Marker:
		return nil, b.withMarkerHeaders(&Error{Code: explicitMarker, EC: "0016-00000307"}, v)
	}
	return v, nil
}

func (b *bucket) withMarkerHeaders(e *Error, marker *version) *Error {
	e.Header = http.Header{}
	e.Header.Set("x-oss-delete-marker", "true")
	b.writeVersion(e.Header, marker)
	return e
}

func noSuchKey(key string) *Error {
	return &Error{Code: NoSuchKey, Detail: []Detail{{"Key", key}}}
}

// writeIdentity sets the headers that identify the content: ETag, CRC-64 and MD5.
func (v *version) writeIdentity(h http.Header) {
	h.Set("ETag", `"`+v.ETag+`"`)
	h.Set("x-oss-hash-crc64ecma", strconv.FormatUint(v.Content.crc, 10))
	sum, err := hex.DecodeString(defaultTo(v.MD5, v.ETag))
	if err == nil && len(sum) == 16 && v.Type != typeAppendable {
		h.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum))
	}
}

// writeVersion sets x-oss-version-id, in buckets that have or had versioning.
func (b *bucket) writeVersion(h http.Header, v *version) {
	if b.config.Versioning != "" {
		h.Set("x-oss-version-id", v.ID)
	}
}
