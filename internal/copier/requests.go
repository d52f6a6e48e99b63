package copier

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// copyObjectRequest says a planned copy in one request, pinned with form.
func (r *run) copyObjectRequest(form string) *oss.CopyObjectRequest {
	p := r.plan
	req := &oss.CopyObjectRequest{
		Bucket:       &p.Bucket,
		Key:          &p.Key,
		SourceBucket: &r.src.Object.Bucket,
		SourceKey:    &r.src.Object.Key,

		IfMatch:           text(form),
		IfNoneMatch:       text(p.CopySourceIfNoneMatch),
		IfModifiedSince:   httpDate(p.CopySourceIfModifiedSince),
		IfUnmodifiedSince: httpDate(p.CopySourceIfUnmodifiedSince),

		ForbidOverwrite: forbid(p),
		Acl:             oss.ObjectACLType(p.ObjectACL),
		StorageClass:    oss.StorageClassType(p.StorageClass),

		ServerSideEncryption:      text(p.ServerSideEncryption),
		ServerSideEncryptionKeyId: text(p.ServerSideEncryptionKeyID),
		ServerSideDataEncryption:  text(p.ServerSideDataEncryption),

		TrafficLimit: p.TrafficLimit,
		RequestPayer: r.payer(),
	}
	if p.MetadataDirective == rules.DirectiveReplace {
		headers := r.replacedHeaders()
		req.MetadataDirective = text(rules.DirectiveReplace)
		req.CacheControl = text(headers.CacheControl)
		req.ContentDisposition = text(headers.ContentDisposition)
		req.ContentEncoding = text(headers.ContentEncoding)
		req.Headers = language(headers)
		req.ContentType = text(headers.ContentType)
		req.Expires = text(headers.Expires)
		req.Metadata = metadata(p.Meta)
	}
	if r.unpinned { // a link has no content to encrypt: OSS refuses the headers
		req.ServerSideEncryption, req.ServerSideEncryptionKeyId, req.ServerSideDataEncryption = nil, nil, nil
	}
	if p.TaggingDirective == rules.DirectiveReplace {
		req.TaggingDirective = text(rules.DirectiveReplace)
		req.Tagging = text(tagging(p.Tags))
	}
	return req
}

// initiateRequest says what UploadPartCopy cannot carry over: headers and
// metadata, and tags.
func (r *run) initiateRequest(headers rules.ContentHeaders, meta, tags []rules.Pair) *oss.InitiateMultipartUploadRequest {
	p := r.plan
	return &oss.InitiateMultipartUploadRequest{
		Bucket:          &p.Bucket,
		Key:             &p.Key,
		ForbidOverwrite: forbid(p),
		StorageClass:    oss.StorageClassType(p.StorageClass),

		CacheControl:       text(headers.CacheControl),
		ContentDisposition: text(headers.ContentDisposition),
		ContentEncoding:    text(headers.ContentEncoding),
		ContentType:        text(headers.ContentType),
		Expires:            text(headers.Expires),
		Metadata:           metadata(meta),
		Tagging:            text(tagging(tags)),

		ServerSideEncryption:      text(p.ServerSideEncryption),
		ServerSideEncryptionKeyId: text(p.ServerSideEncryptionKeyID),
		ServerSideDataEncryption:  text(p.ServerSideDataEncryption),

		RequestCommon:             oss.RequestCommon{Headers: language(headers)},
		RequestPayer:              r.payer(),
		DisableAutoDetectMimeType: true,
	}
}

// text is an optional text of the SDK: nil is a header that is not sent.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func forbid(p *rules.Copy) *string {
	if !p.ForbidOverwrite {
		return nil
	}
	return text("true")
}

func httpDate(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return text(t.UTC().Format(http.TimeFormat))
}

// language is the one content header that the SDK's requests have no field for.
func language(h rules.ContentHeaders) map[string]string {
	if h.ContentLanguage == "" {
		return nil
	}
	return map[string]string{"Content-Language": h.ContentLanguage}
}

func metadata(pairs []rules.Pair) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, p := range pairs {
		m[p.Key] = p.Value
	}
	return m
}

// tagging is the value of x-oss-tagging: URL-encoded, which the SDK leaves to
// its caller. A space is %20, since "+" is a legal character of a tag.
func tagging(tags []rules.Pair) string {
	var b strings.Builder
	for i, t := range tags {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(percent(t.Key) + "=" + percent(t.Value))
	}
	return b.String()
}

func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
