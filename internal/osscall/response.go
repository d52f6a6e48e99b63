package osscall

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// response describes what OSS answers to an operation that succeeded.
type response struct {
	root     string   // root element of the document, "" for a response without a document
	elements []string // elements that every such document has
	headers  []string // headers that every such response has
	content  bool     // the body is an object's content, which cannot be checked
}

// responses describes the successful responses, by operation as [operationOf] names it.
// Source: OSS API reference, responses of the operations.
var responses = map[string]response{
	"HeadObject":              {headers: []string{"Etag", "Last-Modified", "Content-Length"}},
	"GetObject":               {headers: []string{"Etag"}, content: true},
	"GetSymlink":              {headers: []string{"X-Oss-Symlink-Target"}},
	"GetObjectTagging":        {root: "Tagging", elements: []string{"TagSet"}},
	"GetObjectAcl":            {root: "AccessControlPolicy", elements: []string{"Grant"}}, // GetBucketAcl too
	"ListParts":               {root: "ListPartsResult", elements: []string{"UploadId", "IsTruncated"}},
	"ListObjectsV2":           {root: "ListBucketResult", elements: []string{"IsTruncated"}},
	"ListObjectVersions":      {root: "ListVersionsResult", elements: []string{"IsTruncated"}},
	"CopyObject":              {root: "CopyObjectResult", elements: []string{"ETag"}},
	"UploadPartCopy":          {root: "CopyPartResult", elements: []string{"ETag"}},
	"InitiateMultipartUpload": {root: "InitiateMultipartUploadResult", elements: []string{"UploadId"}},
	"CompleteMultipartUpload": {root: "CompleteMultipartUploadResult", elements: []string{"ETag"}},
	"RestoreObject":           {},
	"PutObject":               {headers: []string{"Etag"}},
	"PutObjectTagging":        {},
	"PutObjectAcl":            {},
	"Delete":                  {}, // DeleteObject, DeleteObjectTagging, AbortMultipartUpload
}

// maxDocument is more bytes than any document of [responses] has: the longest are lists of
// 1,000 parts or keys.
const maxDocument = 8 << 20

// responseChecker passes a response with status 2xx on only if it is what OSS answers to the
// operation. The SDK decodes any body under 200 into a result, possibly an empty one, so a
// proxy's page, an error document or an incomplete body would count as "no tags", "no parts"
// or "done". A response that fails the check becomes an error of [KindLost].
type responseChecker struct{ next http.RoundTripper }

// RoundTrip sends the request and checks its response.
func (c responseChecker) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err != nil || resp.StatusCode/100 != 2 {
		return resp, err
	}
	want, known := responses[operationOf(req)]
	if !known {
		return resp, nil
	}
	if err := want.check(resp); err != nil {
		_ = resp.Body.Close()
		id := resp.Header.Get("X-Oss-Request-Id")
		return nil, NewError(KindLost, "", "NoAnswer", "OSS answered %d %v (request %s)", resp.StatusCode, err, id)
	}
	return resp, nil
}

// operationOf names the operation of one of the engine's requests, as in [responses]; "" for
// any other request.
func operationOf(req *http.Request) string {
	switch req.Method {
	case http.MethodHead:
		return "HeadObject"
	case http.MethodDelete:
		return "Delete"
	case http.MethodPost:
		return byParameter(req, parameter{"uploadId", "CompleteMultipartUpload"},
			parameter{"uploads", "InitiateMultipartUpload"}, parameter{"restore", "RestoreObject"})
	case http.MethodGet:
		return byParameter(req, parameter{"tagging", "GetObjectTagging"}, parameter{"acl", "GetObjectAcl"},
			parameter{"symlink", "GetSymlink"}, parameter{"uploadId", "ListParts"},
			parameter{"list-type", "ListObjectsV2"}, parameter{"versions", "ListObjectVersions"},
			parameter{"", "GetObject"})
	}
	if req.Header.Get("X-Oss-Copy-Source") != "" {
		return byParameter(req, parameter{"partNumber", "UploadPartCopy"}, parameter{"", "CopyObject"})
	}
	return byParameter(req, parameter{"tagging", "PutObjectTagging"}, parameter{"acl", "PutObjectAcl"},
		parameter{"", "PutObject"})
}

