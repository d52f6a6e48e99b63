package copier

import (
	"context"
	"slices"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Move deletes a source whose copies were made, after it has looked at all of them. now is the source as OSS shows it
// now, and plans all copies that the rules want of it as it is now. So whatever version was copied: the version that is
// deleted is the one that every destination was compared with.
func (c *Copier) Move(ctx context.Context, now *Source, plans []rules.Copy) Outcome {
	began := time.Now()
	o := now.Object
	moving := c.copying(ctx, now, &rules.Copy{Bucket: o.Bucket, Key: o.Key})
	moving.plan.RequestPayer = now.RequestPayer
	var out Outcome
	err := osscall.Safely("move", func() (err error) { out, err = moving.move(ctx, plans); return err })
	switch {
	case osscall.Is(err, osscall.KindSuperseded):
		out = Outcome{Result: Kept, Reason: "it was overwritten or removed meanwhile"}
	case err != nil:
		out = Outcome{Result: Failed, Error: osscall.Classify("move", err)}
	}
	if p := moving.panicked.Load(); p != nil {
		out = Outcome{Result: Failed, Error: p}
	}
	out.Requests, out.Seconds = int(moving.requests.Load()), time.Since(began).Seconds()
	return out
}

// move deletes the source, if all that stands before that holds.
func (c *copying) move(ctx context.Context, plans []rules.Copy) (Outcome, error) {
	head, err := c.src.Head()
	if err != nil {
		return Outcome{}, err
	}
	out := outcomeAt(head)
	out.Result = Kept
	if out.Reason, err = c.whyNotMoved(ctx, head, plans); err != nil || out.Reason != "" {
		return out, err
	}
	if keepsVersion(head.VersionID) {
		return c.moveVersion(ctx, out, head, plans)
	}
	return c.moveUnversioned(ctx, out, plans)
}

// whyNotMoved looks at every copy, and says why the source must stay; "" if it need not.
func (c *copying) whyNotMoved(ctx context.Context, head rules.Head, plans []rules.Copy) (string, error) {
	if head.ObjectType == symlink {
		return "it is a symbolic link", nil
	}
	for i := range plans {
		p := &plans[i]
		to := osscall.URL(p.Bucket, p.Key)
		switch {
		case p.Err != nil:
			return "its copy cannot be made: " + p.Err.Error(), nil
		case !p.Certain():
			return "whether rule " + p.Rule + " wants a copy of it is not known", nil
		case p.Bucket == c.src.Object.Bucket && p.Key == c.src.Object.Key:
			return "rule " + p.Rule + " changes it in place", nil
		}
		matches, hidden, err := c.src.Matches(ctx, p)
		switch {
		case err != nil:
			return "", err
		case hidden:
			return "the right to read " + to + " is missing", nil
		case !matches:
			return to + " is not the verified copy of it", nil
		}
	}
	return "", nil
}

// moveVersion deletes the version that was copied, by its id: an upload made meanwhile is another version, and stays. A
// version under which an older one lies is kept: that would be current again, without an event, and look like a new
// upload.
//
// Where a delete marker lies under it, an earlier version may have been removed a moment ago, while a copy of it was
// under way. That would land over the copy of this one. So the copies are looked at again when it has landed.
func (c *copying) moveVersion(
	ctx context.Context, out Outcome, head rules.Head, plans []rules.Copy,
) (Outcome, error) {
	older, hidden, err := c.olderVersion(ctx, out.VersionID)
	if err != nil {
		return Outcome{}, err
	}
	if settles := time.Until(out.LastModified.Add(settleTime)); older == "" && hidden && settles > 0 {
		if !osscall.Sleep(ctx, settles) {
			return Outcome{}, osscall.NewError(osscall.KindStopped, "move", "Settling", "the source was put again a "+
				"moment after it had been removed, and a copy of the version before may still land; the next attempt "+
				"deletes it")
		}
		if out.Reason, err = c.whyNotMoved(ctx, head, plans); err != nil || out.Reason != "" {
			return out, err
		}
	}
	if older != "" {
		out.Reason = "version " + older + " of it would be current again: delete the older versions, for example by " +
			"a lifecycle rule, and have the object handled again"
		return out, nil
	}
	if _, err := c.deleteObject(ctx, &out.VersionID); err != nil {
		return Outcome{}, err
	}
	out.Result, out.Method = Deleted, MethodDeleteObject
	return out, nil
}

// settleTime is the longest that a copy takes to land after its source was overwritten.
const settleTime = time.Minute

// olderVersion is the id of the version that would be current again without this one; "" if there is none, or a delete
// marker, or if this one is not the current one. marked reports whether the key has a delete marker.
func (c *copying) olderVersion(ctx context.Context, id string) (older string, marked bool, err error) {
	call := c.repeatable("ListObjectVersions")
	res, err := osscall.Read(ctx, call, func(ctx context.Context) (*oss.ListObjectVersionsResult, error) {
		return c.to.oss.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{
			Bucket: &c.plan.Bucket, Prefix: &c.plan.Key, MaxKeys: 2, RequestPayer: c.payer()})
	})
	if err != nil {
		return "", false, err
	}
	marked = slices.ContainsFunc(res.ObjectDeleteMarkers, func(m oss.ObjectDeleteMarkerProperties) bool {
		return oss.ToString(m.Key) == c.plan.Key
	})
	return c.underneath(id, res), marked, nil
}

// underneath finds the version under the current one in a list of the first two versions and markers, which are those
// of the key if it has as many.
func (c *copying) underneath(id string, list *oss.ListObjectVersionsResult) string {
	ofKey := func(v oss.ObjectVersionProperties) bool { return oss.ToString(v.Key) == c.plan.Key }
	current := slices.IndexFunc(list.ObjectVersions, func(v oss.ObjectVersionProperties) bool {
		return ofKey(v) && v.IsLatest
	})
	if current >= 0 && oss.ToString(list.ObjectVersions[current].VersionId) != id {
		return ""
	}
	for _, v := range list.ObjectVersions {
		if ofKey(v) && oss.ToString(v.VersionId) != id {
			return oss.ToString(v.VersionId)
		}
	}
	return ""
}

// moveUnversioned deletes a source that nothing would bring back, if the rules allow it, after one more look.
func (c *copying) moveUnversioned(ctx context.Context, out Outcome, plans []rules.Copy) (Outcome, error) {
	for i := range plans {
		if plans[i].DeleteSource && !plans[i].WithoutVersioning {
			return Outcome{}, noVersioning("delete-source", c.src.URL())
		}
	}
	now, err := c.src.Look(ctx)
	switch {
	case err != nil:
		return Outcome{}, err
	case !now.There || !osscall.SameETag(now.Head.ETag, out.ETag) || !now.Head.LastModified.Equal(out.LastModified) ||
		now.Head.VersionID != out.VersionID:
		out.Reason = "it was overwritten or removed meanwhile"
		return out, nil
	}
	if _, err := c.deleteObject(ctx, nil); err != nil {
		return Outcome{}, err
	}
	out.Result, out.Method = Deleted, MethodDeleteObject
	return out, nil
}
