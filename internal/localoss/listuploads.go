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
	KeyMarker      xmlKey
	UploadIDMarker string `xml:"UploadIdMarker"`
	NextKeyMarker  xmlKey
	NextUploadID   string `xml:"NextUploadIdMarker"`
	Delimiter      xmlKey
	Prefix         xmlKey
	MaxUploads     int
	IsTruncated    bool
	Uploads        []uploadXML `xml:"Upload"`
	Prefixes       []prefixXML `xml:"CommonPrefixes"`
}

type uploadXML struct {
	Key          xmlKey
	UploadID     string `xml:"UploadId"`
	StorageClass string
	Initiated    string
}

// uploadsPage is which part of a listing of uploads a request asks for.
type uploadsPage struct {
	prefix, delimiter   string
	keyMarker, idMarker string
	maxUploads          int
	encode              encoding
}

func (r *request) uploadsPage() (p uploadsPage, e *Error) {
	if p.maxUploads, e = r.limit("max-uploads", 1000, 1000); e != nil {
		return p, e
	}
	if p.encode, e = r.encoding(); e != nil {
		return p, e
	}
	p.prefix, p.delimiter = r.param("prefix"), r.param("delimiter")
	p.keyMarker, p.idMarker = r.param("key-marker"), r.param("upload-id-marker")
	if p.keyMarker == "" {
		p.idMarker = "" // OSS ignores it without a key marker
	}
	return p, nil
}

func (s *Server) listMultipartUploads(r *request) (effect, *Error) {
	p, e := r.uploadsPage()
	if e != nil {
		return nil, e
	}
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		doc := listUploadsXML{
			Encoding:       p.encode.name,
			Bucket:         b.name,
			KeyMarker:      p.encode.text(p.keyMarker),
			UploadIDMarker: p.idMarker,
			Delimiter:      p.encode.text(p.delimiter),
			Prefix:         p.encode.text(p.prefix),
			MaxUploads:     p.maxUploads,
		}
		doc.list(b, p)
		return r.replyXML(doc), nil
	}), nil
}

func (doc *listUploadsXML) list(b *bucket, p uploadsPage) {
	lastPrefix := ""
	for at, u := range b.uploads.from(uploadKey{key: max(p.prefix, p.keyMarker)}) {
		if !strings.HasPrefix(at.key, p.prefix) {
			return
		}
		common := commonPrefix(at.key, p.prefix, p.delimiter)
		if p.upToMarker(at) || common != "" && (common == lastPrefix || common <= p.keyMarker) {
			continue
		}
		if len(doc.Uploads)+len(doc.Prefixes) == p.maxUploads {
			doc.IsTruncated = true
			return
		}
		if common == "" {
			doc.addUpload(u, p.encode)
		} else {
			lastPrefix = common
			doc.addPrefix(common, p.encode)
		}
	}
}

// upToMarker reports whether an upload of the marker's key is on an earlier page.
func (p uploadsPage) upToMarker(at uploadKey) bool {
	return at.key == p.keyMarker && (p.idMarker == "" || at.id <= p.idMarker)
}

func (doc *listUploadsXML) addUpload(u *upload, encode encoding) {
	doc.Uploads = append(doc.Uploads, uploadXML{
		Key:          encode.text(u.Key),
		UploadID:     u.ID,
		StorageClass: u.Attrs.Class,
		Initiated:    u.Initiated.Format(xmlTime),
	})
	doc.NextKeyMarker, doc.NextUploadID = encode.text(u.Key), u.ID
}

func (doc *listUploadsXML) addPrefix(common string, encode encoding) {
	doc.Prefixes = append(doc.Prefixes, prefixXML{encode.text(common)})
	doc.NextKeyMarker, doc.NextUploadID = encode.text(common), ""
}

type listPartsXML struct {
	XMLName      xml.Name `xml:"ListPartsResult"`
	Encoding     string   `xml:"EncodingType,omitempty"`
	Bucket       string
	Key          xmlKey
	UploadID     string `xml:"UploadId"`
	StorageClass string
	clientEncryptionXML
	Marker      int    `xml:"PartNumberMarker"`
	NextMarker  string `xml:"NextPartNumberMarker"` // "" without parts
	MaxParts    int
	IsTruncated bool
	Parts       []partXML `xml:"Part"`
}

// clientEncryptionXML is what InitiateMultipartUpload had as user metadata on the encryption by the client.
type clientEncryptionXML struct {
	Key      string `xml:"ClientEncryptionKey,omitempty"`
	Start    string `xml:"ClientEncryptionStart,omitempty"`
	CEKAlg   string `xml:"ClientEncryptionCekAlg,omitempty"`
	WrapAlg  string `xml:"ClientEncryptionWrapAlg,omitempty"`
	DataSize string `xml:"ClientEncryptionDataSize,omitempty"`
	PartSize string `xml:"ClientEncryptionPartSize,omitempty"`
}

func clientEncryption(meta map[string]string) clientEncryptionXML {
	const name = "client-side-encryption-"
	return clientEncryptionXML{
		Key:      meta[name+"key"],
		Start:    meta[name+"start"],
		CEKAlg:   meta[name+"cek-alg"],
		WrapAlg:  meta[name+"wrap-alg"],
		DataSize: meta[name+"data-size"],
		PartSize: meta[name+"part-size"],
	}
}

type partXML struct {
	PartNumber   int
	LastModified string
	ETag         string
	HashCRC64    string `xml:"HashCrc64ecma"`
	Size         int64
}

func (s *Server) listParts(r *request) (effect, *Error) {
	limit, e := r.limit("max-parts", 1000, 1000)
	if e != nil {
		return nil, e
	}
	encode, e := r.encoding()
	if e != nil {
		return nil, e
	}
	marker, e := r.partNumberMarker()
	if e != nil {
		return nil, e
	}
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		u, e := b.upload(r, "0042-00000002")
		if e != nil {
			return nil, e
		}
		doc := listPartsXML{
			Encoding:     encode.name,
			Bucket:       b.name,
			Key:          encode.text(u.Key),
			UploadID:     u.ID,
			StorageClass: u.Attrs.Class,
			Marker:       marker,

			clientEncryptionXML: clientEncryption(u.Attrs.Meta),
			MaxParts:            limit,
		}
		for number, p := range u.parts.from(marker + 1) {
			if len(doc.Parts) == limit {
				doc.IsTruncated = true
				break
			}
			doc.Parts = append(doc.Parts, partXML{
				PartNumber:   number,
				LastModified: p.Modified.Format(xmlTime),
				ETag:         `"` + p.ETag + `"`,
				HashCRC64:    strconv.FormatUint(p.Content.crc, 10),
				Size:         p.Content.size,
			})
			doc.NextMarker = strconv.Itoa(number)
		}
		return r.replyXML(doc), nil
	}), nil
}

func (r *request) partNumberMarker() (int, *Error) {
	s := r.param("part-number-marker")
	if s == "" {
		return 0, nil
	}
	n, err := parseNumber(s)
	if err != nil {
		return 0, invalidArgument("The part number marker must be a number.", "part-number-marker", s)
	}
	return int(min(n, maxParts)), nil
}
