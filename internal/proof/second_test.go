package proof

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// Cases of second attempts, of what others put beside a copy, and of versions that go.

func TestCaseUnchangedMeansTheACLToo(t *testing.T) {
	inCase(t, copier.Options{}, nil, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.small(ctx)
		plan := plainly(o)
		plan.ObjectACL = "private"
		c.Copy(ctx, c.Source(ctx, o), plan)
		_, err := w.user.PutObjectAcl(ctx, &oss.PutObjectAclRequest{Bucket: oss.Ptr(mirror), Key: &o.Key, Acl: oss.ObjectACLPublicRead})
		if err != nil {
			t.Fatal(err)
		}
		src := c.Source(ctx, o)
		src.Retried, src.Repeated = true, true
		out := c.Copy(ctx, src, plan)
		if s := w.shown(mirror + "/" + o.Key); out.Result != copier.Copied || s.acl != "private" {
			t.Errorf("%s with ACL %s", out.Result, s.acl)
		}
	})
}

func TestCaseWhatStoodThereBeforeIsNotALostCopy(t *testing.T) {
	lost := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(2), Error: &localoss.Error{Code: localoss.InternalError}}
	inCase(t, copier.Options{}, []fault.Fault{lost}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.small(ctx)
		c.Copy(ctx, c.Source(ctx, o), plainly(o))
		time.Sleep(time.Minute)
		if out := c.Copy(ctx, c.Source(ctx, o), plainly(o)); out.Result != copier.Failed || out.Error.Permanent {
			t.Errorf("%s, %v: the second request may still be running", out.Result, out.Error)
		}
	})
}

func TestCaseTagsAreDroppedAfterALostAnswerToo(t *testing.T) {
	lost := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Drop: true, Committed: true}
	inCase(t, copier.Options{}, []fault.Fault{lost}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.announced(ctx, step{kind: put, key: wantedKeys[0], size: 40, look: looks[0], tags: tagSets[1]})
		plan := plainly(o)
		plan.TaggingDirective = rules.DirectiveReplace
		out := c.Copy(ctx, c.Source(ctx, o), plan)
		// What OSS makes of a replacement by no tags is not documented: the request counts.
		if s, n := w.shown(mirror+"/"+o.Key), w.Counts()["DeleteObjectTagging"]; out.Result != copier.Copied || len(s.tags) > 0 || n != 1 {
			t.Errorf("%s with %v after %d × DeleteObjectTagging", out.Result, s.tags, n)
		}
	})
}

func TestCaseAnotherSourcesUploadIsLeftAlone(t *testing.T) {
	inCase(t, copier.Options{}, []fault.Fault{stuck}, func(ctx context.Context, w *world, c *copier.Copier) {
		first := w.upload(ctx, looks[0], nil)
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		c.Copy(within, c.Source(within, first), plainly(first))
		time.Sleep(2 * time.Hour) // what OSS had accepted is over
		open := w.Uploads(mirror)
		second := w.announced(ctx, step{kind: put, key: wantedKeys[1], size: 130 << 10, look: looks[1], content: 1})
		plan := plainly(first)
		out := c.Copy(ctx, c.Source(ctx, second), plan)
		if now := w.Uploads(mirror); out.Result != copier.Copied || len(open) != 1 || len(now) != 1 || now[0].ID != open[0].ID {
			t.Errorf("%s; open before %+v, now %+v", out.Result, open, now)
		}
	})
}

func TestCaseTheVersionBeforeOneThatWasDeletedIsCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(&program{versioned: true, still: true, calm: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		handler := relay.New(relay.Config{Rules: relay.Fixed(w.set), Log: quiet,
			Copier: copier.New(osscall.NewClient("cn-hangzhou", endpoint, w.Transport()), copier.Options{})})
		key := keys[0]
		handle := func(p payload) {
			_, err := handler.Handle(t.Context(), relay.Invocation{RequestID: "1",
				Credentials: osscall.Credentials{AccessKeyID: key, AccessKeySecret: key, SecurityToken: key}}, p.body)
			if err != nil {
				t.Error(err)
			}
		}
		var events []payload
		for content := range 2 {
			all := w.do(t.Context(), step{kind: put, key: wantedKeys[0], size: 40, look: looks[content], content: content})
			events = append(events, all[len(all)-1])
			time.Sleep(2 * time.Second)
		}
		handle(events[0]) // the second version stands there by now
		w.do(t.Context(), step{kind: drop, key: wantedKeys[0]})
		handle(events[1])
		if s := w.shown(mirror + "/" + wantedKeys[0]); s.content == nil || s.look.contentType != looks[0].contentType {
			t.Errorf("the destination shows %v; want the first version, which is the newest now", s)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCaseALateCopyLooksAtItsSourceAgain(t *testing.T) {
	late := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), ReplyDelay: time.Second}
	inCase(t, copier.Options{}, []fault.Fault{late}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.small(ctx)
		if out := c.Copy(ctx, c.Source(ctx, o), plainly(o)); out.Result != copier.Copied || !out.NeedsSecondLook {
			t.Errorf("%s, looks again: %t", out.Result, out.NeedsSecondLook)
		}
	})
}
