package copier

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/rules"
)

// Source is one version of an object that copies are made from. It is the
// [rules.Facts] of its event: each fact is read once, when first asked for, and
// shared by all copies of the object.
type Source struct {
	Object events.Object
	// Retried says that this is not the first try at the event: what an earlier
	// one did may be found at the destination.
	Retried bool
	// Followed says that the event was of an older version, whose copy may stand
	// where this one's belongs.
	Followed bool

	since    time.Time // when the object was begun with
	ctx      context.Context
	copier   *Copier
	requests atomic.Int64

	mu   sync.Mutex
	etag string // the version meant, without quotes; "" until known

	head lazy[rules.Head]
	tags lazy[[]rules.Pair]
	acl  lazy[string]
}

// Source returns the source an event speaks of. ctx bounds the reading of its
// facts.
func (c *Copier) Source(ctx context.Context, o events.Object) *Source {
	s := &Source{Object: o, since: time.Now(), ctx: ctx, copier: c, etag: bare(o.ETag.Value)}
	if o.Event == "ObjectCreated:PutSymlink" {
		s.etag = "" // of the link or of what it points to: not documented
	}
	return s
}

// Requests is how many requests reading the facts took so far.
func (s *Source) Requests() int { return int(s.requests.Load()) }

// Head is HeadObject of the source. It fails with [KindSuperseded] if the
// object is gone or is another version than the event's.
func (s *Source) Head() (rules.Head, error) {
	return s.head.get(func() (rules.Head, error) {
		h, _, err := s.look(s.ctx)
		if err != nil {
			return h, err
		}
		if pinned := s.pin(h.ETag); !sameETag(pinned, h.ETag) {
			return h, refusal(KindSuperseded, "HeadObject", "Superseded",
				"oss://%s/%s has ETag %s by now, the event speaks of %s", s.Object.Bucket, s.Object.Key, h.ETag, pinned)
		}
		return h, nil
	})
}

// Know settles what Head answers, where that was read already.
func (s *Source) Know(h rules.Head) { s.head.set(h) }

// look is HeadObject of the source as it is now, whatever version that is, and
// when OSS answered by its own clock. It fails with [KindSuperseded] if there is
// none.
func (s *Source) look(ctx context.Context) (h rules.Head, answered time.Time, err error) {
	err = sending{op: "HeadObject", limit: lookTime, to: s.copier.service, sent: &s.requests}.do(ctx, func(ctx context.Context) error {
		res, err := s.copier.oss.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &s.Object.Bucket, Key: &s.Object.Key})
		if err != nil {
			return err
		}
		if h = headOf(res); h.ETag == "" { // taken at its word it would be another version
			return refusal(KindLost, "HeadObject", "NoAnswer", "OSS answered 200 without an ETag (request %s)", requestID(res.ResultCommon))
		}
		answered, _ = http.ParseTime(res.Headers.Get("Date"))
		return nil
	})
	if Is(err, KindNotFound) {
		return h, answered, s.gone("HeadObject")
	}
	return h, answered, err
}

// gone says that the source is no more.
func (s *Source) gone(op string) *Error {
	return refusal(KindSuperseded, op, "SourceGone", "oss://%s/%s was deleted since", s.Object.Bucket, s.Object.Key)
}

// Tags is GetObjectTagging of the source, sorted by key. It takes no condition:
// callers that pair it with content must pin the content afterwards.
func (s *Source) Tags() ([]rules.Pair, error) {
	return s.tags.get(func() ([]rules.Pair, error) {
		var tags []rules.Pair
		err := s.request("GetObjectTagging", func(ctx context.Context) error {
			res, err := s.copier.oss.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{Bucket: &s.Object.Bucket, Key: &s.Object.Key})
			if err == nil {
				tags, err = tagsOf(res)
			}
			return err
		})
		return tags, err
	})
}

// ACL is GetObjectAcl of the source.
func (s *Source) ACL() (string, error) {
	return s.acl.get(func() (string, error) {
		var acl string
		err := s.request("GetObjectAcl", func(ctx context.Context) error {
			res, err := s.copier.oss.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: &s.Object.Bucket, Key: &s.Object.Key})
			if err == nil {
				acl, err = aclOf(res)
			}
			return err
		})
		return acl, err
	})
}

