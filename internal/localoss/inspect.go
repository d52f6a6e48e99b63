package localoss

import (
	"io"
	"maps"
	"slices"
	"time"
)

// Object is a snapshot of one version of an object. It does not change when the object does.
type Object struct {
	Key          string
	VersionID    string // "null" outside versioning
	DeleteMarker bool
	Type         string // Normal, Multipart, Appendable, Symlink
	Size         int64
	ETag         string // without quotes
	CRC64        uint64
	LastModified time.Time

	StorageClass string
	ACL          string // "default" when the bucket's applies
	Tags         []Tag
	Meta         map[string]string // names in lower case without x-oss-meta-

	ContentType        string
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	Expires            string

	ServerSideEncryption      string
	ServerSideEncryptionKeyID string
	ServerSideDataEncryption  string
	SymlinkTarget             string

	content content
}

// Reader returns a reader of the object's content.
func (o *Object) Reader() io.Reader { return o.content.reader(0, o.content.size) }

// currentSnapshot is snapshot, but nil for a delete marker or no version.
func currentSnapshot(key string, v *version) *Object {
	if v == nil || v.Marker {
		return nil
	}
	return snapshot(key, v)
}

func snapshot(key string, v *version) *Object {
	o := &Object{Key: key, VersionID: v.ID, DeleteMarker: v.Marker, Type: v.Type, Size: v.Content.size, ETag: v.ETag,
		CRC64: v.Content.crc, LastModified: v.Modified, content: v.Content}
	if a := v.Attrs; a != nil {
		o.StorageClass, o.ACL, o.Tags, o.Meta = a.Class, a.ACL, slices.Clone(a.Tags), maps.Clone(a.Meta)
		o.ContentType, o.CacheControl, o.ContentDisposition = a.ContentType, a.CacheControl, a.ContentDisposition
		o.ContentEncoding, o.ContentLanguage, o.Expires = a.ContentEncoding, a.ContentLanguage, a.Expires
		o.ServerSideEncryption, o.ServerSideEncryptionKeyID, o.ServerSideDataEncryption = a.SSE, a.SSEKeyID, a.SSEData
		o.SymlinkTarget = a.Target
	}
	return o
}

// Object returns the current object of a key; false if there is none.
func (s *Server) Object(bucket, key string) (*Object, bool) {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return nil, false
	}
	defer unlock()
	en, _ := b.keys.get(key)
	o := currentSnapshot(key, en.current())
	return o, o != nil
}

// Objects returns the current objects of a bucket, by key.
func (s *Server) Objects(bucket string) []*Object {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return nil
	}
	defer unlock()
	var all []*Object
	for key, en := range b.keys.from("") {
		if o := currentSnapshot(key, en.current()); o != nil {
			all = append(all, o)
		}
	}
	return all
}

// Versions returns every version and delete marker of a key, the newest first.
func (s *Server) Versions(bucket, key string) []*Object {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return nil
	}
	defer unlock()
	var all []*Object
	if en, _ := b.keys.get(key); en != nil {
		for _, v := range slices.Backward(en.versions) {
			all = append(all, snapshot(key, v))
		}
	}
	return all
}

// Upload is an open multipart upload.
type Upload struct {
	Key       string
	ID        string
	Initiated time.Time
	Parts     int
	Size      int64 // of all parts
}

// Uploads returns the open multipart uploads of a bucket, by key and id.
func (s *Server) Uploads(bucket string) []Upload {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return nil
	}
	defer unlock()
	var all []Upload
	for _, u := range b.uploads.from(uploadKey{}) {
		open := Upload{Key: u.Key, ID: u.ID, Initiated: u.Initiated, Parts: u.parts.count}
		for _, p := range u.parts.from(0) {
			open.Size += p.Content.size
		}
		all = append(all, open)
	}
	return all
}
