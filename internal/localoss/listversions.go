package localoss

import (
	"encoding/xml"
	"strings"
)

type listVersionsXML struct {
	XMLName        xml.Name `xml:"ListVersionsResult"`
	Name           string
	Prefix         string
	KeyMarker      string
	VersionMarker  string `xml:"VersionIdMarker"`
	MaxKeys        int
	Delimiter      string
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	NextKeyMarker  string `xml:",omitempty"`
	NextVersion    string `xml:"NextVersionIdMarker,omitempty"`
	Versions       []versionXML
	CommonPrefixes []prefixXML
}

// versionXML is a Version, or, with that element name, a DeleteMarker.
type versionXML struct {
	XMLName      xml.Name
	Key          string
	VersionID    string `xml:"VersionId"`
	IsLatest     bool
	LastModified string
	ETag         string `xml:",omitempty"`
	Type         string `xml:",omitempty"`
	Size         *int64
	StorageClass string `xml:",omitempty"`
	RestoreInfo  string `xml:",omitempty"`
	Owner        ownerXML
}

func (s *Server) listObjectVersions(r *request) (commit, *Error) {
	p, e := r.page()
	if e != nil {
		return nil, e
	}
	p.marker = r.q("key-marker")
	versionMarker := r.q("version-id-marker")
	if versionMarker != "" && p.marker == "" {
		return nil, invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", versionMarker)
	}
	return func() (*Response, *Error) {
		b, unlock, e := s.rlock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		doc := listVersionsXML{Name: b.name, Prefix: p.encode.text(p.prefix), KeyMarker: p.encode.text(p.marker), VersionMarker: versionMarker,
			MaxKeys: p.most, Delimiter: p.encode.text(p.delimiter), EncodingType: p.encode.name}
		s.fillVersions(&doc, b, p, versionMarker)
		return r.replyXML(doc), nil
	}, nil
}

// fillVersions lists every version, by key and then from the newest. A version
// marker names the last one seen of the marker's key.
func (s *Server) fillVersions(doc *listVersionsXML, b *bucket, p page, versionMarker string) {
	now := s.config.Now()
	lastKey, lastVersion, lastGroup := "", "", ""
	for key, e := range b.keys.from(max(p.prefix, p.marker)) {
		if !strings.HasPrefix(key, p.prefix) {
			return
		}
		if key == p.marker && versionMarker == "" {
			continue
		}
		if g := group(key, p.prefix, p.delimiter); g != "" {
			if g == lastGroup || g <= p.marker {
				continue
			}
			if doc.full(p, lastKey, lastVersion) {
				return
			}
			doc.CommonPrefixes = append(doc.CommonPrefixes, prefixXML{p.encode.text(g)})
			lastGroup, lastKey, lastVersion = g, g, ""
			continue
		}
		from := len(e.versions) - 1
		if key == p.marker {
			if i, _ := e.find(versionMarker); i >= 0 {
				from = i - 1
			}
		}
		for i := from; i >= 0; i-- {
			if doc.full(p, lastKey, lastVersion) {
				return
			}
			v := e.versions[i]
			doc.Versions = append(doc.Versions, v.listed(p.encode.text(key), i == len(e.versions)-1, v.restoreHeader(now)))
			lastKey, lastVersion = key, v.ID
		}
	}
}

// full says that the page can take no more, and then where the next begins.
func (doc *listVersionsXML) full(p page, key, version string) bool {
	if len(doc.Versions)+len(doc.CommonPrefixes) < p.most {
		return false
	}
	doc.IsTruncated, doc.NextKeyMarker, doc.NextVersion = true, p.encode.text(key), version
	return true
}

func (v *version) listed(key string, latest bool, restore string) versionXML {
	x := versionXML{XMLName: xml.Name{Local: "DeleteMarker"}, Key: key, VersionID: v.ID, IsLatest: latest,
		LastModified: v.Modified.Format(xmlTime), Owner: theOwner}
	if v.Marker {
		return x
	}
	x.XMLName.Local = "Version"
	x.ETag, x.Type, x.Size, x.StorageClass, x.RestoreInfo = `"`+v.ETag+`"`, v.Type, &v.Content.size, v.Attrs.Class, restore
	return x
}
