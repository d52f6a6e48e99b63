package copier

import (
	"context"
	"slices"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// landed reports whether the destination already is what this copy would make of
// the source, in everything that the rule says: content (CRC-64, without which the
// answer is no), headers, metadata, class, encryption, tags, ACL; and not older than
// the source. The ETag is not compared, which OSS does not promise to keep. It costs
// HeadObject of the source and, if all that HeadObject shows is the same,
// GetObjectTagging, of both where tags are carried over, and GetObjectAcl where the
// rule sets the ACL.
func (r *run) landed(ctx context.Context, dst rules.Head) (bool, error) {
	src, err := r.src.Head()
	if isLink(src, err) {
		return false, nil // what HeadObject shows is not the link's own
	}
	if err != nil || !r.holds(src, dst) {
		return false, err
	}
	same, err := r.sameTagsAs(ctx, src, dst)
	if err != nil || !same {
		return false, err
	}
	return r.sameACL(ctx)
}

// landedButForTags is landed where the tags are yet to be dropped.
func (r *run) landedButForTags(ctx context.Context, dst rules.Head) (bool, error) {
	src, err := r.src.Head()
	if err != nil || !r.holds(src, dst) {
		return false, err
	}
	return r.sameACL(ctx)
}

// holds compares all that HeadObject shows.
func (r *run) holds(src, dst rules.Head) bool {
	headers, meta := r.wanted(src)
	return src.CRC64 != "" && src.CRC64 == dst.CRC64 && src.Size == dst.Size &&
		!dst.LastModified.Before(src.LastModified) &&
		dst.ObjectType != symlink && headers == dst.Headers && slices.Equal(filled(meta), filled(dst.Meta)) &&
		(r.plan.StorageClass == "" || r.plan.StorageClass == dst.StorageClass) &&
		(r.plan.ServerSideEncryption == "" || r.plan.ServerSideEncryption == dst.ServerSideEncryption) &&
		(r.plan.ServerSideEncryptionKeyID == "" || r.plan.ServerSideEncryptionKeyID == dst.ServerSideEncryptionKeyID) &&
		(r.plan.ServerSideDataEncryption == "" || r.plan.ServerSideDataEncryption == dst.ServerSideDataEncryption)
}

// filled is metadata without entries of no value, which are not always stored.
func filled(meta []rules.Pair) []rules.Pair {
	return slices.DeleteFunc(slices.Clone(meta), func(p rules.Pair) bool { return p.Value == "" })
}

// defaultContentType is what OSS gives an object that was stored without one.
const defaultContentType = "application/octet-stream"

// encryptedByClient begins the metadata that an encrypting client needs to decrypt the
// object. A CopyObject keeps it whatever the metadata directive says; so parts do too.
const encryptedByClient = "client-side-encryption-"

// wanted is the headers and the metadata the destination is to have.
func (r *run) wanted(src rules.Head) (rules.ContentHeaders, []rules.Pair) {
	if r.plan.MetadataDirective != rules.DirectiveReplace {
		return src.Headers, src.Meta
	}
	meta := slices.Clone(r.plan.Meta)
	for _, p := range src.Meta {
		named := func(q rules.Pair) bool { return q.Key == p.Key }
		if strings.HasPrefix(p.Key, encryptedByClient) && !slices.ContainsFunc(meta, named) {
			meta = append(meta, p)
		}
	}
	sortPairs(meta)
	return r.replacedHeaders(), meta
}

// replacedHeaders are the content headers that the rule gives. A Content-Type is always
// among them: left out, one CopyObject keeps the source's and a multipart upload gets
// the default, so that the copy would depend on the object's size.
func (r *run) replacedHeaders() rules.ContentHeaders {
	headers := r.plan.Headers
	if headers.ContentType == "" {
		headers.ContentType = defaultContentType
	}
	return headers
}

// wantedTags is the tags the destination is to have. The source's are always
// read where they are carried over: x-oss-tagging-count is absent without the
// right to read tags, so it proves nothing.
func (r *run) wantedTags() ([]rules.Pair, error) {
	if r.plan.TaggingDirective == rules.DirectiveReplace {
		return r.plan.Tags, nil
	}
	return r.src.Tags()
}

// sameTagsAs compares the destination's tags with those it is to have, by their number
// where that tells them apart.
func (r *run) sameTagsAs(ctx context.Context, src, dst rules.Head) (bool, error) {
	wanted := len(r.plan.Tags)
	if r.plan.TaggingDirective != rules.DirectiveReplace {
		wanted = src.TaggingCount
	}
	// A count of 0 is none, or is not shown to a role that may not read tags.
	if dst.TaggingCount > 0 && wanted > 0 && wanted != dst.TaggingCount {
		return false, nil
	}
	return r.sameTags(ctx)
}

// sameTags reads the destination's tags and compares them with those it is to have.
func (r *run) sameTags(ctx context.Context) (bool, error) {
	want, err := r.wantedTags()
	if err != nil {
		return false, err
	}
	var tags []rules.Pair
	err = r.look("GetObjectTagging").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{
			Bucket: &r.plan.Bucket, Key: &r.plan.Key, RequestPayer: r.payer()})
		if err == nil {
			tags = pairsOf(res.Tags)
		}
		return err
	})
	if Is(err, KindNotFound) { // removed meanwhile
		return false, nil
	}
	return slices.Equal(tags, want), err
}

// sameACL compares the destination's ACL with the one that the rule sets, if it does.
func (r *run) sameACL(ctx context.Context) (same bool, err error) {
	if r.plan.ObjectACL == "" {
		return true, nil
	}
	err = r.look("GetObjectAcl").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.GetObjectAcl(ctx, &oss.GetObjectAclRequest{
			Bucket: &r.plan.Bucket, Key: &r.plan.Key, RequestPayer: r.payer()})
		if err != nil {
			return err
		}
		acl, err := aclOf(res)
		same = acl == r.plan.ObjectACL
		return err
	})
	if Is(err, KindNotFound) {
		return false, nil
	}
	return same, err
}
