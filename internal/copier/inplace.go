package copier

import (
	"cmp"
	"context"
	"slices"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// inPlace changes an object where it is. One that is as the rule wants it is left
// alone, which also ends the chain of events that the change itself raises.
//
// Tags and ACL are set by their own operations. Class, encryption, headers and
// metadata rewrite the object: OSS then replaces the metadata with the request's
// whatever the directive says, sets the ACL to default, and takes a class and an
// encryption that are left out for Standard and none; so all of the source's is
// sent again. The rewrite is pinned like any copy, but an upload accepted after it
// and landing before it is lost in a bucket without versioning: the rule has to
// say rewrite-in-place.
func (c *copying) inPlace(ctx context.Context) (Outcome, error) {
	out, err := c.changeInPlace(ctx)
	if osscall.Is(err, osscall.KindNotFound) {
		err = c.src.gone("in place")
	}
	return out, err
}

// changeInPlace makes what differs as the rule wants it.
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

func (c *copying) differsInTags() (bool, error) {
	if c.plan.TaggingDirective != rules.DirectiveReplace {
		return false, nil
	}
	have, err := c.src.Tags()
	return !slices.Equal(have, c.plan.Tags), err
}

func (c *copying) differsInACL() (bool, error) {
	if c.plan.ObjectACL == "" {
		return false, nil
	}
	have, err := c.src.ACL()
	return have != c.plan.ObjectACL, err
}

// needsRewrite reports whether the object's class, encryption, headers or metadata
// are not as the rule wants them.
func (c *copying) needsRewrite(head rules.Head) bool {
	headers, meta := c.headersAndMeta(head)
	return changesStorage(c.keptStorage(head), head) || headers != head.Headers || !slices.Equal(meta, head.Meta)
}

// keptStorage is the plan with the class and the encryption of the source where the rule
// names none.
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

// rewrite copies the object onto itself, with all of it that the rule does not
// name sent again.
func (c *copying) rewrite(ctx context.Context, head rules.Head) (Outcome, error) {
	if !c.plan.RewriteInPlace {
		return Outcome{}, osscall.NewError(osscall.KindPermanent, "plan", "InPlace",
			"class, encryption, metadata or headers in place rewrite the object and could overwrite a new upload: "+
				"say rewrite-in-place: true, or give another bucket or key")
	}
	acl, err := c.src.ACL()
	if err != nil {
		return Outcome{}, err
	}
	whole := c.keptStorage(head)
	whole.ObjectACL = cmp.Or(whole.ObjectACL, acl)
	whole.Headers, whole.Meta = c.headersAndMeta(head)
	whole.MetadataDirective = rules.DirectiveReplace
	again := &copying{copier: c.copier, src: c.src, plan: whole, ctx: c.ctx}
	defer func() {
		c.requests.Add(again.requests.Load())
		if p := again.panicked.Load(); p != nil {
			c.panicked.Store(p)
		}
	}()
	if changesStorage(whole, head) && head.Size > c.copier.opts.SingleCopyLimit {
		return again.multipart(ctx)
	}
	return again.single(ctx)
}

// setTagsAndACL sets tags and ACL. In a bucket with versioning they are set on the
// version the event speaks of; elsewhere there is no condition to pin them with,
// and an object that was overwritten a moment ago gets them too.
func (c *copying) setTagsAndACL(ctx context.Context, head rules.Head, tags, acl bool) (Outcome, error) {
	out := outcomeAt(head)
	out.Result = Copied
	version := osscall.Optional(head.VersionID)
	if tags {
		out.Method = MethodPutObjectTagging
		if err := c.putTags(ctx, version); err != nil {
			return Outcome{}, err
		}
	}
	if acl {
		out.Method = cmp.Or(out.Method, MethodPutObjectACL)
		if err := c.putACL(ctx, version); err != nil {
			return Outcome{}, err
		}
	}
	return out, nil
}

func (c *copying) putTags(ctx context.Context, version *string) error {
	if len(c.plan.Tags) == 0 {
		return c.dropTags(ctx, version)
	}
	tags := make([]oss.Tag, len(c.plan.Tags))
	for i, t := range c.plan.Tags {
		tags[i] = oss.Tag{Key: &t.Key, Value: &t.Value}
	}
	return c.setTags(ctx, "PutObjectTagging", func(ctx context.Context) error {
		_, err := c.copier.oss.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, VersionId: version, RequestPayer: c.payer(),
			Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: tags}},
		})
		return err
	})
}

// putACL sets the ACL. Where the answer does not say whether it is set, it is looked at.
func (c *copying) putACL(ctx context.Context, version *string) error {
	err := c.once("PutObjectACL").Do(ctx, c.timed(func(ctx context.Context) error {
		_, err := c.copier.oss.PutObjectAcl(ctx, &oss.PutObjectAclRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, VersionId: version, RequestPayer: c.payer(),
			Acl: oss.ObjectACLType(c.plan.ObjectACL),
		})
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
