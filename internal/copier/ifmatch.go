package copier

import (
	"strings"
	"sync"
	"sync/atomic"

	"afterput/internal/osscall"
)

// ifMatchForm remembers in which form x-oss-copy-source-if-match was accepted last. OSS
// does not document which it compares; its examples are without quotes, so that is sent
// first.
type ifMatchForm struct{ quoted atomic.Bool }

// of gives an ETag in the form to send.
func (f *ifMatchForm) of(etag string) string {
	if f.quoted.Load() {
		return quoted(etag)
	}
	return etag
}

// accepted remembers the form of a condition that was met.
func (f *ifMatchForm) accepted(condition string) {
	if quoted := strings.HasPrefix(condition, `"`); condition != "" && f.quoted.Load() != quoted {
		f.quoted.Store(quoted)
	}
}

func quoted(etag string) string { return `"` + etag + `"` }

// asOSSWrites is an ETag as OSS writes it: events of other producers have its hexadecimal
// digits in lower case, and a condition may be compared letter by letter.
func asOSSWrites(etag string) string {
	etag = osscall.BareETag(etag)
	if strings.Trim(etag, "0123456789abcdefABCDEF-") != "" {
		return etag
	}
	return strings.ToUpper(etag)
}

// ifMatch is the value of x-oss-copy-source-if-match, which pins the copy to one version;
// "" for a copy that cannot be pinned.
func (c *copying) ifMatch() string {
	if c.unpinned {
		return ""
	}
	return c.copier.form.of(c.src.ETag())
}

// ifMatchRefusals is what the 412s to one copy have taught. Every part of it may get one
// at the same moment; each condition is asked about once.
type ifMatchRefusals struct {
	mu   sync.Mutex
	next map[string]*lazy[string] // by the condition that was refused: the one to send next
}

// after412 decides what a 412 to a request with a condition means, with one
// HeadObject, and gives the condition to send the request with next. It never gives one
// that was refused before, so that sending again has an end.
func (c *copying) after412(condition string) (next string, err error) {
	c.refusals.mu.Lock()
	if c.refusals.next == nil {
		c.refusals.next = make(map[string]*lazy[string])
	}
	asked := c.refusals.next[condition]
	if asked == nil {
		asked = new(lazy[string])
		c.refusals.next[condition] = asked
	}
	c.refusals.mu.Unlock()
	return asked.get(func() (string, error) { return c.nextIfMatch() })
}

// nextIfMatch looks at the source that a pinned request did not find.
func (c *copying) nextIfMatch() (string, error) {
	head, _, err := c.src.headNow(c.ctx)
	if isLink(head, err) && c.src.isObject() {
		return "", c.src.becameLink()
	}
	if isLink(head, err) {
		return "", errIsLink // which the caller copies, where the copy is made by one request
	}
	if err != nil {
		return "", err
	}
	if !osscall.SameETag(head.ETag, c.src.ETag()) {
		return "", c.src.superseded(head)
	}
	if since := c.plan.CopySourceIfUnmodifiedSince; since.IsZero() || !head.LastModified.After(since) {
		c.src.respell(head.ETag)
		for _, next := range []string{c.copier.form.of(head.ETag), head.ETag, quoted(head.ETag)} {
			if !c.wasRefused(next) {
				return next, nil
			}
		}
	}
	if c.plan.CopySourceIfMatch == "" && c.plan.CopySourceIfUnmodifiedSince.IsZero() {
		return "", osscall.NewError(osscall.KindUnsent, "HeadObject", "PinRefused",
			"OSS refuses to copy the version with ETag %s, which HeadObject shows", head.ETag)
	}
	return "", osscall.NewError(osscall.KindSuperseded, "HeadObject", "PreconditionFailed", conditionFails)
}

// errIsLink says that the source is a symbolic link: HeadObject shows the ETag of what
// it points to, and which one a copy compares is not documented.
var errIsLink = osscall.NewError(osscall.KindSuperseded, "HeadObject", "Superseded",
	"the source is a symbolic link now")

func (c *copying) wasRefused(condition string) bool {
	c.refusals.mu.Lock()
	defer c.refusals.mu.Unlock()
	return c.refusals.next[condition] != nil
}
