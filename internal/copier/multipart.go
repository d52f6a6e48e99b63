package copier

import (
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"golang.org/x/sync/errgroup"

	"afterput/rules"
)

// upload is a multipart upload of this copy.
type upload struct {
	id     string
	layout layout
	have   map[int]bool // parts OSS holds from an earlier try
	save   *SavedUpload // to be remembered, nil if it is already or is not to be
}

// multipart makes the copy in parts, unless the destination already is what the
// rule wants: Initiate, or going on with what an earlier try left, then
// UploadPartCopy for every part, ListParts to verify what arrived, Complete.
// When it returns, the upload is completed, aborted, or remembered for a next
// try that can go on with it.
func (r *run) multipart(ctx context.Context) (out Outcome, err error) {
	head, err := r.src.Head()
	if err != nil {
		return Outcome{}, err
	}
	before, err := r.lookBefore(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if before.there {
		// Within one second, what was put again and what was copied before are in no order.
		oneSecond := !before.head.LastModified.After(head.LastModified)
		same, err := r.landed(ctx, before.head, r.src.Retried || r.src.Followed || oneSecond)
		if err != nil {
			return Outcome{}, err
		}
		if same {
			out := outcomeAt(before.head)
			out.Outcome = Unchanged
			return out, nil
		}
	}
	up, err := r.begin(ctx, head)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { r.end(ctx, up, err) }()
	if err := r.copyParts(ctx, up); err != nil {
		return Outcome{}, err
	}
	out, err = r.finish(ctx, up, head)
	out.Parts, out.Bytes, out.SourceVersionID = up.layout.count, head.Size, head.VersionID
	return out, err
}

// begin finds the upload that an earlier try left, or initiates one.
func (r *run) begin(ctx context.Context, head rules.Head) (*upload, error) {
	var tags []rules.Pair
	var saved *SavedUpload
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) { tags, err = r.wantedTags(); return err })
	reads.Go(func() (err error) { saved, err = r.loadState(readCtx); return err })
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	headers, meta := r.wanted(head)
	request := r.initiateRequest(headers, meta, tags)
	digest := digestOf(request, r.plan.ObjectACL)
	if saved != nil {
		if saved.ETag == head.ETag && saved.Digest == digest && saved.Size == head.Size {
			up, err := r.resume(ctx, saved)
			if up != nil || err != nil {
				return up, err
			}
		} else if err := r.abort(ctx, saved.UploadID); err != nil {
			return nil, err
		}
		r.dropState(ctx) // it names an upload that is gone
	}
	up := &upload{}
	err := r.look("InitiateMultipartUpload").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.InitiateMultipartUpload(ctx, request)
		if err != nil {
			return err
		}
		if up.id = oss.ToString(res.UploadId); up.id == "" {
			return refusal(KindLost, "InitiateMultipartUpload", "NoAnswer", "OSS answered 200 without an upload id (request %s)", requestID(res.ResultCommon))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	up.layout = r.layout(head.Size)
	if !r.opts.State.Off {
		up.save = &SavedUpload{
			Bucket: r.plan.Bucket, Key: r.plan.Key, UploadID: up.id,
			Source: "oss://" + r.src.Object.Bucket + "/" + r.src.Object.Key, ETag: head.ETag, Digest: digest,
			Size: head.Size, PartSize: up.layout.part, Started: time.Now().UTC(),
		}
	}
	return up, nil
}

// resume goes on with an upload of an earlier try; nil if it is gone.
func (r *run) resume(ctx context.Context, saved *SavedUpload) (*upload, error) {
	parts, err := r.listParts(ctx, saved.UploadID)
	if Is(err, KindNoSuchUpload) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	up := &upload{id: saved.UploadID, layout: cut(saved.Size, saved.PartSize), have: make(map[int]bool, len(parts))}
	for _, p := range parts {
		n := int(p.PartNumber)
		if n <= up.layout.count && p.Size == up.layout.length(n) {
			up.have[n] = true
		}
	}
	return up, nil
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

// end tidies up after the copy ended with err, on a time of its own: that is
// needed most when the invocation's is up.
func (r *run) end(ctx context.Context, up *upload, err error) {
	ctx, cancel := tidying(ctx)
	defer cancel()
	remembered := !r.opts.State.Off && up.save == nil
	switch {
	case err == nil:
		if remembered {
			r.dropState(ctx)
		}
	case Is(err, KindNoSuchUpload):
		// Whoever ended it has seen to its state object, and may have one of its
		// own there by now.
	case remembered && resumable(err):
	case r.abort(ctx, up.id) == nil && remembered:
		if saved, err := r.loadState(ctx); err == nil && saved != nil && saved.UploadID == up.id {
			r.dropState(ctx)
		}
	}
}

// resumable reports whether a next try can go on where err stopped this one.
func resumable(err error) bool {
	return Is(err, KindStopped) || Is(err, KindBusy) || Is(err, KindThrottled) || Is(err, KindLost) || Is(err, KindRenew)
}

// abort removes an upload and its parts; one that is gone is as good. An upload
// that cannot be aborted is left to its state object, and to the bucket's
// lifecycle rule for unfinished uploads.
func (r *run) abort(ctx context.Context, id string) error {
	err := r.look("AbortMultipartUpload").do(ctx, func(ctx context.Context) error {
		_, err := r.oss.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: &r.plan.Bucket, Key: &r.plan.Key, UploadId: &id})
		return err
	})
	if Is(err, KindNoSuchUpload) {
		return nil
	}
	return err
}
