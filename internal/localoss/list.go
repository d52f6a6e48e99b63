package localoss

import (
	"encoding/base64"
	"encoding/xml"
	"iter"
	"strings"
)

type listXML struct {
	XMLName      xml.Name `xml:"ListBucketResult"`
	Name         string
	Prefix       xmlKey
	Marker       *xmlKey // V1
	StartAfter   *xmlKey // V2
	Token        *string `xml:"ContinuationToken"` // V2
	MaxKeys      int
	Delimiter    xmlKey
	EncodingType string `xml:",omitempty"`
	IsTruncated  bool
	NextMarker   xmlKey `xml:",omitempty"`
	NextToken    string `xml:"NextContinuationToken,omitempty"`
	KeyCount     *int
	Contents     []objectXML
	Prefixes     []prefixXML `xml:"CommonPrefixes"`
}

type objectXML struct {
	Key          xmlKey
	LastModified string
	ETag         string
	Type         string
	Size         int64
	StorageClass string
	RestoreInfo  string    `xml:",omitempty"`
	Owner        *ownerXML `xml:",omitempty"`
}

type prefixXML struct{ Prefix xmlKey }

// page is which part of a listing a request asks for.
type page struct {
	prefix, delimiter, marker string
	maxKeys                   int
	encode                    encoding
}

func (r *request) page() (p page, e *Error) {
	if p.encode, e = r.encoding(); e != nil {
		return p, e
	}
	p.prefix, p.delimiter = r.param("prefix"), r.param("delimiter")
	for _, name := range []string{"prefix", "delimiter", "marker", "key-marker", "start-after"} {
		if len(r.param(name)) > 1024 {
			return p, invalidArgument("The "+name+" is longer than 1024 bytes.", name, "")
		}
	}
	p.maxKeys, e = r.limit("max-keys", 100, 1000)
	return p, e
}

func (s *Server) listObjects(r *request) (effect, *Error) {
	p, e := r.page()
	if e != nil {
		return nil, e
	}
	p.marker = r.param("marker")
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		doc, next := s.list(b, p, true)
		marker := p.encode.text(p.marker)
		doc.Marker = &marker
		if doc.IsTruncated {
			doc.NextMarker = p.encode.text(next)
		}
		return r.replyXML(doc), nil
	}), nil
}

func (s *Server) listObjectsV2(r *request) (effect, *Error) {
	if r.param("list-type") != "2" {
		return nil, invalidArgument("The list type is invalid.", "list-type", r.param("list-type"))
	}
	p, e := r.page()
	if e != nil {
		return nil, e
	}
	startAfter, token := r.param("start-after"), r.param("continuation-token")
	p.marker = startAfter
	if token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, invalidArgument("The continuation token is invalid.", "continuation-token", token)
		}
		p.marker = string(raw)
	}
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		doc, next := s.list(b, p, r.param("fetch-owner") == "true")
		startAfter := p.encode.text(startAfter)
		doc.StartAfter, doc.Token = &startAfter, &token
		if doc.IsTruncated {
			doc.NextToken = base64.RawURLEncoding.EncodeToString([]byte(next))
		}
		n := len(doc.Contents) + len(doc.Prefixes)
		doc.KeyCount = &n
		return r.replyXML(doc), nil
	}), nil
}

// list returns one page, and the last key or common prefix on it.
func (s *Server) list(b *bucket, p page, owners bool) (doc listXML, last string) {
	doc = listXML{
		Name:         b.name,
		Prefix:       p.encode.text(p.prefix),
		MaxKeys:      p.maxKeys,
		Delimiter:    p.encode.text(p.delimiter),
		EncodingType: p.encode.name,
	}
	now := s.config.Now()
	for key, v := range b.listed(p) {
		if len(doc.Contents)+len(doc.Prefixes) == p.maxKeys {
			doc.IsTruncated = true
			break
		}
		last = key
		if v == nil {
			doc.Prefixes = append(doc.Prefixes, prefixXML{p.encode.text(key)})
			continue
		}
		item := objectXML{
			Key:          p.encode.text(key),
			LastModified: v.Modified.Format(xmlTime),
			ETag:         `"` + v.ETag + `"`,
			Type:         v.Type,
			Size:         v.Content.size,
			StorageClass: v.Attrs.Class,
			RestoreInfo:  v.restoreHeader(now),
		}
		if owners {
			owner := ownerOf(b.owner)
			item.Owner = &owner
		}
		doc.Contents = append(doc.Contents, item)
	}
	return doc, last
}

// listed iterates over the keys and common prefixes after the page's marker, in order. A common
// prefix has a nil version.
func (b *bucket) listed(p page) iter.Seq2[string, *version] {
	return func(yield func(string, *version) bool) {
		next := b.listFrom(max(p.prefix, p.marker), p, yield)
		for next != "" {
			next = b.listFrom(next, p, yield)
		}
	}
}

// listFrom yields what is listed from a key on, up to the first common prefix. It returns the
// first key after that prefix, so that the keys under the prefix, however many, are not visited;
// "" at the end of the listing.
func (b *bucket) listFrom(from string, p page, yield func(string, *version) bool) (next string) {
	for key, v := range b.currentObjects(from, p.prefix) {
		if key <= p.marker {
			continue
		}
		switch common := commonPrefix(key, p.prefix, p.delimiter); {
		case common == "":
			if !yield(key, v) {
				return ""
			}
		// A marker that is the common prefix, or below it, is from a page that has listed it.
		case common > p.marker && !yield(common, nil):
			return ""
		default:
			return firstAfterPrefix(common)
		}
	}
	return ""
}

// currentObjects iterates over the current objects from a key on that have the prefix.
func (b *bucket) currentObjects(from, prefix string) iter.Seq2[string, *version] {
	return func(yield func(string, *version) bool) {
		for key, e := range b.keys.from(from) {
			if !strings.HasPrefix(key, prefix) {
				return
			}
			if v := e.current(); v != nil && !v.Marker && !yield(key, v) {
				return
			}
		}
	}
}
