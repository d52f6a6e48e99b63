package main

import (
	"cmp"
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
)

// copy looks at the source, plans the copy and makes it.
func (o *oneCopy) copy(ctx context.Context) copier.Outcome {
	began := time.Now()
	engine := copier.New(o.client, o.options)
	if out, is := o.currentAlready(ctx, engine); is {
		return out
	}
	src, err := o.look(ctx, engine)
	if err != nil {
		return failedToBegin(began, err)
	}
	plan, err := o.set.Plan(src.Object, src)
	if err != nil {
		return failedToBegin(began, err)
	}
	o.plan = &plan.Copies[0]
	o.plan.Key = o.to.key
	if condition := o.unmet(); condition != "" {
		return copier.Outcome{Result: copier.Skipped, Reason: condition, Seconds: time.Since(began).Seconds()}
	}
	out := engine.Copy(ctx, src, o.plan)
	out.Requests += src.Requests()
	o.complete(ctx, engine, &out)
	if out.Result == copier.Copied && out.NeedsSecondLook {
		fresh, _, err := src.Recheck(ctx)
		o.outdated = err == nil && fresh == copier.Newer
	}
	if o.plan.DeleteSource && (out.Result == copier.Copied || out.Result == copier.Unchanged) {
		moved := o.move(ctx, engine, src)
		o.moved = &moved
	}
	return out
}

// look reads what the copy is made of: which version it is, or that it is a symbolic link.
func (o *oneCopy) look(ctx context.Context, engine *copier.Copier) (*copier.Source, error) {
	object := events.Object{Region: o.options.Region, Bucket: o.from.bucket, Key: o.from.key, VersionID: o.version}
	probe := o.sourceOf(ctx, engine, object)
	head, err := probe.Head()
	switch {
	case copier.IsLink(head, err):
		object.Event = "ObjectCreated:PutSymlink"
	case err != nil:
		return nil, err
	default:
		o.head = head
		object.Event, object.Time = "ObjectCreated:PutObject", head.LastModified
		object.Size, object.ETag = events.Some(head.Size), events.Some(head.ETag)
		object.ContentType = events.Some(head.Headers.ContentType)
	}
	src := o.sourceOf(ctx, engine, object)
	src.Include(probe)
	if object.ETag.Known {
		src.SetHead(head)
	}
	return src, nil
}

// sourceOf is the source. An earlier run of the same command may have begun the copy.
func (o *oneCopy) sourceOf(ctx context.Context, engine *copier.Copier, object events.Object) *copier.Source {
	src := engine.Source(ctx, object)
	src.Retried = true
	src.RequestPayer = o.set.RequestPayer(o.from.bucket)
	src.Aside = o.aside
	return src
}

// failedToBegin is the outcome of a copy that could not be begun.
func failedToBegin(began time.Time, err error) copier.Outcome {
	return copier.Outcome{Result: copier.Failed, Error: osscall.Classify("copy", err),
		Seconds: time.Since(began).Seconds()}
}

// complete adds to an outcome what OSS does not answer to CompleteMultipartUpload, but shows of the object.
func (o *oneCopy) complete(ctx context.Context, engine *copier.Copier, out *copier.Outcome) {
	if out.Result != copier.Copied || !out.LastModified.IsZero() {
		return
	}
	other, _ := engine.Remote(o.plan.Remote)
	client := cmp.Or(other, o.client)
	_ = osscall.Send(ctx, "HeadObject", func(ctx context.Context) error {
		res, err := client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &o.to.bucket, Key: &o.to.key,
			VersionId: osscall.Optional(out.VersionID), RequestPayer: osscall.Optional(o.plan.RequestPayer)})
		if err != nil {
			return err // the right to read the destination may be missing
		}
		out.LastModified = oss.ToTime(res.LastModified).UTC()
		out.Answer.ServerSideEncryption = oss.ToString(res.ServerSideEncryption)
		out.Answer.KeyID = oss.ToString(res.ServerSideEncryptionKeyId)
		out.Answer.ServerSideDataEncryption = oss.ToString(res.ServerSideDataEncryption)
		return nil
	})
}

// currentAlready reports whether the version that is to become the current one is it already.
func (o *oneCopy) currentAlready(ctx context.Context, engine *copier.Copier) (out copier.Outcome, is bool) {
	if o.version == "" || o.from != o.to {
		return out, false
	}
	h, err := o.sourceOf(ctx, engine, events.Object{Bucket: o.from.bucket, Key: o.from.key}).Head()
	if err != nil || cmp.Or(h.VersionID, "null") != o.version { // null without versioning
		return out, false
	}
	out = copier.Outcome{Result: copier.Unchanged, Reason: "this version is the current one already", ETag: h.ETag,
		CRC64: h.CRC64, LastModified: h.LastModified, VersionID: h.VersionID, Bytes: h.Size}
	if !o.plain {
		out.Result = copier.Skipped
		out.Reason += "; leave --version-id out to change it in place"
	}
	return out, true
}
