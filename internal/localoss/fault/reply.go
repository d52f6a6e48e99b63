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
	htmlPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>" +
		"<body><p>Sign in to use this network.</p></body></html>\n"
	otherDoc = xml.Header + "<OtherResult>" +
		"<Message>Another document than the one that was asked for.</Message></OtherResult>\n"
)

// changeReply changes the reply as the fault says.
func (f *Fault) changeReply(call *localoss.Call, r *localoss.Response) {
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

// replaceBody replaces the body by another document. A HEAD has no body; for HTML it gets the
// headers of the web page.
func (f *Fault) replaceBody(call *localoss.Call, r *localoss.Response) {
	if f.Body == HTML {
		r.Header = http.Header{}
		setBody(r, "text/html", []byte(htmlPage))
	}
	if call.Method == http.MethodHead {
		r.Body = nil
		return
	}
	switch f.Body {
	case Other:
		setBody(r, "application/xml", []byte(otherDoc))
	case ErrorBody:
		setBody(r, "application/xml", readXML(call.Refuse(&localoss.Error{Code: localoss.InternalError})))
	case Hollow:
		if root := rootElement(r); root != "" {
			setBody(r, "application/xml", []byte(xml.Header+"<"+root+"></"+root+">\n"))
		}
	}
}

// cutBody removes the body or a part of it, or spoils it.
func (f *Fault) cutBody(r *localoss.Response) {
	if r.Body == nil {
		return // the Content-Length of a HEAD is not the length of its body
	}
	switch f.Body {
	case Empty:
		r.SetBody(nil)
	case Malformed:
		r.Length /= 2
		r.Truncate(r.Length)
	case Truncated:
		r.Truncate(r.Length / 2)
	case Spoiled:
		r.Body = &spoiling{r.Body, r.Length / 2}
	}
}

// spoiling reads a body and flips a bit of one byte of it.
type spoiling struct {
	io.Reader
	left int64 // bytes before that byte; negative after it
}

func (s *spoiling) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if s.left >= 0 && s.left < int64(n) {
		b[s.left] ^= 1
	}
	s.left -= int64(n)
	return n, err
}

// setBody sets the body of the reply. The status 204 becomes 200, because it allows no body.
func setBody(r *localoss.Response, contentType string, body []byte) {
	if r.Status == http.StatusNoContent {
		r.Status = http.StatusOK
	}
	r.Header.Set("Content-Type", contentType)
	r.SetBody(body)
}

// readXML returns the body of an XML reply and leaves it in place. It returns nil for any other
// reply, and if the body cannot be read: then the connection is cut.
func readXML(r *localoss.Response) []byte {
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

// rootElement returns the name of the body's root element, "" for a body that is not XML.
func rootElement(r *localoss.Response) string {
	decoder := xml.NewDecoder(bytes.NewReader(readXML(r)))
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
	if body := readXML(r); body != nil {
		r.SetBody(etagElement.ReplaceAll(body, nil))
	}
}
