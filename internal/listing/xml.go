package listing

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// elements reads an XML document element by element. It reads what OSS's listings consist of: elements, text with
// entities, comments, declarations; attributes are skipped. encoding/xml would take most of the time that comparing
// millions of objects takes.
type elements struct {
	rest []byte
	name []byte // of the element that next has found
	text []byte // the text before that tag, as it stands
	end  bool   // it is an end tag
	self bool   // it is an empty-element tag, whose end next reports too
}

// next moves to the next tag; ok is false at the end of the document and where it is no XML.
func (e *elements) next() (ok bool) {
	if e.self {
		e.self, e.end, e.text = false, true, nil
		return true
	}
	for {
		open := bytes.IndexByte(e.rest, '<')
		if open < 0 || open+1 >= len(e.rest) {
			return false
		}
		e.text, e.rest = e.rest[:open], e.rest[open+1:]
		var skipped bool
		if e.rest, skipped = skipDeclaration(e.rest); !skipped {
			break
		}
	}
	shut := bytes.IndexByte(e.rest, '>')
	if shut < 0 {
		return false
	}
	tag := e.rest[:shut]
	e.rest = e.rest[shut+1:]
	e.end = len(tag) > 0 && tag[0] == '/'
	if e.end {
		tag = tag[1:]
	}
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		e.self, tag = true, tag[:n-1]
	}
	for i, c := range tag {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' { // attributes follow
			tag = tag[:i]
			break
		}
	}
	e.name = tag
	return len(tag) > 0
}

// skipDeclaration skips a declaration or a comment, whose "<" has been read.
func skipDeclaration(b []byte) (rest []byte, skipped bool) {
	shut := ""
	switch {
	case bytes.HasPrefix(b, []byte("!--")):
		shut = "-->"
	case bytes.HasPrefix(b, []byte("?")):
		shut = "?>"
	default:
		return b, false
	}
	_, rest, _ = bytes.Cut(b, []byte(shut))
	return rest, true
}

// errEntity is why a text is not XML.
var errEntity = errors.New("an unknown entity")

// unescape is text with its entities replaced.
func unescape(text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '&') < 0 {
		return text, nil
	}
	var b []byte
	for rest := text; ; {
		before, after, found := bytes.Cut(rest, []byte("&"))
		b = append(b, before...)
		if !found {
			return b, nil
		}
		name, behind, found := bytes.Cut(after, []byte(";"))
		if !found {
			return text, errEntity
		}
		r, known := entity(string(name))
		if !known {
			return text, errEntity
		}
		b, rest = utf8.AppendRune(b, r), behind
	}
}

// entity is the character that an entity stands for.
func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name {
		return 0, false
	}
	if hex := strings.TrimPrefix(digits, "x"); hex != digits {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}
