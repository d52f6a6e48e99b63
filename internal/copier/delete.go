package copier

import (
	"context"
	"fmt"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Delete deletes one copy of a source that [Source.Look] has just found gone, if it is the copy of that source. The
// source must be looked at again afterwards: if it came back, this may have deleted its new copy. The version that
// stands there is never deleted by its id. A panic ends as a failed deletion with code Panic.
func (c *Copier) Delete(ctx context.Context, src *Source, d *rules.Deletion) Outcome {
	began := time.Now()
	deleting := c.copying(ctx, src, &rules.Copy{Rule: d.Rule, Line: d.Line, Remote: d.Remote, Bucket: d.Bucket,
		Key: d.Key, Err: d.Err})
	var out Outcome
	err := osscall.Safely("delete", func() (err error) {
		out, err = deleting.delete(ctx, d.WithoutVersioning)
		return err
	})
	if err != nil {
		out = Outcome{Result: Failed, Error: osscall.Classify("delete", err)}
	}
	if p := deleting.panicked.Load(); p != nil {
		out = Outcome{Result: Failed, Error: p}
	}
	out.Requests, out.Seconds = int(deleting.requests.Load()), time.Since(began).Seconds()
	return out
}

// delete deletes the destination, if all that stands before a deletion holds.
func (c *copying) delete(ctx context.Context, withoutVersioning bool) (Outcome, error) {
	if err := c.checkPlan(); err != nil {
		return Outcome{}, err
	}
	dst, err := c.headDestination(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if !dst.exists {
		return Outcome{Result: Unchanged, Reason: "there is no copy"}, nil
	}
	out := outcomeAt(dst.head)
	out.Result = Kept
	if out.Reason = c.notOurCopy(dst.head); out.Reason != "" {
		return out, nil
	}
	if !withoutVersioning && !keepsVersion(dst.head.VersionID) {
		return Outcome{}, noVersioning("delete", osscall.URL(c.plan.Bucket, c.plan.Key))
	}
	if !c.copier.deletions.take(c.copier.opts.DeletesAnHour) {
		return Outcome{}, osscall.NewError(osscall.KindStopped, "delete", "TooManyDeletions",
			"%d copies were deleted in the last hour, which is the limit; if so many sources were meant to be "+
				"removed, raise AFTERPUT_DELETES_AN_HOUR and deliver the event again", c.copier.opts.DeletesAnHour)
	}
	version, err := c.deleteObject(ctx, nil)
	if err != nil {
		return Outcome{}, err
	}
	out.Result, out.Method, out.VersionID = Deleted, MethodDeleteObject, version
	return out, nil
}

// notOurCopy says why a destination is not the copy of the source; "" if it is.
func (c *copying) notOurCopy(dst rules.Head) string {
	bucket, key, ok := CopiedFrom(dst)
	switch {
	case dst.ObjectType == symlink:
		return "it is a symbolic link, which does not say what it is a copy of"
	case dst.CopyOf == "":
		return "it does not say that it is a copy of " + c.src.URL()
	case !ok:
		return "it is not as it was copied"
	case !c.src.saysCopyOf(dst):
		return fmt.Sprintf("it is a copy of %s", osscall.URL(bucket, key))
	}
	return ""
}

// keepsVersion reports whether a version stays when its object is deleted without an id. A version with an id of its
// own does, whether versioning is enabled or suspended by then. One with the id null may be replaced by the marker, and
// one without an id is lost.
// Source: OSS user guide, versioning, deleting objects.
func keepsVersion(id string) bool { return id != "" && id != "null" }

// noVersioning is the error of a deletion that nothing would bring back.
func noVersioning(op, url string) error {
	return osscall.NewError(osscall.KindPermanent, op, "NoVersioning",
		"%s was put without versioning, so nothing would bring it back: enable versioning of its bucket before "+
			"objects are put there, or write without-versioning: true", url)
}

// deleteObject sends DeleteObject for the destination, or for one version of it. version is the id of the delete
// marker, or of the version. A deletion without a version is not sent again while it may still be running: it could
// delete what is put there meanwhile.
func (c *copying) deleteObject(ctx context.Context, id *string) (version string, err error) {
	call := c.once("DeleteObject")
	call.Once = id == nil
	err = call.Do(ctx, func(ctx context.Context) error {
		res, err := c.to.oss.DeleteObject(ctx, &oss.DeleteObjectRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, VersionId: id, RequestPayer: c.payer()})
		if err == nil {
			version = oss.ToString(res.VersionId)
		}
		return err
	})
	return version, err
}
