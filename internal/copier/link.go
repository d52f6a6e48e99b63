package copier

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// OSS copies a symbolic link as a link; it does not copy the link's target. HeadObject shows the
// target, or 404 if that does not exist; GetSymlink shows the link itself.

const (
	symlink    = "Symlink" // the ObjectType of a link
	putSymlink = "ObjectCreated:PutSymlink"
)

// IsLink reports whether HeadObject was sent for a link, whose target may not exist or be a link too.
func IsLink(head rules.Head, err error) bool {
	return head.ObjectType == symlink || osscall.HasCode(err, "SymlinkTargetNotExist") ||
		osscall.HasCode(err, "InvalidTargetType") // it points to another link
}

// isObject reports whether the source was certainly not a link when its event was raised. (The
// copy of a link raises ObjectCreated:CopyObject, and a followed source may be anything now.)
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
	meta     string // its user metadata, as metaText writes it
	modified time.Time
	version  string // "" in a bucket without versioning
}

// metadata is the link's user metadata, as the SDK's requests have it.
func (l link) metadata() map[string]string {
	meta := map[string]string{}
	for line := range strings.Lines(l.meta) {
		var key, value string
		if _, err := fmt.Sscanf(line, "%q: %q", &key, &value); err == nil {
			meta[key] = value
		}
	}
	return meta
}

// asLink gives the link that the source is, read once. It fails with code NotSymlink if the source
// is not a link, and with [osscall.KindSuperseded] if it was deleted.
func (s *Source) asLink() (link, error) {
	return s.link.get(func() (link, error) {
		l, _, err := s.linkNow(s.ctx)
		return l, err
	})
}

// linkNow sends GetSymlink for the source. answered is when OSS answered, by its own clock.
func (s *Source) linkNow(ctx context.Context) (l link, answered time.Time, err error) {
	l, answered, err = readLink(ctx, s.copier.home.oss, s.reading("GetSymlink"), &oss.GetSymlinkRequest{
		Bucket: &s.Object.Bucket, Key: &s.Object.Key, VersionId: s.version(),
		RequestPayer: osscall.Optional(s.RequestPayer)})
	return l, answered, s.orGone("GetSymlink", err)
}

// readLink sends GetSymlink as call says. answered is when OSS answered, by its own clock.
func readLink(
	ctx context.Context, client OSS, call osscall.Call, request *oss.GetSymlinkRequest,
) (l link, answered time.Time, err error) {
	res, err := osscall.Read(ctx, call, func(ctx context.Context) (*oss.GetSymlinkResult, error) {
		return client.GetSymlink(ctx, request)
	})
	if err != nil {
		return l, answered, err
	}
	l.target, l.meta = targetKey(oss.ToString(res.Target)), metaText(res.Metadata)
	l.version = oss.ToString(res.VersionId)
	l.modified, _ = http.ParseTime(res.Headers.Get("Last-Modified"))
	return l, osscall.Date(res.ResultCommon), nil
}

// targetKey is the key in x-oss-symlink-target, which is percent-encoded.
func targetKey(header string) string {
	key, err := url.PathUnescape(header)
	if err != nil {
		return header
	}
	return key
}

// becameLink is the error of a source that was an object at its event and is a link now.
func (s *Source) becameLink() error {
	l, _, err := s.linkNow(s.ctx)
	if osscall.HasCode(err, "NotSymlink") {
		return errIsLink // it was a link for a moment; the event of what it is now handles that
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replacement = &rules.Head{ObjectType: symlink, LastModified: l.modified, VersionID: l.version}
	return errIsLink
}

// settleSource determines what is copied if the event does not say: which version to pin the copy
// to, or that the source is a link, whose copy cannot be pinned. A copy that follows links makes
// sure that the source is none, unless the event is of an object.
func (c *copying) settleSource() error {
	if c.src.ETag() != "" && (!c.plan.FollowSymlinks || c.src.isObject()) {
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
	if IsLink(head, err) {
		return c.settleLink()
	}
	return err
}

// settleLink makes this the copy of a link, after HeadObject has shown that the source is one.
func (c *copying) settleLink() error {
	_, err := c.src.asLink()
	c.unpinned = err == nil
	if osscall.HasCode(err, "NotSymlink") {
		return osscall.NewError(osscall.KindSuperseded, "GetSymlink", "Superseded",
			"%s is no longer a symbolic link", c.src.URL())
	}
	return err
}

// metaText is metadata as one text, which is equal for equal metadata.
func metaText(meta map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		fmt.Fprintf(&b, "%q: %q\n", strings.ToLower(key), meta[key])
	}
	return b.String()
}

// matchesLink reports whether the destination is the same link as the source, put there at since
// or later; a zero since means at any time. With headers the content headers are compared too,
// which is needed if the destination may be the copy of another version: so it always is done if
// the source was put after the event, whose own copy may have landed since. HeadObject shows
// them, but not if the link's target does not exist; then the answer is no.
func (c *copying) matchesLink(ctx context.Context, since time.Time, headers bool) (Outcome, bool, error) {
	src, err := c.src.asLink()
	if err != nil {
		return Outcome{}, false, err
	}
	dst, answered, err := readLink(ctx, c.to.oss, c.repeatable("GetSymlink"), &oss.GetSymlinkRequest{
		Bucket: &c.plan.Bucket, Key: &c.plan.Key, RequestPayer: c.payer()})
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
	if headers || src.modified.After(c.src.Object.Time) && !c.src.Object.Time.IsZero() {
		compare = append(compare, c.sameLinkHeaders)
	}
	for _, same := range compare {
		if is, err := same(ctx); err != nil || !is {
			return Outcome{}, false, err
		}
	}
	return Outcome{LastModified: dst.modified}, true, nil
}

// sameLinkHeaders compares the content headers of source and destination, which are links. If
// those of one cannot be read, the answer is no.
func (c *copying) sameLinkHeaders(ctx context.Context) (bool, error) {
	src, _, err := c.src.headNow(ctx)
	if IsLink(src, err) && err != nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	dst, err := c.readDestination(ctx)
	if err != nil || !dst.exists {
		return false, err
	}
	headers, _ := c.headersAndMeta(src)
	return headers == dst.head.Headers, nil
}
