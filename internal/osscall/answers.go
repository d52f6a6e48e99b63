package osscall

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// answer is what OSS answers a request with when it was carried out.
type answer struct {
	root    string   // root element of the document, "" for an answer without a document
	holds   []string // elements that every such document has
	headers []string // headers that every such answer has
	content bool     // the body is an object's content, which says nothing of itself
}

// answers are the answers to the engine's requests.
// Source: OSS API reference, responses of the operations.
var answers = map[string]answer{
	"HeadObject":              {headers: []string{"Etag", "Last-Modified", "Content-Length"}},
	"GetObject":               {headers: []string{"Etag"}, content: true},
	"GetSymlink":              {headers: []string{"X-Oss-Symlink-Target"}},
	"GetObjectTagging":        {root: "Tagging", holds: []string{"TagSet"}},
	"GetObjectAcl":            {root: "AccessControlPolicy", holds: []string{"Grant"}},
	"ListParts":               {root: "ListPartsResult", holds: []string{"UploadId", "IsTruncated"}},
	"ListObjectsV2":           {root: "ListBucketResult", holds: []string{"IsTruncated"}},
	"CopyObject":              {root: "CopyObjectResult", holds: []string{"ETag"}},
	"UploadPartCopy":          {root: "CopyPartResult", holds: []string{"ETag"}},
	"InitiateMultipartUpload": {root: "InitiateMultipartUploadResult", holds: []string{"UploadId"}},
	"CompleteMultipartUpload": {root: "CompleteMultipartUploadResult", holds: []string{"ETag"}},
	"PutObject":               {headers: []string{"Etag"}},
	"PutObjectTagging":        {},
	"PutObjectAcl":            {},
	"Delete":                  {}, // DeleteObject, DeleteObjectTagging, AbortMultipartUpload
}

// maxDocument is more than any document of [answers] has bytes: the longest are
// lists of 1,000 parts or keys.
const maxDocument = 8 << 20

// answerChecker lets an answer of success pass only if it is the one that was asked for.
// The SDK decodes whatever it gets under 200 into a result, an empty one at worst; so
// a proxy's page, an error document or half an answer would count as "no tags", "no
// parts" or "done". What does not pass is an error of [KindLost].
type answerChecker struct{ next http.RoundTripper }

func (b answerChecker) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err != nil || resp.StatusCode/100 != 2 {
		return resp, err
	}
	want, known := answers[operationOf(req)]
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

// operationOf names the operation of one of the engine's requests, as in [answers]; ""
// for any other.
func operationOf(req *http.Request) string {
	q := req.URL.Query()
	part, id := q.Has("partNumber"), q.Has("uploadId")
	switch req.Method {
	case http.MethodHead:
		return "HeadObject"
	case http.MethodDelete:
		return "Delete"
	case http.MethodPost:
		switch {
		case id:
			return "CompleteMultipartUpload"
		case q.Has("uploads"):
			return "InitiateMultipartUpload"
		}
		return ""
	case http.MethodGet:
		switch {
		case q.Has("tagging"):
			return "GetObjectTagging"
		case q.Has("acl"):
			return "GetObjectAcl"
		case q.Has("symlink"):
			return "GetSymlink"
		case id:
			return "ListParts"
		case q.Has("list-type"):
			return "ListObjectsV2"
		}
		return "GetObject"
	}
	copies := req.Header.Get("X-Oss-Copy-Source") != ""
	switch {
	case copies && part:
		return "UploadPartCopy"
	case copies:
		return "CopyObject"
	case q.Has("tagging"):
		return "PutObjectTagging"
	case q.Has("acl"):
		return "PutObjectAcl"
	}
	return "PutObject"
}

// check says what is wrong with an answer of success; its body can be read again.
func (a answer) check(resp *http.Response) error {
	if resp.Header.Get("X-Oss-Request-Id") == "" {
		return errors.New("without a request id: something else answered in its place")
	}
	for _, name := range a.headers {
		if resp.Header.Get(name) == "" && !(name == "Content-Length" && resp.ContentLength >= 0) {
			return fmt.Errorf("without the header %s", name)
		}
	}
	if a.content || resp.Request != nil && resp.Request.Method == http.MethodHead {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return fmt.Errorf("and the answer broke off: %w", err)
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return a.document(body)
}

// document says what is wrong with the body of an answer.
func (a answer) document(body []byte) error {
	text := strings.TrimSpace(string(body))
	if a.root == "" {
		if text != "" {
			return fmt.Errorf("with a document where none belongs: %s", beginning(text))
		}
		return nil
	}
	if rootOf(text) != a.root {
		return fmt.Errorf("with something else than a %s document: %s", a.root, beginning(text))
	}
	for _, name := range a.holds {
		if !strings.Contains(text, "<"+name+">") && !strings.Contains(text, "<"+name+"/>") &&
			!strings.Contains(text, "<"+name+" ") {
			return fmt.Errorf("with a %s document without %s", a.root, name)
		}
	}
	if !strings.HasSuffix(text, "</"+a.root+">") {
		return fmt.Errorf("with half a %s document", a.root)
	}
	return nil
}

// rootOf is the name of an XML document's first element, "" if it has none.
func rootOf(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n\ufeff")
		switch {
		case strings.HasPrefix(text, "<?"):
			_, text, _ = strings.Cut(text, "?>")
		case strings.HasPrefix(text, "<!--"):
			_, text, _ = strings.Cut(text, "-->")
		case strings.HasPrefix(text, "<"):
			end := strings.IndexAny(text, " \t\r\n/>")
			return text[1:max(end, 1)]
		default:
			return ""
		}
	}
}

// beginning is as much of a document as an error message can bear.
func beginning(text string) string {
	const most = 120
	if text == "" {
		return "nothing"
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
