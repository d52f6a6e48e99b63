package copier

import (
	"context"
	"slices"
	"strings"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// A copy into a bucket where a rule deletes carries the name of its source in its metadata, with the CRC-64 of its
// content: see docs/design.md, "Nothing is deleted on hearsay".

// nameSource lets the copy carry the name of its source. It replaces the metadata by what it would have been, and the
// name. Links carry none: copies cannot set their metadata.
func (c *copying) nameSource() error {
	if !c.plan.NamesSource || c.unpinned {
		return nil
	}
	head, err := c.src.Head()
	if IsLink(head, err) {
		return nil
	}
	if err != nil {
		return err
	}
	if encryptedAtClient(head) { // OSS refuses to replace its metadata; the copy matters more than its name
		return nil
	}
	named := *c.plan
	named.Headers, named.Meta = c.headersAndMeta(head)
	named.MetadataDirective = rules.DirectiveReplace
	c.plan = &named
	c.copyOf = c.src.name(head.CRC64)
	return nil
}

// name is what a copy of the source with this content carries as rules.SourceMeta: the percent-encoded name, which has
// no space, and the CRC-64 if OSS knows it.
func (s *Source) name(crc64 string) string {
	o := s.Object
	if s.linkedBy != nil { // the removal of the link is what counts
		o = s.linkedBy.Object
	}
	return strings.TrimSuffix(sourceName(o.Bucket, o.Key)+" "+crc64, " ")
}

func sourceName(bucket, key string) string {
	return osscall.URL(bucket, strings.ReplaceAll(percent(key), "%2F", "/"))
}

// CopiedFrom is the source of which an object says that it is the copy, by its metadata; ok is false if it does not say
// so, or is not as it was copied any more.
func CopiedFrom(head rules.Head) (bucket, key string, ok bool) {
	name, crc64, counted := strings.Cut(head.CopyOf, " ")
	bucket, escaped, isURL := osscall.CutURL(name)
	key = targetKey(escaped)
	return bucket, key, isURL && sourceName(bucket, key) == name && (!counted || crc64 == head.CRC64)
}

// saysCopyOf reports whether a destination says that it is a copy of the source, as it was copied.
func (s *Source) saysCopyOf(dst rules.Head) bool {
	bucket, key, ok := CopiedFrom(dst)
	return ok && bucket == s.Object.Bucket && key == s.Object.Key
}

// sameName reports whether the destination carries the name of its source as the copy would: with the content of src
// if the plan names the source; not at all if the source moves, since the copy would be deleted after it.
func (c *copying) sameName(src, dst rules.Head) bool {
	switch {
	case c.plan.NamesSource && !encryptedAtClient(src):
		return dst.CopyOf == c.src.name(src.CRC64)
	case c.plan.Moves:
		return !c.src.saysCopyOf(dst)
	}
	return true
}

// encryptedAtClient reports whether an object was encrypted before its upload.
func encryptedAtClient(head rules.Head) bool {
	return slices.ContainsFunc(head.Meta, func(p rules.Pair) bool {
		return strings.HasPrefix(p.Key, encryptedByClient)
	})
}

// keepName lets a rewrite in place keep the name of the source that the object itself was copied from.
func (c *copying) keepName(head rules.Head) { c.copyOf = head.CopyOf }

// SourceOf is the source of which an object says that it is the copy, as the object of its removal; ok is
// false if it does not say so, or is not there.
func (c *Copier) SourceOf(
	ctx context.Context, at rules.Remote, bucket, key string,
) (o events.Object, ok bool, err error) {
	looking := c.copying(ctx, nil, &rules.Copy{Remote: at, Bucket: bucket, Key: key})
	if err := looking.plan.Err; err != nil {
		return o, false, err
	}
	dst, err := looking.headDestination(ctx)
	if err != nil || !dst.exists || dst.head.ObjectType == symlink {
		return o, false, err
	}
	o.Event = events.Removals()[0]
	o.Bucket, o.Key, ok = CopiedFrom(dst.head)
	return o, ok, nil
}
