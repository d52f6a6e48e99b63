package copier

import (
	"context"
	"slices"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// alreadyThere reports whether the destination already is as the rule wants it, so that it need
// not be written. Without the rights to compare the answer is no.
func (c *copying) alreadyThere(ctx context.Context) (out Outcome, there bool, err error) {
	if c.unpinned {
		out, there, err = c.matchesLink(ctx, time.Time{}, c.src.Followed)
	} else {
		var before destination
		if before, err = c.destinationBefore(ctx); err == nil && before.exists {
			there, err = c.matches(ctx, before.head)
			out = outcomeAt(before.head)
		}
	}
	if isForbidden(err) { // copying needs other rights, and reports those that are missing
		return Outcome{}, false, nil
	}
	if err != nil || !there {
		return Outcome{}, false, err
	}
	out.Result = Unchanged
	return out, true, nil
}

// beforeArchived decides what it means that OSS refused with cause to read the source, which is
// archived. Often this rule has copied it before another archived it in place: then nothing is left
// to be done if the destination has the same attributes, and nothing can be done if it has only the
// same content.
func (c *copying) beforeArchived(ctx context.Context, cause error) (Outcome, error) {
	dst, err := c.destinationBefore(ctx)
	if err != nil || !dst.exists {
		return Outcome{}, cause
	}
	out := outcomeAt(dst.head)
	if c.plan.ForbidOverwrite && dst.head.VersionID == "" {
		out.Result = Exists
		return out, nil
	}
	src, err := c.src.Head()
	switch {
	case osscall.Is(err, osscall.KindSuperseded):
		return Outcome{}, err
	case err != nil || src.CRC64 == "" || src.CRC64 != dst.head.CRC64 || src.Size != dst.head.Size:
		return Outcome{}, cause
	}
	// Archiving in place has given the source a new time.
	rewritten := dst.head
	rewritten.LastModified = src.LastModified
	if there, err := c.matches(ctx, rewritten); err == nil && there {
		out.Result = Unchanged
		return out, nil
	}
	if c.plan.Restore != nil { // so that the attributes can be copied too
		return Outcome{}, cause
	}
	out.Result = Skipped
	out.Reason = "the source is archived, and the destination has its content, but not its attributes"
	return out, nil
}

// matches reports whether the destination is what this copy would make of the source: in content
// (by CRC-64, without which the answer is no), headers, metadata, tags, and in class, encryption
// and ACL if the rule sets them; and whether it is not older than the source. The ETag is not
// compared: OSS does not promise to keep it. It costs HeadObject of the source and, if nothing
// that HeadObject shows differs, GetObjectTagging of the destination, and of the source if tags
// are carried over, and GetObjectAcl if the rule sets the ACL.
func (c *copying) matches(ctx context.Context, dst rules.Head) (bool, error) {
	src, err := c.src.Head()
	if IsLink(src, err) {
		return false, nil // HeadObject shows the attributes of the link's target
	}
	if err != nil || !c.sameHead(src, dst) {
		return false, err
	}
	same, err := c.sameTagsAs(ctx, src, dst)
	if err != nil || !same {
		return false, err
	}
	return c.sameACL(ctx)
}

// matchesButForTags is matches without the tags, for a copy whose tags are still to be removed.
func (c *copying) matchesButForTags(ctx context.Context, dst rules.Head) (bool, error) {
	src, err := c.src.Head()
	if err != nil || !c.sameHead(src, dst) {
		return false, err
	}
	return c.sameACL(ctx)
}

// sameHead compares everything that HeadObject shows.
func (c *copying) sameHead(src, dst rules.Head) bool { return len(c.headDifferences(src, dst)) == 0 }

// sameTagsAs compares the destination's tags with those that the copy would set, first by their
// number.
func (c *copying) sameTagsAs(ctx context.Context, src, dst rules.Head) (bool, error) {
	count := len(c.plan.Tags)
	if c.plan.TaggingDirective != rules.DirectiveReplace {
		count = src.TaggingCount
	}
	// 0 means no tags, or that the right to read them is missing.
	if dst.TaggingCount > 0 && count > 0 && count != dst.TaggingCount {
		return false, nil
	}
	return c.sameTags(ctx)
}

// sameTags reads the destination's tags and compares them with those that the copy would set.
func (c *copying) sameTags(ctx context.Context) (bool, error) {
	want, err := c.tagsToSet()
	if err != nil {
		return false, err
	}
	call := c.repeatable("GetObjectTagging")
	res, err := osscall.Read(ctx, call, func(ctx context.Context) (*oss.GetObjectTaggingResult, error) {
		return c.to.oss.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, RequestPayer: c.payer()})
	})
	if osscall.Is(err, osscall.KindNotFound) { // deleted meanwhile
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.Equal(pairsOf(res.Tags), want), nil
}

// sameACL compares the destination's ACL with the one that the rule sets, if any.
func (c *copying) sameACL(ctx context.Context) (same bool, err error) {
	if c.plan.ObjectACL == "" {
		return true, nil
	}
	call := c.repeatable("GetObjectAcl")
	res, err := osscall.Read(ctx, call, func(ctx context.Context) (*oss.GetObjectAclResult, error) {
		res, err := c.to.oss.GetObjectAcl(ctx, &oss.GetObjectAclRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, RequestPayer: c.payer()})
		if err == nil {
			err = checkACL("GetObjectAcl", res.ACL, res.ResultCommon)
		}
		return res, err
	})
	if osscall.Is(err, osscall.KindNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return oss.ToString(res.ACL) == c.plan.ObjectACL, nil
}
