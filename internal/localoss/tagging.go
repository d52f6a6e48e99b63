package localoss

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on the tags of an object.
const (
	maxTags     = 10
	maxTagKey   = 128 // bytes
	maxTagValue = 256 // bytes
)

// parseTagging reads the x-oss-tagging header: "k=v&k2=v2", URL-encoded.
func parseTagging(s string) ([]Tag, *Error) {
	if s == "" {
		return nil, nil
	}
	malformed := invalidArgument("The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query "+
		"parameters without tag name duplicates.", "x-oss-tagging", s)
	if len(s) > 64<<10 {
		return nil, malformed
	}
	var tags []Tag
	seen := map[string]bool{}
	for _, item := range strings.Split(s, "&") {
		k, v, _ := strings.Cut(item, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil || seen[key] || strings.Contains(v, "=") {
			return nil, malformed
		}
		seen[key] = true
		tags = append(tags, Tag{key, value})
	}
	return tags, checkTags(tags)
}

func checkTags(tags []Tag) *Error {
	if len(tags) > maxTags {
		return &Error{
			Code:    BadRequest,
			EC:      "0041-00000003",
			Message: "Object tags cannot be greater than 10",
		}
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Key == "" || len(t.Key) > maxTagKey || !validTagText(t.Key):
			return invalidTag("The TagKey you have provided is invalid", Detail{"TagKey", t.Key})
		case len(t.Value) > maxTagValue || !validTagText(t.Value):
			return invalidTag("The TagValue you have provided is invalid",
				Detail{"TagKey", t.Key}, Detail{"TagValue", t.Value})
		case seen[t.Key]:
			return invalidTag("The TagKey is given more than once", Detail{"TagKey", t.Key})
		}
		seen[t.Key] = true
	}
	return nil
}

func invalidTag(message string, detail ...Detail) *Error {
	return &Error{Code: InvalidTag, Message: message, Detail: detail}
}

// validTagText reports whether OSS accepts s as a tag's key or value: letters, digits, space,
// + - = . _ : /, and every graphic character beyond ASCII. OSS's pages only name the ASCII
// characters; the integration tests of its Python SDK put Chinese tags.
func validTagText(s string) bool {
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

func (s *Server) putObjectTagging(r *request) (effect, *Error) {
	var doc taggingXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if e := checkTags(doc.Tags); e != nil {
		return nil, e
	}
	return s.changeTags(r, doc.Tags, http.StatusOK), nil
}

func (s *Server) deleteObjectTagging(r *request) (effect, *Error) {
	return s.changeTags(r, nil, http.StatusNoContent), nil
}

// changeTags replaces the tags of a version. Its Last-Modified does not change.
func (s *Server) changeTags(r *request, tags []Tag, status int) effect {
	return s.changeAttrs(r, status, func(a *attrs) { a.Tags = tags })
}

// changeAttrs replaces attributes of a version and raises ObjectModified:UpdateObjectMeta.
func (s *Server) changeAttrs(r *request, status int, edit func(*attrs)) effect {
	return s.changeVersion(r, func(b *bucket, v *version) (*Response, *Error) {
		changed := *v
		changed.Attrs = v.Attrs.clone()
		edit(changed.Attrs)
		if e := s.replaceVersion(b, r.call.Key, &changed); e != nil {
			return nil, e
		}
		r.recordEvent("ObjectModified:UpdateObjectMeta", r.call.Key, &changed, 0)
		resp := r.reply(status)
		b.writeVersion(resp.Header, v)
		return resp, nil
	})
}

func (s *Server) getObjectTagging(r *request) (effect, *Error) {
	return s.readVersion(r, func(b *bucket, v *version) (*Response, *Error) {
		resp := r.replyXML(taggingXML{Tags: v.Attrs.Tags})
		b.writeVersion(resp.Header, v)
		return resp, nil
	}), nil
}
