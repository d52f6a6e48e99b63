package copier

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// Source is one version of an object that copies are made from. It is the
// [rules.Facts] of its event: each fact is read once, when first asked for, and
// shared by all copies of the object.
type Source struct {
	Object events.Object
	// Retried says that this may not be the first attempt at the event: what an earlier
	// one did may be found at the destination.
	Retried bool
	// Repeated says that it certainly is not. Then the destination is looked at before
	// it is written.
	Repeated bool
	// Followed says that the event was of another version, and that the copy of this one
	// may stand already; so the destination is looked at first here too.
	Followed bool
	// RequestPayer is the x-oss-request-payer of requests that read the source: "" or
	// "requester".
	RequestPayer string

	since    time.Time // when the object was begun with
	ctx      context.Context
	copier   *Copier
	requests atomic.Int64
	panicked atomic.Pointer[osscall.Error]

	mu           sync.Mutex
	etag         string      // the version meant, without quotes; "" until known
	replacement  *rules.Head // what HeadObject showed when the version meant was superseded
	versions     []string    // ids of the versions that copies were made of, in a bucket with versioning
	copiedObject bool        // a copy was made of an object, not of a link

	head lazy[rules.Head]
	tags lazy[[]rules.Pair]
	acl  lazy[string]
	link lazy[link]
}

// Source returns the source an event speaks of. ctx bounds the reading of its
// facts.
func (c *Copier) Source(ctx context.Context, o events.Object) *Source {
	s := &Source{Object: o, since: time.Now(), ctx: ctx, copier: c, etag: asOSSWrites(o.ETag.Value)}
	if o.Event == putSymlink {
		s.etag = "" // of the link or of what it points to: not documented
	}
	return s
}

// Requests is how many requests reading the facts took so far.
func (s *Source) Requests() int { return int(s.requests.Load()) }

// Panicked is the error of a panic while the source was read, or looked at again; nil
// where there was none.
func (s *Source) Panicked() *osscall.Error { return s.panicked.Load() }

// Include adds to this source's requests and panics those of another that was looked at
// on its behalf.
func (s *Source) Include(other *Source) { s.include(other.requests.Load(), other.panicked.Load()) }

func (s *Source) include(requests int64, panicked *osscall.Error) {
	s.requests.Add(requests)
	if panicked != nil {
		s.panicked.Store(panicked)
	}
}

// Size is the object's size in bytes, from its event or else from HeadObject; ok says
// that it is known so far.
func (s *Source) Size() (size int64, ok bool) {
	if s.Object.Size.Known {
		return s.Object.Size.Value, true
	}
	head, ok := s.head.known()
	return head.Size, ok
}

// Replacement is what HeadObject showed where it was another version than the event's; ok
// says that there was such an answer.
func (s *Source) Replacement() (head rules.Head, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replacement == nil {
		return head, false
	}
	return *s.replacement, true
}

// URL is the source as a message, a report and a state object name it.
func (s *Source) URL() string { return osscall.URL(s.Object.Bucket, s.Object.Key) }

// mayBeCopied reports whether the copy may well stand already.
func (s *Source) mayBeCopied() bool { return s.Repeated || s.Followed }

// Head is HeadObject of the source. It fails with [osscall.KindSuperseded] if the
// object is gone or is another version than the event's.
func (s *Source) Head() (rules.Head, error) {
	return s.head.get(func() (rules.Head, error) {
		h, _, err := s.headNow(s.ctx)
		if isLink(h, err) && s.isObject() {
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

// noteCopied takes note of the id of the version that a copy was made of, and whether that
// was an object, not a link.
func (s *Source) noteCopied(version string, object bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copiedObject = s.copiedObject || object
	if version != "" {
		s.versions = append(s.versions, version)
	}
}

// copiedLink is the link that all copies were made of; ok is false where one was not.
func (s *Source) copiedLink() (l link, ok bool) {
	l, ok = s.link.known()
	s.mu.Lock()
	defer s.mu.Unlock()
	return l, ok && !s.copiedObject
}

// isAnother reports whether the source as it is now is another version than one that a
// copy was made of: by its ETag, or else by its version id. The same content may have
// been put twice, and the later version have been deleted by its id since.
func (s *Source) isAnother(now rules.Head) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	other := func(version string) bool { return version != now.VersionID }
	return !osscall.SameETag(now.ETag, s.etag) || now.VersionID != "" && slices.ContainsFunc(s.versions, other)
}

// headAfterCopy is HeadObject of the source after a copy of it was sent.
func (s *Source) headAfterCopy(ctx context.Context) (rules.Head, error) {
	if _, before := s.head.known(); before {
		h, _, err := s.headNow(ctx)
		return h, err
	}
	return s.Head()
}

// putAfter reports whether the source was put at modified, but again after its event; or
// after the moment a copy of it was sent, where the event has no time. What was sent may
// then be a copy of what stood there before, though the content be the same.
func (s *Source) putAfter(modified, sent time.Time) bool {
	if !s.Object.Time.IsZero() {
		return modified.After(s.Object.Time)
	}
	return modified.After(sent)
}

// superseded says that the source is another version than the one meant.
func (s *Source) superseded(h rules.Head) *osscall.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replacement = &h
	return osscall.NewError(osscall.KindSuperseded, "HeadObject", "Superseded",
		"%s now has ETag %s, the event speaks of %s", s.URL(), h.ETag, s.etag)
}

// SetHead gives what Head answers, where that was read already.
func (s *Source) SetHead(h rules.Head) { s.head.set(h) }

// headNow is HeadObject of the source as it is now, whatever version that is, and
// when OSS answered by its own clock. It fails with [osscall.KindSuperseded] if there is
// none.
func (s *Source) headNow(ctx context.Context) (h rules.Head, answered time.Time, err error) {
	err = s.reading("HeadObject").Do(ctx, func(ctx context.Context) error {
		res, err := s.copier.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &s.Object.Bucket, Key: &s.Object.Key, RequestPayer: osscall.Optional(s.RequestPayer)})
		if err == nil {
			h, answered = headOf(res), osscall.Date(res.ResultCommon)
		}
		return err
	})
	if osscall.Is(err, osscall.KindNotFound) {
		return h, answered, s.gone("HeadObject")
	}
	return h, answered, err
}

