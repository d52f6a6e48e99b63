package localoss

import (
	"encoding/xml"
	"strconv"
	"strings"
)

type listUploadsXML struct {
	XMLName        xml.Name `xml:"ListMultipartUploadsResult"`
	Encoding       string   `xml:"EncodingType,omitempty"`
	Bucket         string
	KeyMarker      string
	UploadIDMarker string `xml:"UploadIdMarker"`
	NextKeyMarker  string
	NextUploadID   string `xml:"NextUploadIdMarker"`
	Delimiter      string
	Prefix         string
	MaxUploads     int
	IsTruncated    bool
	Uploads        []uploadXML `xml:"Upload"`
	Prefixes       []prefixXML `xml:"CommonPrefixes"`
}

type uploadXML struct {
	Key          string
	UploadID     string `xml:"UploadId"`
	StorageClass string
	Initiated    string
}

func (s *Server) listMultipartUploads(r *request) (commit, *Error) {
	most, e := r.limit("max-uploads", 1000, 1000)
	if e != nil {
		return nil, e
	}
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	prefix, delimiter := r.q("prefix"), r.q("delimiter")
	keyMarker, idMarker := r.q("key-marker"), r.q("upload-id-marker")
	if keyMarker == "" {
		idMarker = "" // without a key it says nothing
	}
	return func() (*Response, *Error) {
		b, unlock, e := s.rlock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		doc := listUploadsXML{Encoding: encode.name, Bucket: b.name, KeyMarker: encode.text(keyMarker), UploadIDMarker: idMarker,
			Delimiter: encode.text(delimiter), Prefix: encode.text(prefix), MaxUploads: most}
		lastGroup := ""
		for at, u := range b.uploads.from(uploadKey{key: max(prefix, keyMarker)}) {
			if !strings.HasPrefix(at.key, prefix) {
				break
			}
			if at.key == keyMarker && (idMarker == "" || at.id <= idMarker) {
				continue
			}
			g := group(at.key, prefix, delimiter)
			if g != "" && (g == lastGroup || g <= keyMarker) {
				continue
			}
			if len(doc.Uploads)+len(doc.Prefixes) == most {
				doc.IsTruncated = true
				break
			}
			if g != "" {
				lastGroup = g
				doc.Prefixes = append(doc.Prefixes, prefixXML{encode.text(g)})
				doc.NextKeyMarker, doc.NextUploadID = encode.text(g), ""
				continue
			}
			doc.Uploads = append(doc.Uploads, uploadXML{encode.text(u.Key), u.ID, u.Attrs.Class, u.Initiated.Format(xmlTime)})
			doc.NextKeyMarker, doc.NextUploadID = encode.text(u.Key), u.ID
		}
		return r.replyXML(doc), nil
	}, nil
}

type listPartsXML struct {
	XMLName      xml.Name `xml:"ListPartsResult"`
	Encoding     string   `xml:"EncodingType,omitempty"`
	Bucket       string
	Key          string
	UploadID     string `xml:"UploadId"`
	StorageClass string
	Marker       int `xml:"PartNumberMarker"`
	NextMarker   int `xml:"NextPartNumberMarker"`
	MaxParts     int
	IsTruncated  bool
	Parts        []partXML `xml:"Part"`
}

type partXML struct {
	PartNumber   int
	LastModified string
	ETag         string
	HashCRC64    string `xml:"HashCrc64ecma"`
	Size         int64
}

func (s *Server) listParts(r *request) (commit, *Error) {
	most, e := r.limit("max-parts", 1000, 1000)
	if e != nil {
		return nil, e
	}
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	marker := 0
	if m := r.q("part-number-marker"); m != "" {
		n, err := parseNumber(m)
		if err != nil {
			return nil, invalidArgument("The part number marker must be a number.", "part-number-marker", m)
		}
		marker = int(min(n, mostParts))
	}
	return func() (*Response, *Error) {
		b, unlock, e := s.rlock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		u, e := b.upload(r, "0042-00000002")
		if e != nil {
			return nil, e
		}
		doc := listPartsXML{Encoding: encode.name, Bucket: b.name, Key: encode.text(u.Key), UploadID: u.ID, StorageClass: u.Attrs.Class, Marker: marker, MaxParts: most}
		for number, p := range u.parts.from(marker + 1) {
			if len(doc.Parts) == most {
				doc.IsTruncated = true
				break
			}
			doc.Parts = append(doc.Parts, partXML{number, p.Modified.Format(xmlTime), `"` + p.ETag + `"`, strconv.FormatUint(p.Content.crc, 10), p.Content.size})
			doc.NextMarker = number
		}
		return r.replyXML(doc), nil
	}, nil
}
