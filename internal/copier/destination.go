package copier

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// landedAfterAll looks whether a copy whose answer was lost has landed, more
// than once while it may still be running inside OSS, and returns cause if it
// has not.
func (r *run) landedAfterAll(ctx context.Context, method string, cause error) (Outcome, error) {
	r.slow.Store(true)
	for pause := time.Second; ; pause *= 3 {
		dst, there, err := r.askDestination(ctx)
		if there {
			there, err = r.landed(ctx, dst, true)
		}
		if err != nil {
			return Outcome{}, unseen(cause, err)
		}
		if there {
			out := outcomeAt(dst)
			out.Outcome, out.Method = Copied, method
			return out, nil
		}
		if !Is(cause, KindLost) || pause > 3*time.Second || !sleep(ctx, pause) {
			return Outcome{}, cause
		}
	}
}

// unseen is the cause with why nobody could see whether its copy landed: that may
// be the thing to mend.
func unseen(cause, why error) error {
	e := *Classify("copy", cause)
	e.Message += "; whether the copy landed could not be seen: " + why.Error()
	return &e
}

// mayBeOurs reports whether an object that forbids to be overwritten may have
// been put there by this copy itself, or by an earlier try at it.
func (r *run) mayBeOurs() bool {
	return r.slow.Load() || r.src.Retried || !r.plan.ForbidOverwrite
}

func outcomeAt(h rules.Head) Outcome {
	return Outcome{ETag: h.ETag, CRC64: h.CRC64, LastModified: h.LastModified, VersionID: h.VersionID, Bytes: h.Size}
}

// headDestination is HeadObject of the destination, and whether it is there. One
// that may not be read counts as not there: a role need not have that right.
func (r *run) headDestination(ctx context.Context) (rules.Head, bool, error) {
	dst, there, err := r.askDestination(ctx)
	var e *Error
	if errors.As(err, &e) && e.Kind == KindPermanent && e.Code != "NoSuchBucket" { // without a bucket whatever follows would fail too
		err = nil
	}
	return dst, there, err
}

func (r *run) askDestination(ctx context.Context) (dst rules.Head, there bool, err error) {
	err = r.look("HeadObject").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &r.plan.Bucket, Key: &r.plan.Key})
		if err == nil {
			dst = headOf(res)
		}
		return err
	})
	if Is(err, KindNotFound) {
		return dst, false, nil
	}
	return dst, err == nil, err
}

// landed reports whether the destination already is what this copy would make
// of the source: by content (CRC-64, without which the answer is no), headers,
// metadata, class, encryption, tags and time, never by ETag, which OSS does not
// promise to keep. It costs HeadObject of the source, and GetObjectTagging where the
// plan names tags.
//
// Looked at closely, it also costs GetObjectTagging of both where tags are carried
// over, and GetObjectAcl where the ACL is. A first try need not: had the same
// content, put again with other tags, been overtaken by the copy of the one
// before, then whoever made that copy would look closely.
func (r *run) landed(ctx context.Context, dst rules.Head, closely bool) (bool, error) {
	src, err := r.src.Head()
	if err != nil || !r.holds(src, dst) {
		return false, err
	}
	same, err := r.sameTags(ctx, src, dst, closely)
	if err != nil || !same || !closely {
		return same, err
	}
	return r.sameACL(ctx)
}

// holds compares all that HeadObject shows.
func (r *run) holds(src, dst rules.Head) bool {
	headers, meta := r.wanted(src)
	return src.CRC64 != "" && src.CRC64 == dst.CRC64 && src.Size == dst.Size &&
		!dst.LastModified.Before(src.LastModified) &&
		headers == dst.Headers && slices.Equal(meta, dst.Meta) &&
		(r.plan.StorageClass == "" || r.plan.StorageClass == dst.StorageClass) &&
		(r.plan.ServerSideEncryption == "" || r.plan.ServerSideEncryption == dst.ServerSideEncryption) &&
		(r.plan.ServerSideEncryptionKeyID == "" || r.plan.ServerSideEncryptionKeyID == dst.ServerSideEncryptionKeyID) &&
		(r.plan.ServerSideDataEncryption == "" || r.plan.ServerSideDataEncryption == dst.ServerSideDataEncryption)
}

// wanted is the headers and the metadata the destination is to have.
func (r *run) wanted(src rules.Head) (rules.ContentHeaders, []rules.Pair) {
	if r.plan.MetadataDirective == rules.DirectiveReplace {
		headers := r.plan.Headers
		if headers.ContentType == "" {
			headers.ContentType = defaultContentType
		}
		return headers, r.plan.Meta
	}
	return src.Headers, src.Meta
}

// defaultContentType is what OSS gives an object that was stored without one.
const defaultContentType = "application/octet-stream"

// sameTags compares the destination's tags with those it is to have: those that
// are carried over by their number, where it is not to look closely. A change of
// the source's tags raises no event, but the same content put again with others
// does.
func (r *run) sameTags(ctx context.Context, src, dst rules.Head, closely bool) (bool, error) {
	switch carried := r.plan.TaggingDirective != rules.DirectiveReplace; {
	case carried && (!closely || src.TaggingCount == 0 || src.TaggingCount != dst.TaggingCount):
		return src.TaggingCount == dst.TaggingCount, nil
	case !carried && len(r.plan.Tags) == 0:
		return dst.TaggingCount == 0, nil
	}
	want, err := r.wantedTags()
	if err != nil {
		return false, err
	}
	var tags []rules.Pair
	err = r.look("GetObjectTagging").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{Bucket: &r.plan.Bucket, Key: &r.plan.Key})
		if err == nil {
			tags, err = tagsOf(res)
		}
		return err
	})
	return slices.Equal(tags, want), err
}

// sameACL compares the destination's ACL with the plan's where that is the
// source's own. One that the rule names was set together with the content, and
// somebody who changed it since meant to.
func (r *run) sameACL(ctx context.Context) (same bool, err error) {
	if acl, known := r.src.acl.known(); !known || acl != r.plan.ObjectACL {
		return true, nil // not the source's: another copy of the object asked for that
	}
	err = r.look("GetObjectAcl").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: &r.plan.Bucket, Key: &r.plan.Key})
		if err != nil {
			return err
		}
		acl, err := aclOf(res)
		same = acl == r.plan.ObjectACL
		return err
	})
	return same, err
}
