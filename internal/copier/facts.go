package copier

import (
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// Tags gives the source's tags, sorted by key, read once. GetObjectTagging supports no condition:
// callers that combine tags with content must pin the content afterwards.
func (s *Source) Tags() ([]rules.Pair, error) { return s.tags.get(s.countedTags) }

// countedTags reads the tags until there are as many as HeadObject has counted, if it was sent.
func (s *Source) countedTags() ([]rules.Pair, error) {
	head, _ := s.head.known()
	for attempt := 1; ; attempt++ {
		var tags []rules.Pair
		var id string
		err := s.ofOneVersion("GetObjectTagging", func() (version string, err error) {
			tags, version, id, err = s.readTags()
			return version, err
		})
		if err != nil || head.TaggingCount == 0 || head.TaggingCount == len(tags) { // 0: none, or not shown
			return tags, err
		}
		// Either the tags were changed meanwhile, or one of the two responses is wrong.
		now, changed, err := s.tagsChanged(head, len(tags))
		if err != nil {
			return nil, err
		}
		if changed {
			return tags, nil
		}
		if attempt == osscall.Attempts || !osscall.Sleep(s.ctx, osscall.FirstPause<<attempt) {
			return nil, osscall.NewError(osscall.KindLost, "GetObjectTagging", "NoAnswer",
				"OSS answered 200 with %d tags, HeadObject counts %d (request %s)", len(tags), now, id)
		}
	}
}

// tagsChanged sends HeadObject again, and reports whether the object is another than it was or has
// so many tags now; count is how many it has.
func (s *Source) tagsChanged(was rules.Head, tags int) (count int, changed bool, err error) {
	now, _, err := s.headNow(s.ctx)
	if osscall.Is(err, osscall.KindSuperseded) || IsLink(now, err) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, err
	}
	return now.TaggingCount, !osscall.SameETag(now.ETag, was.ETag) || now.TaggingCount == tags, nil
}

// taggingAnswer is the result of readTags.
type taggingAnswer struct {
	tags        []rules.Pair
	version, id string
	err         error
}

// readTagsAhead sends the first GetObjectTagging before the tags are needed, unless they were. What it shows is checked
// against HeadObject when they are.
func (s *Source) readTagsAhead() {
	_, _ = s.ahead.get(func() (struct{}, error) {
		if _, read := s.tags.known(); !read {
			var a taggingAnswer
			a.tags, a.version, a.id, a.err = s.readTags()
			s.tagging.Store(&a)
		}
		return struct{}{}, nil
	})
}

// readTags sends GetObjectTagging for the source. version is the id of the version that has the tags, "" if OSS does
// not say; id is the request id.
func (s *Source) readTags() (tags []rules.Pair, version, id string, err error) {
	if a := s.tagging.Swap(nil); a != nil {
		return a.tags, a.version, a.id, a.err
	}
	call := s.reading("GetObjectTagging")
	res, err := osscall.Read(s.ctx, call, func(ctx context.Context) (*oss.GetObjectTaggingResult, error) {
		return s.copier.home.oss.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{
			Bucket: &s.Object.Bucket, Key: &s.Object.Key, VersionId: s.version(),
			RequestPayer: osscall.Optional(s.RequestPayer)})
	})
	if err != nil {
		return nil, "", "", s.orGone(call.Op, err)
	}
	return pairsOf(res.Tags), oss.ToString(res.VersionId), osscall.RequestID(res.ResultCommon), nil
}

// ACL gives the source's ACL, read once.
func (s *Source) ACL() (string, error) {
	return s.acl.get(func() (acl string, err error) {
		err = s.ofOneVersion("GetObjectAcl", func() (version string, err error) {
			acl, version, err = s.readACL()
			return version, err
		})
		return acl, err
	})
}

// readACL sends GetObjectAcl for the source. version is the id of the version that has the ACL, "" if OSS does not say.
func (s *Source) readACL() (acl, version string, err error) {
	call := s.reading("GetObjectAcl")
	res, err := osscall.Read(s.ctx, call, func(ctx context.Context) (*oss.GetObjectAclResult, error) {
		res, err := s.copier.home.oss.GetObjectAcl(ctx, &oss.GetObjectAclRequest{
			Bucket: &s.Object.Bucket, Key: &s.Object.Key, VersionId: s.version(),
			RequestPayer: osscall.Optional(s.RequestPayer)})
		if err == nil {
			err = checkACL("GetObjectAcl", res.ACL, res.ResultCommon)
		}
		return res, err
	})
	if err != nil {
		return "", "", s.orGone(call.Op, err)
	}
	return oss.ToString(res.ACL), oss.ToString(res.VersionId), nil
}

