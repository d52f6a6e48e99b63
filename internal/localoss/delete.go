package localoss

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"strings"
)

// deletion is the result of deleting one key or version.
type deletion struct {
	versionID string // the version that was deleted permanently, or the new delete marker
	marker    bool   // versionID is a delete marker
}

// deleteKey deletes the current object, or permanently the version with the id. Deleting what
// does not exist succeeds. The bucket is locked.
func (s *Server) deleteKey(r *request, b *bucket, key, id, event string) (deletion, *Error) {
	e, _ := b.keys.get(key)
	if id == "" {
		if b.config.Versioning != "" {
			return s.putDeleteMarker(r, b, key)
		}
		id = nullVersion
	}
	_, v := e.find(id)
	if v == nil {
		return deletion{versionID: r.call.VersionID}, nil
	}
	if e := s.checkRetention(b, key, v); e != nil {
		return deletion{}, e
	}
	if e := s.commit(b, mutation{Bucket: b.name, Key: key, Remove: id}); e != nil {
		return deletion{}, e
	}
	if !v.Marker {
		r.recordEvent(event, key, v, -v.Content.size)
	}
	return deletion{versionID: id, marker: v.Marker}, nil
}

// putDeleteMarker makes a delete marker the key's current version. It raises an event only if Config says so.
func (s *Server) putDeleteMarker(r *request, b *bucket, key string) (deletion, *Error) {
	e, _ := b.keys.get(key)
	hidden := e.current()
	v := &version{ID: nullVersion, Marker: true, Modified: s.now()}
	if b.config.Versioning == versioningEnabled {
		v.ID = s.versionID()
	}
	if e := s.commit(b, mutation{Bucket: b.name, Key: key, Put: v}); e != nil {
		return deletion{}, e
	}
	if s.config.DeleteMarkerEvents && r.call.Name == "DeleteObject" && hidden != nil && !hidden.Marker {
		r.recordEvent("ObjectRemoved:DeleteObject", key, hidden, 0)
	}
	return deletion{versionID: v.ID, marker: true}, nil
}

func (s *Server) deleteObject(r *request) (effect, *Error) {
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		d, e := s.deleteKey(r, b, r.call.Key, r.call.VersionID, "ObjectRemoved:DeleteObject")
		if e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusNoContent)
		if b.config.Versioning != "" {
			set(resp.Header, "x-oss-version-id", d.versionID)
			if d.marker {
				resp.Header.Set("x-oss-delete-marker", "true")
			}
		}
		return resp, nil
	}), nil
}

type deleteXML struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Objects []struct {
		Key       xmlKey
		VersionID string `xml:"VersionId"`
	} `xml:"Object"`
}

type deleteResultXML struct {
	XMLName  xml.Name `xml:"DeleteResult"`
	Encoding string   `xml:"EncodingType,omitempty"`
	Deleted  []deletedXML
}

type deletedXML struct {
	Key             xmlKey
	VersionID       string `xml:"VersionId,omitempty"`
	DeleteMarker    bool   `xml:",omitempty"`
	MarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

// maxDeletedKeys is how many keys one DeleteMultipleObjects may name.
const maxDeletedKeys = 1000

func (s *Server) deleteMultipleObjects(r *request) (effect, *Error) {
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	doc, e := r.readDelete()
	if e != nil {
		return nil, e
	}
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		result := deleteResultXML{Encoding: encode.name}
		for _, o := range doc.Objects {
			d, e := s.deleteKey(r, b, string(o.Key), o.VersionID, "ObjectRemoved:DeleteObjects")
			if e != nil {
				return nil, e
			}
			item := deletedXML{Key: encode.text(string(o.Key)), VersionID: o.VersionID, DeleteMarker: d.marker}
			if d.marker {
				item.MarkerVersionID = d.versionID
			}
			result.Deleted = append(result.Deleted, item)
		}
		if doc.Quiet {
			return r.reply(http.StatusOK), nil
		}
		return r.replyXML(result), nil
	}), nil
}

// shortenMD5 drops what follows the 16 bytes of an MD5 in Content-MD5: the C SDK sends four bytes more, which OSS
// ignores in this operation.
func (r *request) shortenMD5() {
	if sum, err := base64.StdEncoding.DecodeString(r.header("Content-MD5")); err == nil && len(sum) == md5.Size+4 {
		r.Header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:md5.Size]))
	}
}

// readDelete reads the list of keys to delete and checks that the request may delete each.
func (r *request) readDelete() (doc deleteXML, e *Error) {
	r.shortenMD5()
	if e := r.readXML(&doc); e != nil {
		return doc, e
	}
	if len(doc.Objects) == 0 || len(doc.Objects) > maxDeletedKeys {
		return doc, refuse(MalformedXML, "")
	}
	for _, o := range doc.Objects {
		key := string(o.Key)
		if key == "" || !validKey(key) {
			return doc, &Error{Code: InvalidObjectName, Detail: []Detail{{"ObjectName", key}}}
		}
		if id := o.VersionID; id != "" && id != nullVersion && !strings.HasPrefix(id, versionPrefix) {
			return doc, invalidArgument("Invalid version id specified.", "versionId", id)
		}
		action := "DeleteObject"
		if o.VersionID != "" {
			action = "DeleteObjectVersion"
		}
		if e := r.checkAllowed([]Action{r.onObject(action, r.call.Bucket, key)}); e != nil {
			return doc, e
		}
	}
	return doc, nil
}
