package localoss

import (
	"encoding/xml"
	"strings"
	"time"
)

type listVersionsXML struct {
	XMLName        xml.Name `xml:"ListVersionsResult"`
	Name           string
	Prefix         xmlKey
	KeyMarker      xmlKey
	VersionMarker  string `xml:"VersionIdMarker"`
	MaxKeys        int
	Delimiter      xmlKey
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	NextKeyMarker  xmlKey `xml:",omitempty"`
	NextVersion    string `xml:"NextVersionIdMarker,omitempty"`
	Versions       []versionXML
	CommonPrefixes []prefixXML
}

// versionXML is a Version element or a DeleteMarker element, according to XMLName.
type versionXML struct {
	XMLName      xml.Name
	Key          xmlKey
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

func (s *Server) listObjectVersions(r *request) (effect, *Error) {
	p, e := r.page()
	if e != nil {
		return nil, e
	}
	p.marker = r.param("key-marker")
	versionMarker := r.param("version-id-marker")
	if versionMarker != "" && p.marker == "" {
		return nil, invalidArgument("A version-id marker cannot be specified without a key marker.",
			"version-id-marker", versionMarker)
	}
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		l := versionsLister{page: p, owner: b.owner, versionMarker: versionMarker, now: s.config.Now()}
		l.doc = listVersionsXML{
			Name:          b.name,
			Prefix:        p.encode.text(p.prefix),
			KeyMarker:     p.encode.text(p.marker),
			VersionMarker: versionMarker,
			MaxKeys:       p.maxKeys,
			Delimiter:     p.encode.text(p.delimiter),
			EncodingType:  p.encode.name,
		}
		l.list(b)
		return r.replyXML(l.doc), nil
	}), nil
}

// versionsLister fills one page of a listing of versions.
type versionsLister struct {
	page
	owner         string // of the bucket
	versionMarker string // the last version listed of the marker's key
	now           time.Time
	doc           listVersionsXML

	lastKey, lastVersion string // of the page so far
}

// list lists all versions by key, those of a key from the newest on.
func (l *versionsLister) list(b *bucket) {
	lastPrefix := ""
	for key, e := range b.keys.from(max(l.prefix, l.marker)) {
		if !strings.HasPrefix(key, l.prefix) {
			return
		}
		if key == l.marker && l.versionMarker == "" {
			continue
		}
		switch common := commonPrefix(key, l.prefix, l.delimiter); {
		case common == "":
			if !l.addVersions(key, e) {
				return
			}
		case common != lastPrefix && common > l.marker:
			if !l.addPrefix(common) {
				return
			}
			lastPrefix = common
		}
	}
}

// addVersions lists the versions of a key and reports whether the page had room for them.
func (l *versionsLister) addVersions(key string, e *entry) bool {
	newest := len(e.versions) - 1
	from := newest
	if key == l.marker {
		if i, _ := e.find(l.versionMarker); i >= 0 {
			from = i - 1
		}
	}
	for i := from; i >= 0; i-- {
		if l.full() {
			return false
		}
		v := e.versions[i]
		entry := v.listEntry(l.owner, l.encode.text(key), i == newest, v.restoreHeader(l.now))
		l.doc.Versions = append(l.doc.Versions, entry)
		l.lastKey, l.lastVersion = key, v.ID
	}
	return true
}

// addPrefix lists a common prefix and reports whether the page had room for it.
func (l *versionsLister) addPrefix(common string) bool {
	if l.full() {
		return false
	}
	l.doc.CommonPrefixes = append(l.doc.CommonPrefixes, prefixXML{l.encode.text(common)})
	l.lastKey, l.lastVersion = common, ""
	return true
}

// full reports whether the page has no room left. If so it marks the page as truncated.
func (l *versionsLister) full() bool {
	if len(l.doc.Versions)+len(l.doc.CommonPrefixes) < l.maxKeys {
		return false
	}
	l.doc.IsTruncated = true
	l.doc.NextKeyMarker, l.doc.NextVersion = l.encode.text(l.lastKey), l.lastVersion
	return true
}

func (v *version) listEntry(owner string, key xmlKey, latest bool, restore string) versionXML {
	x := versionXML{
		XMLName:      xml.Name{Local: "DeleteMarker"},
		Key:          key,
		VersionID:    v.ID,
		IsLatest:     latest,
		LastModified: v.Modified.Format(xmlTime),
		Owner:        ownerOf(owner),
	}
	if v.Marker {
		return x
	}
	x.XMLName.Local = "Version"
	x.ETag, x.Type, x.Size = `"`+v.ETag+`"`, v.Type, &v.Content.size
	x.StorageClass, x.RestoreInfo = v.Attrs.Class, restore
	return x
}
