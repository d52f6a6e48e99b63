package copier

import (
	"strings"
	"sync"
	"sync/atomic"

	"afterput/internal/osscall"
)

// ifMatchForm is the form in which OSS accepted x-oss-copy-source-if-match last: with or without
// quotes. OSS does not document which form it compares; its examples have no quotes, so that
// form is sent first.
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

// asOSSWrites is an ETag as OSS writes it: some producers of events write its hexadecimal digits
// in lower case, and OSS may compare conditions case-sensitively.
func asOSSWrites(etag string) string {
	etag = osscall.BareETag(etag)
	if strings.Trim(etag, "0123456789abcdefABCDEF-") != "" {
		return etag
	}
	return strings.ToUpper(etag)
}

// form is the form of this copy's conditions: x-oss-copy-source-if-match and If-Match may be compared differently.
func (c *copying) form() *ifMatchForm {
	if c.streams() {
		return &c.copier.contentForm
	}
	return &c.copier.form
}

// ifMatch is the value of x-oss-copy-source-if-match, which pins the copy to one version; "" for
// the copy of a link, which cannot be pinned.
func (c *copying) ifMatch() string {
	if c.unpinned {
		return ""
	}
	return c.form().of(c.src.ETag())
}

// ifMatchRefusals has the decisions after the 412s of one copy. Every part may get one at
// the same moment; the source is looked at once for each condition.
type ifMatchRefusals struct {
	mu   sync.Mutex
	next map[string]*readOnce[string] // the condition to send next, by the one that was refused
}

// after412 decides, with one HeadObject, what a 412 to a request with a condition means, and gives
// the condition to send the request with next. It never gives one that was refused before, so
// that the request is sent a bounded number of times.
func (c *copying) after412(condition string) (next string, err error) {
	c.refusals.mu.Lock()
	if c.refusals.next == nil {
		c.refusals.next = make(map[string]*readOnce[string])
	}
	decision := c.refusals.next[condition]
	if decision == nil {
		decision = new(readOnce[string])
		c.refusals.next[condition] = decision
	}
	c.refusals.mu.Unlock()
	return decision.get(func() (string, error) { return c.nextIfMatch() })
}

// nextIfMatch looks at the source after a pinned request was refused. The error says what became
// of the source, if it is not the version that was meant.
func (c *copying) nextIfMatch() (string, error) {
	head, _, err := c.src.headNow(c.ctx)
	if IsLink(head, err) && c.src.isObject() {
		return "", c.src.becameLink()
	}
	if IsLink(head, err) {
		return "", errIsLink // one request can copy the link; see copyObject
	}
	if err != nil {
		return "", err
	}
	if !osscall.SameETag(head.ETag, c.src.ETag()) {
		return "", c.src.superseded(head)
	}
	if since := c.plan.CopySourceIfUnmodifiedSince; since.IsZero() || !head.LastModified.After(since) {
		c.src.respell(head.ETag)
		for _, next := range []string{c.form().of(head.ETag), head.ETag, quoted(head.ETag)} {
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

// errIsLink says that the source is a symbolic link now. It cannot be pinned: HeadObject shows the
// ETag of its target, and which ETag a copy compares is not documented.
var errIsLink = osscall.NewError(osscall.KindSuperseded, "HeadObject", "Superseded",
	"the source is a symbolic link now")

// wasRefused reports whether a request with a condition got a 412.
func (c *copying) wasRefused(condition string) bool {
	c.refusals.mu.Lock()
	defer c.refusals.mu.Unlock()
	return c.refusals.next[condition] != nil
}
