package copier

import (
	"slices"
	"strings"

	"afterput/rules"
)

// headersAndMeta is the headers and the metadata that the destination is to have.
func (c *copying) headersAndMeta(src rules.Head) (rules.ContentHeaders, []rules.Pair) {
	if c.plan.MetadataDirective != rules.DirectiveReplace {
		return src.Headers, src.Meta
	}
	meta := slices.Clone(c.plan.Meta)
	for _, p := range src.Meta {
		named := func(q rules.Pair) bool { return q.Key == p.Key }
		if strings.HasPrefix(p.Key, encryptedByClient) && !slices.ContainsFunc(meta, named) {
			meta = append(meta, p)
		}
	}
	sortPairs(meta)
	return c.replacedHeaders(), meta
}

// defaultContentType is what OSS gives an object that was stored without one.
const defaultContentType = "application/octet-stream"

// replacedHeaders are the content headers that the rule gives. A Content-Type is always
// among them: left out, one CopyObject keeps the source's and a multipart upload gets
// the default, so that the copy would depend on the object's size.
func (c *copying) replacedHeaders() rules.ContentHeaders {
	headers := c.plan.Headers
	if headers.ContentType == "" {
		headers.ContentType = defaultContentType
	}
	return headers
}

// encryptedByClient begins the metadata that an encrypting client needs to decrypt the
// object. A CopyObject keeps it whatever the metadata directive says; so parts do too.
const encryptedByClient = "client-side-encryption-"

// tagsToSet is the tags that the destination is to have. The source's are always
// read where they are carried over: x-oss-tagging-count is absent without the
// right to read tags, so it proves nothing.
func (c *copying) tagsToSet() ([]rules.Pair, error) {
	if c.plan.TaggingDirective == rules.DirectiveReplace {
		return c.plan.Tags, nil
	}
	return c.src.Tags()
}
