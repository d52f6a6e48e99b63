package localoss

import (
	"encoding/base64"
	"encoding/xml"
)

type listXML struct {
	XMLName      xml.Name `xml:"ListBucketResult"`
	Name         string
	Prefix       string
	Marker       *string // V1
	StartAfter   *string // V2
	Token        *string `xml:"ContinuationToken"` // V2
	MaxKeys      int
	Delimiter    string
	EncodingType string `xml:",omitempty"`
	IsTruncated  bool
	NextMarker   string `xml:",omitempty"`
	NextToken    string `xml:"NextContinuationToken,omitempty"`
	KeyCount     *int
	Contents     []objectXML
	Prefixes     []prefixXML `xml:"CommonPrefixes"`
}

type objectXML struct {
	Key          string
	LastModified string
	ETag         string
	Type         string
	Size         int64
	StorageClass string
	RestoreInfo  string    `xml:",omitempty"`
	Owner        *ownerXML `xml:",omitempty"`
}

type prefixXML struct{ Prefix string }

// page is what a listing asks for.
type page struct {
	prefix, delimiter, marker string
	most                      int
	encode                    encoding
}

func (r *request) page() (p page, e *Error) {
	if p.encode, e = r.encoding(); e != nil {
		return p, e
	}
	p.prefix, p.delimiter = r.q("prefix"), r.q("delimiter")
	if len(p.prefix) > 1024 || len(p.delimiter) > 1024 {
		return p, invalidArgument("The prefix or delimiter is longer than 1024 bytes.", "prefix", "")
	}
	p.most, e = r.limit("max-keys", 100, 1000)
	return p, e
}

func (s *Server) listObjects(r *request) (commit, *Error) {
	p, e := r.page()
	if e != nil {
		return nil, e
	}
	p.marker = r.q("marker")
	return func() (*Response, *Error) {
		doc, next, e := s.list(r, p, true)
		if e != nil {
			return nil, e
		}
		marker := p.encode.text(p.marker)
		doc.Marker = &marker
		if doc.IsTruncated {
			doc.NextMarker = p.encode.text(next)
		}
		return r.replyXML(doc), nil
	}, nil
}

func (s *Server) listObjectsV2(r *request) (commit, *Error) {
	if r.q("list-type") != "2" {
		return nil, invalidArgument("The list type is invalid.", "list-type", r.q("list-type"))
	}
	p, e := r.page()
	if e != nil {
		return nil, e
	}
	startAfter, token := r.q("start-after"), r.q("continuation-token")
	p.marker = startAfter
	if token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, invalidArgument("The continuation token is invalid.", "continuation-token", token)
		}
		p.marker = string(raw)
	}
	return func() (*Response, *Error) {
		doc, next, e := s.list(r, p, r.q("fetch-owner") == "true")
		if e != nil {
			return nil, e
		}
		startAfter := p.encode.text(startAfter)
		doc.StartAfter, doc.Token = &startAfter, &token
		if doc.IsTruncated {
			doc.NextToken = base64.RawURLEncoding.EncodeToString([]byte(next))
		}
		n := len(doc.Contents) + len(doc.Prefixes)
		doc.KeyCount = &n
		return r.replyXML(doc), nil
	}, nil
}

// list gives one page, and the last key or common prefix on it.
func (s *Server) list(r *request, p page, owners bool) (doc listXML, next string, e *Error) {
	b, unlock, e := s.rlock(r.call.Bucket)
	if e != nil {
		return doc, "", e
	}
	defer unlock()
	doc = listXML{Name: b.name, Prefix: p.encode.text(p.prefix), MaxKeys: p.most,
		Delimiter: p.encode.text(p.delimiter), EncodingType: p.encode.name}
	now := s.config.Now()
	for key, v := range b.visible(p) {
		if len(doc.Contents)+len(doc.Prefixes) == p.most {
			doc.IsTruncated = true
			break
		}
		next = key
		if v == nil {
			doc.Prefixes = append(doc.Prefixes, prefixXML{p.encode.text(key)})
			continue
		}
		item := objectXML{Key: p.encode.text(key), LastModified: v.Modified.Format(xmlTime), ETag: `"` + v.ETag + `"`, Type: v.Type,
			Size: v.Content.size, StorageClass: v.Attrs.Class, RestoreInfo: v.restoreHeader(now)}
		if owners {
			item.Owner = &theOwner
		}
		doc.Contents = append(doc.Contents, item)
	}
	return doc, next, nil
}

// visible gives the current objects after the page's marker, in order, and the
// common prefixes with nil. Where a prefix hides many keys they are skipped.
func (b *bucket) visible(p page) func(yield func(string, *version) bool) {
	return func(yield func(string, *version) bool) {
		from := max(p.prefix, p.marker)
		for from != "" || p.prefix == "" {
			restart := ""
			for key, e := range b.keys.from(from) {
				if len(key) < len(p.prefix) || key[:len(p.prefix)] != p.prefix {
					return
				}
				v := e.current()
				if key <= p.marker || v == nil || v.Marker {
					continue
				}
				if g := group(key, p.prefix, p.delimiter); g != "" {
					// A marker within the group, or the group itself, has
					// shown it already.
					if g > p.marker && !yield(g, nil) {
						return
					}
					restart = after(g)
					break
				}
				if !yield(key, v) {
					return
				}
			}
			if restart == "" {
				return
			}
			from = restart
		}
	}
}
