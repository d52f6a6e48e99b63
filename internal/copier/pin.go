package copier

import "sync"

// pin is the value of x-oss-copy-source-if-match, "" for a copy that cannot be
// pinned.
func (r *run) pin() string {
	if r.unpinned {
		return ""
	}
	return r.form.of(r.src.pinned())
}

// pinRefusals is what the 412s to one copy have taught. Every part of it may get one
// at the same moment; each pin is asked about once.
type pinRefusals struct {
	mu    sync.Mutex
	asked map[string]*lazy[string] // by the pin that was refused: the one to use next
}

// after412 decides what a 412 to a request pinned with pin means, with one
// HeadObject, and gives the pin to send the request with next. It never gives one
// that was refused before, so that asking again has an end.
func (r *run) after412(pin string) (next string, err error) {
	r.refusals.mu.Lock()
	if r.refusals.asked == nil {
		r.refusals.asked = make(map[string]*lazy[string])
	}
	asked := r.refusals.asked[pin]
	if asked == nil {
		asked = new(lazy[string])
		r.refusals.asked[pin] = asked
	}
	r.refusals.mu.Unlock()
	return asked.get(func() (string, error) { return r.nextPin() })
}

// nextPin looks at the source that a pinned request did not find.
func (r *run) nextPin() (string, error) {
	head, _, err := r.src.look(r.ctx)
	if isLink(head, err) && r.src.isObject() {
		return "", r.src.becameLink()
	}
	if isLink(head, err) {
		return "", errIsLink // which the caller copies, where the copy is made by one request
	}
	if err != nil {
		return "", err
	}
	if !sameETag(head.ETag, r.src.pinned()) {
		return "", r.src.superseded(head)
	}
	if since := r.plan.CopySourceIfUnmodifiedSince; since.IsZero() || !head.LastModified.After(since) {
		r.src.spell(head.ETag)
		for _, next := range []string{r.form.of(head.ETag), head.ETag, quoted(head.ETag)} {
			if !r.wasRefused(next) {
				return next, nil
			}
		}
	}
	if r.plan.CopySourceIfMatch == "" && r.plan.CopySourceIfUnmodifiedSince.IsZero() {
		return "", refusal(KindUnsent, "HeadObject", "PinRefused",
			"OSS refuses to copy the version with ETag %s, which HeadObject shows", head.ETag)
	}
	return "", refusal(KindSuperseded, "HeadObject", "PreconditionFailed", conditionFails)
}

// errIsLink says that the source is a symbolic link: HeadObject shows the ETag of what
// it points to, and which one a copy compares is not documented.
var errIsLink = refusal(KindSuperseded, "HeadObject", "Superseded", "the source is a symbolic link now")

func (r *run) wasRefused(pin string) bool {
	r.refusals.mu.Lock()
	defer r.refusals.mu.Unlock()
	return r.refusals.asked[pin] != nil
}
