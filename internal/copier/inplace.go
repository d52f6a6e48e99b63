package copier

import (
	"cmp"
	"context"
	"slices"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

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
func (r *run) inPlace(ctx context.Context) (Outcome, error) {
	out, err := r.alter(ctx)
	if Is(err, KindNotFound) {
		err = r.src.gone("in place")
	}
	return out, err
}

// alter makes what differs as the rule wants it.
func (r *run) alter(ctx context.Context) (Outcome, error) {
	head, err := r.src.Head()
	if err != nil {
		return Outcome{}, err
	}
	newTags, err := r.differsInTags()
	if err != nil {
		return Outcome{}, err
	}
	newACL, err := r.differsInACL()
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case r.rewrites(head):
		return r.rewrite(ctx, head)
	case newTags || newACL:
		return r.retouch(ctx, head, newTags, newACL)
	}
	out := outcomeAt(head)
	out.Outcome = Unchanged
	return out, nil
}

func (r *run) differsInTags() (bool, error) {
	if r.plan.TaggingDirective != rules.DirectiveReplace {
		return false, nil
	}
	have, err := r.src.Tags()
	return !slices.Equal(have, r.plan.Tags), err
}

func (r *run) differsInACL() (bool, error) {
	if r.plan.ObjectACL == "" {
		return false, nil
	}
	have, err := r.src.ACL()
	return have != r.plan.ObjectACL, err
}

// rewrites reports whether the object's class, encryption, headers or metadata
// are not as the rule wants them.
func (r *run) rewrites(head rules.Head) bool {
	headers, meta := r.wanted(head)
	return restores(r.plan, head) || headers != head.Headers || !slices.Equal(meta, head.Meta)
}

// rewrite copies the object onto itself, with all of it that the rule does not
// name sent again.
func (r *run) rewrite(ctx context.Context, head rules.Head) (Outcome, error) {
	if !r.plan.RewriteInPlace {
		return Outcome{}, refusal(KindPermanent, "plan", "InPlace",
			"class, encryption, metadata or headers in place rewrite the object and could overwrite a new upload: say rewrite-in-place: true, or give another bucket or key")
	}
	acl, err := r.src.ACL()
	if err != nil {
		return Outcome{}, err
	}
	whole := *r.plan
	restored := restores(r.plan, head)
	whole.StorageClass = cmp.Or(whole.StorageClass, head.StorageClass)
	whole.ObjectACL = cmp.Or(whole.ObjectACL, acl)
	if e := whole.ServerSideEncryption; e == "" || e == head.ServerSideEncryption {
		whole.ServerSideEncryption = head.ServerSideEncryption
		whole.ServerSideEncryptionKeyID = cmp.Or(whole.ServerSideEncryptionKeyID, head.ServerSideEncryptionKeyID)
		whole.ServerSideDataEncryption = cmp.Or(whole.ServerSideDataEncryption, head.ServerSideDataEncryption)
	}
	whole.Headers, whole.Meta = r.wanted(head)
	whole.MetadataDirective = rules.DirectiveReplace
	again := &run{Copier: r.Copier, src: r.src, plan: &whole, ctx: r.ctx}
	defer func() {
		r.requests.Add(again.requests.Load())
		if p := again.panicked.Load(); p != nil {
			r.panicked.Store(p)
		}
	}()
	if restored && head.Size > r.opts.SingleCopyLimit {
		return again.multipart(ctx)
	}
	return again.single(ctx)
}

// restores reports whether the rule wants another class or encryption than the
// object has, so that its bytes have to be stored anew.
func restores(p *rules.Copy, head rules.Head) bool {
	return p.StorageClass != "" && p.StorageClass != head.StorageClass ||
		p.ServerSideEncryption != "" && p.ServerSideEncryption != head.ServerSideEncryption ||
		p.ServerSideEncryptionKeyID != "" && p.ServerSideEncryptionKeyID != head.ServerSideEncryptionKeyID ||
		p.ServerSideDataEncryption != "" && p.ServerSideDataEncryption != head.ServerSideDataEncryption
}

// retouch sets tags and ACL. In a bucket with versioning they are set on the
// version the event speaks of; elsewhere there is no condition to pin them with,
// and an object that was overwritten a moment ago gets them too.
func (r *run) retouch(ctx context.Context, head rules.Head, tags, acl bool) (Outcome, error) {
	out := outcomeAt(head)
	out.Outcome = Copied
	version := text(head.VersionID)
	if tags {
		out.Method = MethodPutObjectTagging
		if err := r.putTags(ctx, version); err != nil {
			return Outcome{}, err
		}
	}
	if acl {
		out.Method = cmp.Or(out.Method, MethodPutObjectACL)
		if err := r.putACL(ctx, version); err != nil {
			return Outcome{}, err
		}
	}
	return out, nil
}

func (r *run) putTags(ctx context.Context, version *string) error {
	if len(r.plan.Tags) == 0 {
		return r.dropTags(ctx, version)
	}
	tags := make([]oss.Tag, len(r.plan.Tags))
	for i, t := range r.plan.Tags {
		tags[i] = oss.Tag{Key: &t.Key, Value: &t.Value}
	}
	return r.setTags(ctx, "PutObjectTagging", func(ctx context.Context) error {
		_, err := r.oss.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{
			Bucket: &r.plan.Bucket, Key: &r.plan.Key, VersionId: version, RequestPayer: r.payer(),
			Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: tags}},
		})
		return err
	})
}

// putACL sets the ACL. Where the answer does not say whether it is set, it is looked at.
func (r *run) putACL(ctx context.Context, version *string) error {
	err := r.change("PutObjectACL").do(ctx, r.timed(func(ctx context.Context) error {
		_, err := r.oss.PutObjectAcl(ctx, &oss.PutObjectAclRequest{
			Bucket: &r.plan.Bucket, Key: &r.plan.Key, VersionId: version, RequestPayer: r.payer(),
			Acl: oss.ObjectACLType(r.plan.ObjectACL),
		})
		return err
	}))
	if !Is(err, KindLost) {
		return err
	}
	if same, looked := r.sameACL(ctx); looked != nil || !same {
		return err
	}
	return nil
}
