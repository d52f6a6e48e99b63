package copier

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// copyObjectRequest is the CopyObject that makes the planned copy, pinned with condition.
func (c *copying) copyObjectRequest(condition string) *oss.CopyObjectRequest {
	p := c.plan
	req := &oss.CopyObjectRequest{
		Bucket:          &p.Bucket,
		Key:             &p.Key,
		SourceBucket:    &c.src.Object.Bucket,
		SourceKey:       &c.src.Object.Key,
		SourceVersionId: c.src.version(),

		IfMatch:           osscall.Optional(condition),
		IfNoneMatch:       osscall.Optional(p.CopySourceIfNoneMatch),
		IfModifiedSince:   httpDate(p.CopySourceIfModifiedSince),
		IfUnmodifiedSince: httpDate(p.CopySourceIfUnmodifiedSince),

		ForbidOverwrite: forbid(p),
		Acl:             oss.ObjectACLType(p.ObjectACL),
		StorageClass:    oss.StorageClassType(p.StorageClass),

		ServerSideEncryption:      osscall.Optional(p.ServerSideEncryption),
		ServerSideEncryptionKeyId: osscall.Optional(p.ServerSideEncryptionKeyID),
		ServerSideDataEncryption:  osscall.Optional(p.ServerSideDataEncryption),

		TrafficLimit: p.TrafficLimit,
		RequestPayer: c.payer(),
	}
	if p.MetadataDirective == rules.DirectiveReplace {
		headers := c.replacedHeaders()
		req.MetadataDirective = osscall.Optional(string(rules.DirectiveReplace))
		req.CacheControl = osscall.Optional(headers.CacheControl)
		req.ContentDisposition = osscall.Optional(headers.ContentDisposition)
		req.ContentEncoding = osscall.Optional(headers.ContentEncoding)
		req.Headers = language(headers)
		req.ContentType = osscall.Optional(headers.ContentType)
		req.Expires = osscall.Optional(headers.Expires)
		req.Metadata = c.metadata(p.Meta)
	}
	if c.unpinned { // a link has no content to encrypt, and OSS refuses the headers
		req.ServerSideEncryption, req.ServerSideEncryptionKeyId, req.ServerSideDataEncryption = nil, nil, nil
	}
	if p.TaggingDirective == rules.DirectiveReplace {
		req.TaggingDirective = osscall.Optional(string(rules.DirectiveReplace))
		req.Tagging = osscall.Optional(tagging(p.Tags))
	}
	return req
}

// initiateRequest is the InitiateMultipartUpload of the copy. It sets what UploadPartCopy does not
// carry over: headers, metadata and tags.
func (c *copying) initiateRequest(
	headers rules.ContentHeaders, meta, tags []rules.Pair,
) *oss.InitiateMultipartUploadRequest {
	p := c.plan
	return &oss.InitiateMultipartUploadRequest{
		Bucket:          &p.Bucket,
		Key:             &p.Key,
		ForbidOverwrite: forbid(p),
		StorageClass:    oss.StorageClassType(p.StorageClass),

		CacheControl:       osscall.Optional(headers.CacheControl),
		ContentDisposition: osscall.Optional(headers.ContentDisposition),
		ContentEncoding:    osscall.Optional(headers.ContentEncoding),
		ContentType:        osscall.Optional(headers.ContentType),
		Expires:            osscall.Optional(headers.Expires),
		Metadata:           c.metadata(meta),
		Tagging:            osscall.Optional(tagging(tags)),

		ServerSideEncryption:      osscall.Optional(p.ServerSideEncryption),
		ServerSideEncryptionKeyId: osscall.Optional(p.ServerSideEncryptionKeyID),
		ServerSideDataEncryption:  osscall.Optional(p.ServerSideDataEncryption),

		RequestCommon:             oss.RequestCommon{Headers: language(headers)},
		RequestPayer:              c.payer(),
		DisableAutoDetectMimeType: true,
	}
}

// forbid is the x-oss-forbid-overwrite of a plan.
func forbid(p *rules.Copy) *string {
	if !p.ForbidOverwrite {
		return nil
	}
	return osscall.Optional("true")
}

// httpDate is a time as HTTP headers have it; nil for the zero time.
func httpDate(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return osscall.Optional(t.UTC().Format(http.TimeFormat))
}

// language is the one content header for which the SDK's requests have no field.
func language(h rules.ContentHeaders) map[string]string {
	if h.ContentLanguage == "" {
		return nil
	}
	return map[string]string{"Content-Language": h.ContentLanguage}
}

// headerMap is content headers as they are sent, for requests of the SDK without fields for them.
func headerMap(h rules.ContentHeaders) map[string]string {
	all := map[string]string{
		"Cache-Control": h.CacheControl, "Content-Disposition": h.ContentDisposition,
		"Content-Encoding": h.ContentEncoding, "Content-Language": h.ContentLanguage,
		"Content-Type": h.ContentType, "Expires": h.Expires,
	}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// metadata is user metadata as the SDK's requests have it, with the count of the chain.
func (c *copying) metadata(pairs []rules.Pair) map[string]string {
	m := make(map[string]string, len(pairs)+1)
	for _, p := range pairs {
		m[p.Key] = p.Value
	}
	if c.hops != "" {
		m[rules.HopsMeta] = c.hops
	}
	return m
}

// tagging is the value of x-oss-tagging: URL-encoded, which the SDK leaves to its caller. A space
// is %20, since "+" is allowed in tags.
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

// percentPath is a key percent-encoded, but for its slashes.
func percentPath(key string) string { return strings.ReplaceAll(percent(key), "%2F", "/") }

func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
