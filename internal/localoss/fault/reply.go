package fault

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"strings"

	"afterput/internal/localoss"
)

const (
	page     = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Sign in to use this network.</p></body></html>\n"
	otherDoc = xml.Header + "<OtherResult><Message>Another document than the one that was asked for.</Message></OtherResult>\n"
)

// spoil makes the reply as wrong as the fault says.
func (f *Fault) spoil(call *localoss.Call, r *localoss.Response) {
	f.replaceBody(call, r)
	for name, value := range f.Header {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	}
	if f.WithoutETag {
		removeETag(r)
	}
	f.cutBody(r)
}

// replaceBody puts another document in place of the right one. A HEAD has no
// body; of a web page it has the headers.
func (f *Fault) replaceBody(call *localoss.Call, r *localoss.Response) {
	if f.Body == HTML {
		r.Header = http.Header{}
		replace(r, "text/html", []byte(page))
	}
	if call.Method == http.MethodHead {
		r.Body = nil
		return
	}
	switch f.Body {
	case Other:
		replace(r, "application/xml", []byte(otherDoc))
	case ErrorBody:
		replace(r, "application/xml", read(call.Refuse(&localoss.Error{Code: localoss.InternalError})))
	case Hollow:
		if root := rootOf(r); root != "" {
			replace(r, "application/xml", []byte(xml.Header+"<"+root+"></"+root+">\n"))
		}
	}
}

// cutBody takes away from the body that is there.
func (f *Fault) cutBody(r *localoss.Response) {
	if r.Body == nil {
		return // what HEAD announces is not the length of its own body
	}
	switch f.Body {
	case Empty:
		r.SetBody(nil)
	case Malformed:
		r.Length /= 2
		r.Truncate(r.Length)
	case Truncated:
		r.Truncate(r.Length / 2)
	}
}

// replace gives the reply another body. A reply without content becomes one
// with it.
func replace(r *localoss.Response, contentType string, body []byte) {
	if r.Status == http.StatusNoContent {
		r.Status = http.StatusOK
	}
	r.Header.Set("Content-Type", contentType)
	r.SetBody(body)
}

// read gives the body of a reply that is XML, and leaves it in place; nil for
// any other, and for one that cannot be read: the connection is cut there.
func read(r *localoss.Response) []byte {
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/xml") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.SetBody(body)
	return body
}

// rootOf is the name of the body's root element, "" for a body that is not XML.
func rootOf(r *localoss.Response) string {
	decoder := xml.NewDecoder(bytes.NewReader(read(r)))
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name.Local
		}
	}
}

var etagElement = regexp.MustCompile(`\s*<ETag>[^<]*</ETag>`)

func removeETag(r *localoss.Response) {
	r.Header.Del("ETag")
	if body := read(r); body != nil {
		r.SetBody(etagElement.ReplaceAll(body, nil))
	}
}
