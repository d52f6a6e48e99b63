package localoss

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"slices"
	"strings"
)

// Objects of these types and of at least minCompressed bytes are compressed for clients that accept it; larger ones
// than maxHashed are not, unlike in OSS.
// Source: OSS API reference, GetObject.
var compressedTypes = strings.Fields(`text/cache-manifest text/xml text/plain text/css application/javascript
	application/x-javascript application/rss+xml application/json text/json text/html`)

const minCompressed = 1 << 10

// compress compresses the reply of GetObject, and that of HeadObject as if it had the content, if the client accepts it
// and OSS would. Such a reply has neither a length nor the ETag of the object.
func (r *request) compress(resp *Response) *Error {
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if !slices.Contains(compressedTypes, mediaType) || resp.Header.Get("Content-Encoding") != "" {
		return nil
	}
	resp.Header.Set("Vary", "Accept-Encoding")
	accepts := strings.Contains(strings.ToLower(r.header("Accept-Encoding")), "gzip")
	if !accepts || resp.Header.Get("Content-Range") != "" || resp.Length < minCompressed || resp.Length > maxHashed {
		return nil
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.Copy(z, resp.Body); err != nil || z.Close() != nil {
		return refuse(InternalError, "")
	}
	resp.SetBody(packed.Bytes())
	resp.Chunked = true
	resp.Header.Set("Content-Encoding", "gzip")
	resp.Header.Del("ETag")
	resp.Header.Del("Content-MD5")
	resp.Header.Del("Accept-Ranges")
	return nil
}
