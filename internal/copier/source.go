package copier

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// Source is one version of an object that copies are made from. It is the [rules.Facts] of its
// event: each fact is read once, when first needed, and shared by all copies of the object. Its
// methods may be called from many goroutines.
type Source struct {
	Object events.Object
	// Retried says that this may not be the first attempt at the event: an earlier one may have
	// changed the destination.
	Retried bool
	// Repeated says that this certainly is not the first attempt, so that the destination is
	// compared before it is written.
	Repeated bool
	// Followed says that the event was of another version, so that the event of this one may
	// have been handled already, and the destination is compared before it is written too.
	Followed bool
	// RequestPayer is the x-oss-request-payer of requests that read the source: "" or
	// "requester".
	RequestPayer string
	// BucketACLs has the ACLs of buckets that other sources of the invocation have read already.
	// By default it is the source's own.
	BucketACLs *BucketACLs

	// Aside runs wait, which waits for a restore of the source, so that other objects can be handled
	// meanwhile. Without it, restores are not waited for.
	Aside func(wait func())

	// Later says that Copy returns once the copy has landed, before what it needed is removed: its state object, and
	// uploads of earlier versions. Wait waits for that, whose requests count as the source's.
	Later bool

	since    time.Time // when work on the object began
	ctx      context.Context
	copier   *Copier
	requests atomic.Int64
	panicked atomic.Pointer[osscall.Error]

	mu           sync.Mutex
	etag         string      // the version meant, without quotes; "" until known
	replacement  *rules.Head // what HeadObject showed when the version meant was superseded
	versions     []string    // ids of the versions that copies were made of, in a bucket with versioning
	linkedBy     *Source     // the link that points to it and is what the event is about; nil for none
	copiedObject bool        // a copy was made of an object, not of a link
	rewritten    *rules.Head // what a rewrite in place has made of it; nil for none
	targets      []*Source   // what was copied instead of it, which is a link

	head readOnce[rules.Head]
	tags readOnce[[]rules.Pair]
	acl  readOnce[string]
	link readOnce[link]

	ahead   readOnce[struct{}]            // see readTagsAhead
	tagging atomic.Pointer[taggingAnswer] // what that has read; nil once it is used

	restoring readOnce[restoration]

	left sync.WaitGroup // see Later

	ownACLs BucketACLs
}

// Source returns the source that an event names. ctx bounds the reading of its facts.
func (c *Copier) Source(ctx context.Context, o events.Object) *Source {
	s := &Source{Object: o, since: time.Now(), ctx: ctx, copier: c, etag: asOSSWrites(o.ETag.Value)}
	s.BucketACLs = &s.ownACLs
	if o.Event == putSymlink {
		s.etag = "" // whether it is the link's or its target's is not documented
	}
	return s
}

// Requests is how many requests have been sent to read the source so far.
func (s *Source) Requests() int { return int(s.requests.Load()) }

// Panicked is the error of a panic while the source was read; nil if there was none.
func (s *Source) Panicked() *osscall.Error { return s.panicked.Load() }

// Include adds the requests and the panic of another source, which was read on behalf of this one.
func (s *Source) Include(other *Source) { s.include(other.requests.Load(), other.panicked.Load()) }

// Wait waits until what copies of the source have left for later is removed; see Later.
func (s *Source) Wait() { s.left.Wait() }

// first is the source that the event is about: the link, if this is what one points to.
func (s *Source) first() *Source { return cmp.Or(s.linkedBy, s) }

func (s *Source) include(requests int64, panicked *osscall.Error) {
	s.requests.Add(requests)
	if panicked != nil {
		s.panicked.Store(panicked)
	}
}

// Size is the object's size in bytes, from its event or else from HeadObject; ok reports whether
// it is known yet.
func (s *Source) Size() (size int64, ok bool) {
	if s.Object.Size.Known {
		return s.Object.Size.Value, true
	}
	head, ok := s.head.known()
	return head.Size, ok
}

// Replacement is what HeadObject showed of a version other than the event's; ok reports whether it
// has shown one.
func (s *Source) Replacement() (head rules.Head, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replacement == nil {
		return head, false
	}
	return *s.replacement, true
}

// URL is the source as messages, reports and state objects name it: oss://BUCKET/KEY.
func (s *Source) URL() string { return osscall.URL(s.Object.Bucket, s.Object.Key) }

// isNamedVersion reports whether not the current version of the object is copied, but one that is named
// by its id. Such a version does not change, so it is not superseded by a newer one.
func (s *Source) isNamedVersion() bool { return s.Object.VersionID != "" }

// version is the versionId of requests that read the source; nil for the current version.
func (s *Source) version() *string { return osscall.Optional(s.Object.VersionID) }

// mayBeCopied reports whether the destination may well be this copy already.
func (s *Source) mayBeCopied() bool { return s.Repeated || s.Followed }

// Head gives what HeadObject shows of the source, read once. It fails with
// [osscall.KindSuperseded] if the object was deleted or is another version than the event's.
func (s *Source) Head() (rules.Head, error) {
	return s.head.get(func() (rules.Head, error) {
		h, _, err := s.headNow(s.ctx)
		if IsLink(h, err) && s.isObject() {
			return h, s.becameLink()
		}
		if err != nil {
			return h, err
		}
		if !osscall.SameETag(s.settleETag(h.ETag), h.ETag) {
			return h, s.superseded(h)
		}
		return h, nil
	})
}

// superseded is the error of a source that is another version than the one meant; h is what
// HeadObject shows of it.
func (s *Source) superseded(h rules.Head) *osscall.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replacement = &h
	return osscall.NewError(osscall.KindSuperseded, "HeadObject", "Superseded",
		"%s now has ETag %s, the event has %s", s.URL(), h.ETag, s.etag)
}

// SetHead sets what Head returns, if the caller has read it already.
func (s *Source) SetHead(h rules.Head) { s.head.set(h) }

// settleETag sets the ETag of the version meant, if the event did not say, and returns it.
func (s *Source) settleETag(etag string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.etag == "" {
		s.etag = etag
	}
	return s.etag
}

// ETag is the ETag of the version meant, "" while it is not known.
func (s *Source) ETag() string { return s.settleETag("") }

// respell sets the ETag of the version meant as OSS itself writes it.
func (s *Source) respell(etag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.etag = etag
}
