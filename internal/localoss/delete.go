package localoss

import (
	"encoding/xml"
	"net/http"
)

// deleted is what became of one key or version.
type deleted struct {
	versionID string // what was removed for good, or the marker that was made
	marker    bool   // versionID is a delete marker
	made      bool   // and was made by this deletion
}

// remove deletes the current object, or one version for good. What is not
// there is as good as deleted. The bucket is locked.
func (s *Server) remove(r *request, b *bucket, key, id, event string) (deleted, *Error) {
	e, _ := b.keys.get(key)
	if id == "" {
		if b.config.Versioning != "" {
			return s.mark(b, key)
		}
		id = nullVersion
	}
	_, v := e.find(id)
	if v == nil {
		return deleted{versionID: r.call.VersionID}, nil
	}
	if e := s.mayRemove(b, key, v); e != nil {
		return deleted{}, e
	}
	if e := s.commit(b, change{Bucket: b.name, Key: key, Remove: id}); e != nil {
		return deleted{}, e
	}
	if !v.Marker {
		r.raise(event, key, v, -v.Content.size)
	}
	return deleted{versionID: id, marker: v.Marker}, nil
}

// mark hides a key behind a delete marker. It raises no event.
func (s *Server) mark(b *bucket, key string) (deleted, *Error) {
	v := &version{ID: nullVersion, Marker: true, Modified: s.now()}
	if b.config.Versioning == versioningEnabled {
		v.ID = s.versionID()
	}
	if e := s.commit(b, change{Bucket: b.name, Key: key, Put: v}); e != nil {
		return deleted{}, e
	}
	return deleted{versionID: v.ID, marker: true, made: true}, nil
}

func (s *Server) deleteObject(r *request) (commit, *Error) {
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		d, e := s.remove(r, b, r.call.Key, r.call.VersionID, "ObjectRemoved:DeleteObject")
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
	}, nil
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
	Key             string
	VersionID       string `xml:"VersionId,omitempty"`
	DeleteMarker    bool   `xml:",omitempty"`
	MarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

// mostDeleted is how many keys one DeleteMultipleObjects may name.
const mostDeleted = 1000

func (s *Server) deleteMultipleObjects(r *request) (commit, *Error) {
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	var doc deleteXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if len(doc.Objects) == 0 || len(doc.Objects) > mostDeleted {
		return nil, refuse(MalformedXML, "")
	}
	for _, o := range doc.Objects {
		key := string(o.Key)
		if key == "" || !validKey(key) {
			return nil, &Error{Code: InvalidObjectName, Detail: []Detail{{"ObjectName", key}}}
		}
		action := "DeleteObject"
		if o.VersionID != "" {
			action = "DeleteObjectVersion"
		}
		if e := r.allow([]Action{r.onObject(action, r.call.Bucket, key)}); e != nil {
			return nil, e
		}
	}
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		result := deleteResultXML{Encoding: encode.name}
		for _, o := range doc.Objects {
			d, e := s.remove(r, b, string(o.Key), o.VersionID, "ObjectRemoved:DeleteObjects")
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
	}, nil
}