func (s *Source) request(op string, send func(context.Context) error) error {
	err := sending{op: op, limit: lookTime, to: s.copier.service, sent: &s.requests}.do(s.ctx, send)
	if Is(err, KindNotFound) {
		return s.gone(op)
	}
	return err
}

// pin settles which version is meant, if the event did not say, and returns it.
func (s *Source) pin(etag string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.etag == "" {
		s.etag = etag
	}
	return s.etag
}

// pinned is the version meant, "" while it is not known.
func (s *Source) pinned() string { return s.pin("") }

func headOf(res *oss.HeadObjectResult) rules.Head {
	h := rules.Head{
		Size:         res.ContentLength,
		ETag:         bare(oss.ToString(res.ETag)),
		VersionID:    oss.ToString(res.VersionId),
		ObjectType:   oss.ToString(res.ObjectType),
		StorageClass: oss.ToString(res.StorageClass),
		CRC64:        oss.ToString(res.HashCRC64),
		TaggingCount: int(res.TaggingCount),
		Restore:      oss.ToString(res.Restore),
		Headers: rules.ContentHeaders{
			CacheControl:       oss.ToString(res.CacheControl),
			ContentDisposition: oss.ToString(res.ContentDisposition),
			ContentEncoding:    oss.ToString(res.ContentEncoding),
			ContentLanguage:    res.Headers.Get("Content-Language"),
			ContentType:        oss.ToString(res.ContentType),
			Expires:            oss.ToString(res.Expires),
		},
		ServerSideEncryption:      oss.ToString(res.ServerSideEncryption),
		ServerSideEncryptionKeyID: oss.ToString(res.ServerSideEncryptionKeyId),
		ServerSideDataEncryption:  oss.ToString(res.ServerSideDataEncryption),
	}
	if res.LastModified != nil {
		h.LastModified = res.LastModified.UTC()
	}
	for k, v := range res.Metadata {
		h.Meta = append(h.Meta, rules.Pair{Key: strings.ToLower(k), Value: v})
	}
	sortPairs(h.Meta)
	return h
}

// tagsOf are the tags of an answer. The SDK decodes an empty one into none.
func tagsOf(res *oss.GetObjectTaggingResult) ([]rules.Pair, error) {
	if res.Headers.Get("Content-Length") == "0" {
		return nil, refusal(KindLost, "GetObjectTagging", "NoAnswer", "OSS answered 200 with nothing (request %s)", requestID(res.ResultCommon))
	}
	return pairsOf(res.Tags), nil
}

// aclOf is the ACL of an answer, which always has one.
func aclOf(res *oss.GetObjectAclResult) (string, error) {
	acl := oss.ToString(res.ACL)
	if acl == "" {
		return "", refusal(KindLost, "GetObjectAcl", "NoAnswer", "OSS answered 200 without an ACL (request %s)", requestID(res.ResultCommon))
	}
	return acl, nil
}

func pairsOf(tags []oss.Tag) []rules.Pair {
	pairs := make([]rules.Pair, len(tags))
	for i, t := range tags {
		pairs[i] = rules.Pair{Key: oss.ToString(t.Key), Value: oss.ToString(t.Value)}
	}
	sortPairs(pairs)
	return pairs
}

func sortPairs(pairs []rules.Pair) {
	slices.SortFunc(pairs, func(a, b rules.Pair) int { return cmp.Compare(a.Key, b.Key) })
}

// lazy is a value read once, when first asked for. Who asks meanwhile waits on a
// channel, which the clock of a test can see, not on a lock.
type lazy[T any] struct {
	mu   sync.Mutex
	done chan struct{} // nil until somebody asks, closed once v and err stand
	v    T
	err  error
}

func (l *lazy[T]) get(read func() (T, error)) (T, error) {
	l.mu.Lock()
	done, first := l.done, l.done == nil
	if first {
		done = make(chan struct{})
		l.done = done
	}
	l.mu.Unlock()
	if first {
		defer close(done)
		l.v, l.err = read()
		return l.v, l.err
	}
	<-done
	return l.v, l.err
}

// set gives the value before anybody asks.
func (l *lazy[T]) set(v T) { _, _ = l.get(func() (T, error) { return v, nil }) }

// known is the value if it was read already, without error.
func (l *lazy[T]) known() (v T, ok bool) {
	l.mu.Lock()
	done := l.done
	l.mu.Unlock()
	select {
	case <-done:
		return l.v, l.err == nil
	default: // not read, or nil: not asked for
		return v, false
	}
}
