package localoss

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tags of an object: their number, and the bytes of a key and a value.
const (
	mostTags     = 10
	mostTagKey   = 128
	mostTagValue = 256
)

// parseTagging reads the x-oss-tagging header: "k=v&k2=v2", URL-encoded.
func parseTagging(s string) ([]Tag, *Error) {
	if s == "" {
		return nil, nil
	}
	bad := invalidArgument("The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-oss-tagging", s)
	if len(s) > 64<<10 {
		return nil, bad
	}
	var tags []Tag
	seen := map[string]bool{}
	for _, item := range strings.Split(s, "&") {
		k, v, _ := strings.Cut(item, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil || seen[key] || strings.Contains(v, "=") {
			return nil, bad
		}
		seen[key] = true
		tags = append(tags, Tag{key, value})
	}
	return tags, checkTags(tags)
}

func checkTags(tags []Tag) *Error {
	if len(tags) > mostTags {
		return &Error{Code: "BadRequest", Status: 400, EC: "0041-00000003", Message: "Object tags cannot be greater than 10"}
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Key == "" || len(t.Key) > mostTagKey || !tagText(t.Key):
			return &Error{Code: InvalidTag, Message: "The TagKey you have provided is invalid", Detail: []Detail{{"TagKey", t.Key}}}
		case len(t.Value) > mostTagValue || !tagText(t.Value):
			return &Error{Code: InvalidTag, Message: "The TagValue you have provided is invalid", Detail: []Detail{{"TagKey", t.Key}, {"TagValue", t.Value}}}
		case seen[t.Key]:
			return &Error{Code: InvalidTag, Message: "The TagKey is given more than once", Detail: []Detail{{"TagKey", t.Key}}}
		}
		seen[t.Key] = true
	}
	return nil
}

// tagText reports whether OSS takes s in a tag: letters, digits, space and
// + - = . _ : /, and whatever can be seen beyond ASCII. OSS's pages name ASCII
// alone; the integration tests of its Python SDK put Chinese tags.
func tagText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		switch {
		case c > unicode.MaxASCII && unicode.IsGraphic(c):
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune(" +-=._:/", c):
		default:
			return false
		}
	}
	return true
}

type taggingXML struct {
	XMLName xml.Name `xml:"Tagging"`
	Tags    []Tag    `xml:"TagSet>Tag"`
}

func (s *Server) putObjectTagging(r *request) (commit, *Error) {
	var doc taggingXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if e := checkTags(doc.Tags); e != nil {
		return nil, e
	}
	return s.changeTags(r, doc.Tags, http.StatusOK), nil
}

func (s *Server) deleteObjectTagging(r *request) (commit, *Error) {
	return s.changeTags(r, nil, http.StatusNoContent), nil
}

// changeTags replaces the tags of a version. Its Last-Modified stays.
func (s *Server) changeTags(r *request, tags []Tag, status int) commit {
	return s.changeAttrs(r, status, func(a *attrs) { a.Tags = tags })
}

// changeAttrs replaces attributes of a version and raises UpdateObjectMeta.
func (s *Server) changeAttrs(r *request, status int, edit func(*attrs)) commit {
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		v, e := r.find(b)
		if e != nil {
			return nil, e
		}
		changed := *v
		changed.Attrs = v.Attrs.clone()
		edit(changed.Attrs)
		if e := s.commit(b, change{Bucket: b.name, Key: r.call.Key, Swap: &changed}); e != nil {
			return nil, e
		}
		r.raise("ObjectModified:UpdateObjectMeta", r.call.Key, &changed, 0)
		resp := r.reply(status)
		b.writeVersion(resp.Header, v)
		return resp, nil
	}
}

func (s *Server) getObjectTagging(r *request) (commit, *Error) {
	return s.look(r, func(b *bucket, v *version) (*Response, *Error) {
		resp := r.replyXML(taggingXML{Tags: v.Attrs.Tags})
		b.writeVersion(resp.Header, v)
		return resp, nil
	}), nil
}
