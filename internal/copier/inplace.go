package copier

import (
	"cmp"
	"context"
	"slices"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// inPlace changes an object whose destination is its source. An object that already is as the rule
// wants it is left unchanged, which also ends the chain of events that the change itself raises.
//
// Tags and ACL are set by their own operations. A change of class, encryption, headers or
// metadata rewrites the object: OSS then replaces the metadata with the request's whatever the
// directive says, resets the ACL to default, and without the headers stores the object unencrypted
// and as Standard; so everything that the source has is sent again. The rewrite is pinned like
// any copy, but in a bucket without versioning it overwrites an upload that is accepted after it
// and lands before it. So the rule must say rewrite-in-place.
func (c *copying) inPlace(ctx context.Context) (Outcome, error) {
	out, err := c.changeInPlace(ctx)
	if osscall.Is(err, osscall.KindNotFound) {
		err = c.src.gone("in place", err)
	}
	return out, err
}

// changeInPlace changes what differs from what the rule wants.
func (c *copying) changeInPlace(ctx context.Context) (Outcome, error) {
	head, err := c.src.Head()
	if err != nil {
		return Outcome{}, err
	}
	newTags, err := c.differsInTags()
	if err != nil {
		return Outcome{}, err
	}
	newACL, err := c.differsInACL()
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case c.needsRewrite(head):
		return c.rewrite(ctx, head)
	case newTags || newACL:
		return c.setTagsAndACL(ctx, head, newTags, newACL)
	}
	out := outcomeAt(head)
	out.Result = Unchanged
	return out, nil
}

// differsInTags reports whether the object's tags are not those that the rule sets.
func (c *copying) differsInTags() (bool, error) {
	if c.plan.TaggingDirective != rules.DirectiveReplace {
		return false, nil
	}
	have, err := c.src.Tags()
	return !slices.Equal(have, c.plan.Tags), err
}

// differsInACL reports whether the object's ACL is not the one that the rule sets.
func (c *copying) differsInACL() (bool, error) {
	if c.plan.ObjectACL == "" {
		return false, nil
	}
	have, err := c.src.ACL()
	return have != c.plan.ObjectACL, err
}

// needsRewrite reports whether the object's class, encryption, headers or metadata are not as the
// rule wants them.
func (c *copying) needsRewrite(head rules.Head) bool {
	headers, meta := c.headersAndMeta(head)
	return changesStorage(c.keptStorage(head), head) || headers != head.Headers || !slices.Equal(meta, head.Meta)
}

// keptStorage is the plan with the class and the encryption of the source if the rule sets none.
func (c *copying) keptStorage(head rules.Head) *rules.Copy {
	kept := *c.plan
	kept.StorageClass = cmp.Or(kept.StorageClass, head.StorageClass)
	if e := kept.ServerSideEncryption; e == "" || e == head.ServerSideEncryption {
		kept.ServerSideEncryption = head.ServerSideEncryption
		kept.ServerSideEncryptionKeyID = cmp.Or(kept.ServerSideEncryptionKeyID, head.ServerSideEncryptionKeyID)
		kept.ServerSideDataEncryption = cmp.Or(kept.ServerSideDataEncryption, head.ServerSideDataEncryption)
	}
	return &kept
}

// rewrite copies the object onto itself, and sends again all attributes that the rule does not set.
func (c *copying) rewrite(ctx context.Context, head rules.Head) (Outcome, error) {
	if !c.plan.RewriteInPlace {
		return Outcome{}, osscall.NewError(osscall.KindPermanent, "plan", "InPlace",
			"changing class, encryption, metadata or headers in place rewrites the object and could overwrite "+
				"a new upload: set rewrite-in-place: true, or another bucket or key")
	}
	if err := c.countChain(ctx); err != nil {
		return Outcome{}, err
	}
	acl, err := c.src.ACL()
	if err != nil {
		return Outcome{}, err
	}
	whole := c.keptStorage(head)
	whole.ObjectACL = cmp.Or(whole.ObjectACL, acl)
	whole.Headers, whole.Meta = c.headersAndMeta(head)
	whole.MetadataDirective = rules.DirectiveReplace
	rewriting := c.copier.copying(c.ctx, c.src, whole)
	rewriting.hops = c.hops
	defer func() {
		c.requests.Add(rewriting.requests.Load())
		if p := rewriting.panicked.Load(); p != nil {
			c.panicked.Store(p)
		}
	}()
	if changesStorage(whole, head) && head.Size > c.copier.opts.SingleCopyLimit {
		return rewriting.multipart(ctx)
	}
	return rewriting.single(ctx)
}

// setTagsAndACL sets tags and ACL. In a bucket with versioning they are set on the version of the
// event. Elsewhere no condition can pin these requests, so an object that was overwritten a
// moment ago gets them too.
func (c *copying) setTagsAndACL(ctx context.Context, head rules.Head, tags, acl bool) (Outcome, error) {
	out := outcomeAt(head)
	out.Result = Copied
	version := osscall.Optional(head.VersionID)
	if tags {
		out.Method = MethodPutObjectTagging
		if err := c.putTags(ctx, c.plan.Tags, version); err != nil {
			return Outcome{}, err
		}
	}
	if acl {
		out.Method = cmp.Or(out.Method, MethodPutObjectACL)
		if err := c.putACL(ctx, version); err != nil {
			return Outcome{}, err
		}
	}
	out.landedAt = c.changedAt
	return out, nil
}

// putTags sets tags of the destination.
func (c *copying) putTags(ctx context.Context, pairs []rules.Pair, version *string) error {
	if len(pairs) == 0 {
		return c.dropTags(ctx, version)
	}
	tags := make([]oss.Tag, len(pairs))
	for i, t := range pairs {
		tags[i] = oss.Tag{Key: &t.Key, Value: &t.Value}
	}
	return c.setTags(ctx, "PutObjectTagging", func(ctx context.Context) error {
		res, err := c.to.oss.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, VersionId: version, RequestPayer: c.payer(),
			Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: tags}},
		})
		if err == nil {
			c.changedAt = osscall.Date(res.ResultCommon)
		}
		return err
	})
}

// putACL sets the ACL of the plan. If the response does not say whether it is set, it is read.
func (c *copying) putACL(ctx context.Context, version *string) error {
	err := c.once("PutObjectACL").Do(ctx, c.timed(func(ctx context.Context) error {
		res, err := c.to.oss.PutObjectAcl(ctx, &oss.PutObjectAclRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, VersionId: version, RequestPayer: c.payer(),
			Acl: oss.ObjectACLType(c.plan.ObjectACL),
		})
		if err == nil {
			c.changedAt = osscall.Date(res.ResultCommon)
		}
		return err
	}))
	if !osscall.Is(err, osscall.KindLost) {
		return err
	}
	if same, looked := c.sameACL(ctx); looked != nil || !same {
		return err
	}
	return nil
}
