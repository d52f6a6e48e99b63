package copier

import (
	"slices"
	"strings"

	"afterput/rules"
)

// headersAndMeta gives the content headers and the metadata that the destination gets.
func (c *copying) headersAndMeta(src rules.Head) (rules.ContentHeaders, []rules.Pair) {
	if c.plan.MetadataDirective != rules.DirectiveReplace {
		return src.Headers, src.Meta
	}
	meta := slices.Clone(c.plan.Meta)
	for _, p := range src.Meta {
		sameKey := func(q rules.Pair) bool { return q.Key == p.Key }
		if strings.HasPrefix(p.Key, encryptedByClient) && !slices.ContainsFunc(meta, sameKey) {
			meta = append(meta, p)
		}
	}
	sortPairs(meta)
	return c.replacedHeaders(), meta
}

// defaultContentType is what OSS gives an object that was stored without one.
const defaultContentType = "application/octet-stream"

// replacedHeaders are the content headers that the rule gives, always with a Content-Type:
// without one, CopyObject would keep the source's and a multipart upload would get the default,
// so that the copy depended on the object's size.
func (c *copying) replacedHeaders() rules.ContentHeaders {
	headers := c.plan.Headers
	if headers.ContentType == "" {
		headers.ContentType = defaultContentType
	}
	return headers
}

// encryptedByClient is the prefix of the metadata that an encrypting client needs to decrypt the
// object. CopyObject keeps it whatever the metadata directive says, so a copy in parts does too.
const encryptedByClient = "client-side-encryption-"

// tagsToSet gives the tags that the destination gets. If the source's are carried over, they are
// always read: without the right to read tags, HeadObject shows no x-oss-tagging-count, so its
// absence proves nothing.
func (c *copying) tagsToSet() ([]rules.Pair, error) {
	if c.plan.TaggingDirective == rules.DirectiveReplace {
		return c.plan.Tags, nil
	}
	return c.src.Tags()
}