// gone says that the source was deleted.
func (s *Source) gone(op string) *osscall.Error {
	return osscall.NewError(osscall.KindSuperseded, op, "SourceGone", "%s was deleted since", s.URL())
}

// Tags is GetObjectTagging of the source, sorted by key. It takes no condition:
// callers that pair it with content must pin the content afterwards.
func (s *Source) Tags() ([]rules.Pair, error) {
	return s.tags.get(func() ([]rules.Pair, error) {
		head, _ := s.head.known()
		for attempt := 1; ; attempt++ {
			tags, id, err := s.readTags()
			if err != nil || head.TaggingCount == 0 || head.TaggingCount == len(tags) { // 0: none, or not shown
				return tags, err
			}
			// Either they are others by now, or one of the two answers is wrong.
			now, _, err := s.headNow(s.ctx)
			if osscall.Is(err, osscall.KindSuperseded) || isLink(now, err) ||
				err == nil && (!osscall.SameETag(now.ETag, head.ETag) || now.TaggingCount == len(tags)) {
				return tags, nil
			}
			if err != nil {
				return nil, err
			}
			if attempt == osscall.Attempts || !osscall.Sleep(s.ctx, osscall.FirstPause<<attempt) {
				return nil, osscall.NewError(osscall.KindLost, "GetObjectTagging", "NoAnswer",
					"OSS answered 200 with %d tags, HeadObject counts %d (request %s)", len(tags), now.TaggingCount, id)
			}
		}
	})
}

// readTags is one GetObjectTagging of the source, and its request id.
func (s *Source) readTags() (tags []rules.Pair, id string, err error) {
	err = s.read("GetObjectTagging", func(ctx context.Context) error {
		res, err := s.copier.oss.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{
			Bucket: &s.Object.Bucket, Key: &s.Object.Key, RequestPayer: osscall.Optional(s.RequestPayer)})
		if err == nil {
			tags, id = pairsOf(res.Tags), osscall.RequestID(res.ResultCommon)
		}
		return err
	})
	return tags, id, err
}

// ACL is GetObjectAcl of the source.
func (s *Source) ACL() (string, error) {
	return s.acl.get(func() (acl string, err error) {
		err = s.read("GetObjectAcl", func(ctx context.Context) error {
			res, err := s.copier.oss.GetObjectAcl(ctx, &oss.GetObjectAclRequest{
				Bucket: &s.Object.Bucket, Key: &s.Object.Key, RequestPayer: osscall.Optional(s.RequestPayer)})
			if err == nil {
				acl, err = aclOf(res)
			}
			return err
		})
		return acl, err
	})
}

// reading is how requests are sent that read the source.
func (s *Source) reading(op string) osscall.Call {
	return osscall.Call{Op: op, Limit: osscall.LookTime, Service: s.copier.service, Sent: &s.requests, Panicked: &s.panicked}
}

// read sends a request that reads the source.
func (s *Source) read(op string, send func(context.Context) error) error {
	err := s.reading(op).Do(s.ctx, send)
	if osscall.Is(err, osscall.KindNotFound) {
		return s.gone(op)
	}
	return err
}

// settleETag settles which version is meant, if the event did not say, and returns its
// ETag.
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

// respell takes over how OSS itself writes the ETag of the version meant.
func (s *Source) respell(etag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.etag = etag
}