// ofOneVersion calls read, which sends op and returns the id of the version that OSS has answered for, until that is
// the version that HeadObject has shown, if both are known. A version that was current for a moment may have been
// deleted by its id. If the source still is another version than HeadObject has shown, it is superseded.
func (s *Source) ofOneVersion(op string, read func() (version string, err error)) error {
	head, _ := s.head.known()
	for attempt := 1; ; attempt++ {
		version, err := read()
		if err != nil || version == "" || head.VersionID == "" || version == head.VersionID || IsLink(head, nil) {
			return err
		}
		now, _, err := s.headNow(s.ctx)
		switch {
		case IsLink(now, err):
			return errIsLink
		case err != nil:
			return err
		case now.VersionID != head.VersionID:
			return s.superseded(now)
		case attempt == osscall.Attempts:
			return osscall.NewError(osscall.KindLost, op, "NoAnswer",
				"OSS answered 200 for version %s, HeadObject shows version %s", version, head.VersionID)
		}
	}
}

// BucketACL gives the ACL of the source's bucket, read once for all sources that share BucketACLs.
func (s *Source) BucketACL() (string, error) {
	return s.BucketACLs.get(s.Object.Bucket, func() (acl string, err error) {
		call := s.reading("GetBucketAcl")
		res, err := osscall.Read(s.ctx, call, func(ctx context.Context) (*oss.GetBucketAclResult, error) {
			res, err := s.copier.home.oss.GetBucketAcl(ctx, &oss.GetBucketAclRequest{Bucket: &s.Object.Bucket})
			if err == nil {
				err = checkACL("GetBucketAcl", res.ACL, res.ResultCommon)
			}
			return res, err
		})
		if err != nil {
			return "", err
		}
		return oss.ToString(res.ACL), nil
	})
}

// reading says how to send a request that reads the source.
func (s *Source) reading(op string) osscall.Call {
	return osscall.Call{
		Op: op, Limit: osscall.LookTime, Service: s.copier.home.service, Sent: &s.requests, Panicked: &s.panicked}
}

// headNow sends HeadObject for the source, whatever version it is now. answered is when OSS
// answered, by its own clock. It fails with [osscall.KindSuperseded] if there is no source.
func (s *Source) headNow(ctx context.Context) (h rules.Head, answered time.Time, err error) {
	res, err := s.readHead(ctx, s.version())
	if err != nil {
		return h, answered, s.orGone("HeadObject", err)
	}
	return headOf(res), osscall.Date(res.ResultCommon), nil
}

// readHead sends HeadObject for a version of the source; nil is the current one.
func (s *Source) readHead(ctx context.Context, version *string) (*oss.HeadObjectResult, error) {
	return osscall.Read(ctx, s.reading("HeadObject"), func(ctx context.Context) (*oss.HeadObjectResult, error) {
		return s.copier.home.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &s.Object.Bucket, Key: &s.Object.Key, VersionId: version,
			RequestPayer: osscall.Optional(s.RequestPayer)})
	})
}

// orGone is err, the error of a request about the source; that of gone if there is no source.
func (s *Source) orGone(op string, err error) error {
	if osscall.Is(err, osscall.KindNotFound) {
		return s.gone(op, err)
	}
	return err
}

// gone is the error of a source that was deleted, which OSS has said with cause. A named version that
// does not exist is not superseded by another one.
func (s *Source) gone(op string, cause error) *osscall.Error {
	if s.isNamedVersion() {
		return osscall.Classify(op, cause)
	}
	return osscall.NewError(osscall.KindSuperseded, op, "SourceGone", "%s was deleted after its event",
		s.URL()).Because(cause)
}

// At is the object of an event in another version, which HeadObject shows. What only that version's
// own event has (event name, principal, address) stays as it is in this event.
func At(o events.Object, head rules.Head) events.Object {
	o.Time = head.LastModified
	if head.ETag == "" { // a symbolic link, which HeadObject does not show
		o.ETag = events.Opt[string]{}
		return o
	}
	o.ETag = events.Some(head.ETag)
	o.Size = events.Some(head.Size)
	o.ContentType = events.Some(head.Headers.ContentType)
	o.Meta = make(map[string]string, len(head.Meta))
	for _, p := range head.Meta {
		o.Meta[p.Key] = p.Value
	}
	return o
}
