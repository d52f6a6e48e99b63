package copier

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// OSS copies a symbolic link as the link it is, not what it points to. HeadObject
// answers for what it points to, with 404 where that does not exist; GetSymlink answers
// for the link itself.

const (
	symlink    = "Symlink" // the ObjectType of a link
	putSymlink = "ObjectCreated:PutSymlink"
)

// isLink reports whether HeadObject was asked of a link: to something, or to nothing.
func isLink(head rules.Head, err error) bool {
	return head.ObjectType == symlink || osscall.HasCode(err, "SymlinkTargetNotExist")
}

// isObject reports whether the event was certainly not of a link. (A copy of a link
// raises ObjectCreated:CopyObject; what is followed may be anything by now.)
func (s *Source) isObject() bool {
	if s.Followed {
		return false
	}
	switch s.Object.Event {
	case "ObjectCreated:PutObject", "ObjectCreated:PostObject", "ObjectCreated:AppendObject",
		"ObjectCreated:CompleteMultipartUpload":
		return true
	}
	return false
}

// link is what GetSymlink shows of a link.
type link struct {
	target   string
	meta     string // its user metadata, in one osscall.Optional
	modified time.Time
	version  string // "" in a bucket without versioning
}

// asLink is GetSymlink of the source. It fails with code NotSymlink where the source is
// not a link, and with [osscall.KindSuperseded] where it is gone.
func (s *Source) asLink() (link, error) {
	return s.link.get(func() (link, error) {
		l, _, err := s.linkNow(s.ctx)
		return l, err
	})
}

// linkNow is GetSymlink of the source as it is now, and when OSS answered by its own
// clock.
func (s *Source) linkNow(ctx context.Context) (l link, answered time.Time, err error) {
	l, answered, err = s.copier.readLink(ctx, s.reading("GetSymlink"), s.Object.Bucket, s.Object.Key, s.RequestPayer)
	if osscall.Is(err, osscall.KindNotFound) {
		err = s.gone("GetSymlink")
	}
	return l, answered, err
}

// readLink is GetSymlink of an object, and when OSS answered by its own clock.
func (c *Copier) readLink(
	ctx context.Context, by osscall.Call, bucket, key, payer string,
) (l link, answered time.Time, err error) {
	err = by.Do(ctx, func(ctx context.Context) error {
		res, err := c.oss.GetSymlink(ctx, &oss.GetSymlinkRequest{Bucket: &bucket, Key: &key, RequestPayer: osscall.Optional(payer)})
		if err != nil {
			return err
		}
		l.target, answered = oss.ToString(res.Target), osscall.Date(res.ResultCommon)
		l.meta, l.version = metaText(res.Metadata), oss.ToString(res.VersionId)
		l.modified, _ = http.ParseTime(res.Headers.Get("Last-Modified"))
		return nil
	})
	return l, answered, err
}

// becameLink says that the object the event speaks of is a link now.
func (s *Source) becameLink() error {
	l, _, err := s.linkNow(s.ctx)
	if osscall.HasCode(err, "NotSymlink") {
		return errIsLink // it was, and is something else by now: that is for its own event
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replacement = &rules.Head{ObjectType: symlink, LastModified: l.modified, VersionID: l.version}
	return errIsLink
}

// settleSource finds out what the copy is of where the event does not say: which version to
// pin it to, or that the source is a link, which cannot be pinned.
func (c *copying) settleSource() error {
	if c.src.ETag() != "" {
		return nil
	}
	if c.src.Object.Event == putSymlink {
		_, err := c.src.asLink()
		c.unpinned = err == nil
		if c.unpinned || !osscall.HasCode(err, "NotSymlink") {
			return err
		}
	}
	head, err := c.src.Head()
	if isLink(head, err) {
		return c.settleLink()
	}
	return err
}

// settleLink takes the source for the link that HeadObject has shown it to be.
func (c *copying) settleLink() error {
	_, err := c.src.asLink()
	c.unpinned = err == nil
	if osscall.HasCode(err, "NotSymlink") {
		return osscall.NewError(osscall.KindSuperseded, "GetSymlink", "Superseded", "%s is not a symbolic link any more", c.src.URL())
	}
	return err
}

// metaText is metadata as one osscall.Optional, the same for the same.
func metaText(meta map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		fmt.Fprintf(&b, "%q: %q\n", strings.ToLower(key), meta[key])
	}
	return b.String()
}

// matchesLink reports whether the destination is the link that the source is, put there at
// since or later; a since of zero is any time. With headers the content headers are
// compared too, for where the copy of another version may stand there. HeadObject shows
// them, but not where the link points to nothing; then it counts as another.
func (c *copying) matchesLink(ctx context.Context, since time.Time, headers bool) (Outcome, bool, error) {
	src, err := c.src.asLink()
	if err != nil {
		return Outcome{}, false, err
	}
	dst, answered, err := c.copier.readLink(ctx, c.repeatable("GetSymlink"), c.plan.Bucket, c.plan.Key, c.plan.RequestPayer)
	switch {
	case osscall.Is(err, osscall.KindNotFound), osscall.HasCode(err, "NotSymlink"):
		return Outcome{}, false, nil
	case err != nil:
		return Outcome{}, false, err
	}
	if dst.target != src.target || dst.meta != src.meta && c.plan.MetadataDirective != rules.DirectiveReplace ||
		dst.modified.Before(src.modified) || !since.IsZero() && dst.modified.Before(byOSS(answered, since)) {
		return Outcome{}, false, nil
	}
	if !since.IsZero() {
		now, _, err := c.src.linkNow(ctx)
		if err != nil || now != src || c.src.putAfter(src.modified, byOSS(answered, since)) {
			return Outcome{}, false, err
		}
	}
	compare := []func(context.Context) (bool, error){c.sameTags, c.sameACL}
	if headers {
		compare = append(compare, c.sameLinkHeaders)
	}
	for _, same := range compare {
		if is, err := same(ctx); err != nil || !is {
			return Outcome{}, false, err
		}
	}
	return Outcome{LastModified: dst.modified}, true, nil
}

// sameLinkHeaders compares the content headers of two links, where both can be seen.
func (c *copying) sameLinkHeaders(ctx context.Context) (bool, error) {
	src, _, err := c.src.headNow(ctx)
	if isLink(src, err) && err != nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	dst, err := c.readDestination(ctx)
	if err != nil || !dst.there {
		return false, err
	}
	headers, _ := c.headersAndMeta(src)
	return headers == dst.head.Headers, nil
}