// parameter is a query parameter that tells which operation a request is for; the name "" is
// in every request.
type parameter struct{ name, operation string }

// byParameter is the operation of the first of the parameters that the request has, or "".
func byParameter(req *http.Request, parameters ...parameter) string {
	query := req.URL.Query()
	for _, p := range parameters {
		if p.name == "" || query.Has(p.name) {
			return p.operation
		}
	}
	return ""
}

// check says what is wrong with a response of status 2xx; its body can be read afterwards.
func (r response) check(resp *http.Response) error {
	if resp.Header.Get("X-Oss-Request-Id") == "" {
		return errors.New("without a request id: it did not come from OSS")
	}
	for _, name := range r.headers {
		if resp.Header.Get(name) == "" && !(name == "Content-Length" && resp.ContentLength >= 0) {
			return fmt.Errorf("without the header %s", name)
		}
	}
	if r.content || resp.Request != nil && resp.Request.Method == http.MethodHead {
		return nil
	}
	body := documents.Get().(*bytes.Buffer)
	body.Reset()
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, maxDocument)); err != nil {
		return fmt.Errorf("but its body broke off: %w", err)
	}
	_ = resp.Body.Close()
	resp.Body = &document{body}
	return r.checkDocument(body.Bytes())
}

// documents are buffers for documents, of which a page of a listing has some 300 KB.
var documents = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// document is the body of a response that was read as a whole. Its buffer is used again once it is closed.
type document struct{ buffer *bytes.Buffer }

func (d *document) Read(b []byte) (int, error) {
	if d.buffer == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	return d.buffer.Read(b)
}

func (d *document) Close() error {
	if d.buffer != nil {
		documents.Put(d.buffer)
		d.buffer = nil
	}
	return nil
}

// checkDocument says what is wrong with the body of a response.
func (r response) checkDocument(body []byte) error {
	text := bytes.TrimSpace(body)
	if r.root == "" {
		if len(text) > 0 {
			return fmt.Errorf("with an unexpected document: %s", beginning(text))
		}
		return nil
	}
	if rootOf(text) != r.root {
		return fmt.Errorf("with something other than a %s document: %s", r.root, beginning(text))
	}
	for _, name := range r.elements {
		if !contains(text, "<"+name+">") && !contains(text, "<"+name+"/>") && !contains(text, "<"+name+" ") {
			return fmt.Errorf("with a %s document without %s", r.root, name)
		}
	}
	if !bytes.HasSuffix(text, []byte("</"+r.root+">")) {
		return fmt.Errorf("with an incomplete %s document", r.root)
	}
	return nil
}

func contains(text []byte, s string) bool { return bytes.Contains(text, []byte(s)) }

// rootOf is the name of an XML document's first element, "" if it has none.
func rootOf(text []byte) string {
	for {
		text = bytes.TrimLeft(text, " \t\r\n\ufeff")
		switch {
		case bytes.HasPrefix(text, []byte("<?")):
			_, text, _ = bytes.Cut(text, []byte("?>"))
		case bytes.HasPrefix(text, []byte("<!--")):
			_, text, _ = bytes.Cut(text, []byte("-->"))
		case bytes.HasPrefix(text, []byte("<")):
			end := bytes.IndexAny(text, " \t\r\n/>")
			return string(text[1:max(end, 1)])
		default:
			return ""
		}
	}
}

// beginning is as much of a document as fits into an error message.
func beginning(text []byte) string {
	const most = 120
	if len(text) == 0 {
		return "nothing"
	}
	if len(text) > most {
		return strings.ToValidUTF8(string(text[:most]), "") + "…"
	}
	return string(text)
}
