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

// Cases of second attempts, of other objects at the destination, and of versions that are deleted.

func TestCaseOtherACLIsNotUnchanged(t *testing.T) {
	runCase(t, copier.Options{}, nil, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		plan := plainCopy(o)
		plan.ObjectACL = "private"
		c.Copy(ctx, c.Source(ctx, o), plan)
		_, err := w.user.PutObjectAcl(ctx, &oss.PutObjectAclRequest{
			Bucket: oss.Ptr(mirrorBucket), Key: &o.Key, Acl: oss.ObjectACLPublicRead,
		})
		if err != nil {
			t.Fatal(err)
		}
		src := c.Source(ctx, o)
		src.Retried, src.Repeated = true, true
		out := c.Copy(ctx, src, plan)
		if s := w.stateOf(mirrorBucket + "/" + o.Key); out.Result != copier.Copied || s.acl != "private" {
			t.Errorf("%s with ACL %s", out.Result, s.acl)
		}
	})
}

func TestCaseEarlierCopyIsNotTakenForALostOne(t *testing.T) {
	lost := fault.Fault{
		Operations: []string{"CopyObject"}, Calls: fault.Nth(2), Error: &localoss.Error{Code: localoss.InternalError},
	}
	runCase(t, copier.Options{}, []fault.Fault{lost}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		c.Copy(ctx, c.Source(ctx, o), plainCopy(o))
		time.Sleep(time.Minute)
		if out := c.Copy(ctx, c.Source(ctx, o), plainCopy(o)); out.Result != copier.Failed || out.Error.Permanent {
			t.Errorf("%s, %v; want failed, not permanent: the second copy may still come", out.Result, out.Error)
		}
	})
}

func TestCaseTagsAreDeletedAfterALostReply(t *testing.T) {
	lost := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Drop: true, Committed: true}
	runCase(t, copier.Options{}, []fault.Fault{lost}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.uploadAndParse(ctx, step{
			kind: stepPut, key: matchedKeys[0], size: 40, attributes: attributeSets[0], tags: tagSets[1],
		})
		plan := plainCopy(o)
		plan.TaggingDirective = rules.DirectiveReplace
		out := c.Copy(ctx, c.Source(ctx, o), plan)
		// OSS does not document that TaggingDirective REPLACE without tags removes them, so the engine must do it.
		s, n := w.stateOf(mirrorBucket+"/"+o.Key), w.Counts()["DeleteObjectTagging"]
		if out.Result != copier.Copied || len(s.tags) > 0 || n != 1 {
			t.Errorf("%s with tags %v after %d DeleteObjectTagging requests", out.Result, s.tags, n)
		}
	})
}

func TestCaseUploadOfAnotherSourceIsNotAborted(t *testing.T) {
	runCase(t, copier.Options{}, []fault.Fault{stuckPart}, func(ctx context.Context, w *world, c *copier.Copier) {
		first := w.putLarge(ctx, attributeSets[0], nil)
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		c.Copy(within, c.Source(within, first), plainCopy(first))
		time.Sleep(2 * time.Hour) // all requests in flight have ended
		open := w.Uploads(mirrorBucket)
		second := w.uploadAndParse(ctx, step{
			kind: stepPut, key: matchedKeys[1], size: 130 << 10, attributes: attributeSets[1], content: 1,
		})
		plan := plainCopy(first)
		out := c.Copy(ctx, c.Source(ctx, second), plan)
		now := w.Uploads(mirrorBucket)
		if out.Result != copier.Copied || len(open) != 1 || len(now) != 1 || now[0].ID != open[0].ID {
			t.Errorf("%s; open uploads before: %+v, now: %+v", out.Result, open, now)
		}
	})
}

func TestCaseVersionBelowADeletedVersionIsCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(&program{versioned: true, instantOSS: true, faultsEnd: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		handler := relay.New(relay.Config{Rules: relay.Fixed(w.set), Log: discardLog,
			Copier: copier.New(osscall.NewClient("cn-hangzhou", endpoint, w.Transport()), copier.Options{})})
		handle := func(p payload) {
			_, err := handler.Handle(t.Context(), relay.Invocation{RequestID: "1",
				Credentials: credentialsOf(accessKeys[0])}, p.body)
			if err != nil {
				t.Error(err)
			}
		}
		var events []payload
		for content := range 2 {
			all := w.perform(t.Context(), step{
				kind: stepPut, key: matchedKeys[0], size: 40, attributes: attributeSets[content], content: content,
			})
			events = append(events, all[len(all)-1])
			time.Sleep(2 * time.Second)
		}
		handle(events[0]) // copies the second version, which is current
		w.perform(t.Context(), step{kind: stepDeleteVersion, key: matchedKeys[0]})
		handle(events[1])
		s := w.stateOf(mirrorBucket + "/" + matchedKeys[0])
		if s.content == nil || s.attributes.contentType != attributeSets[0].contentType {
			t.Errorf("the destination is %v; want the first version, which is current again", s)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCaseSlowCopyNeedsASecondLook(t *testing.T) {
	late := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), ReplyDelay: time.Second}
	runCase(t, copier.Options{}, []fault.Fault{late}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		if out := c.Copy(ctx, c.Source(ctx, o), plainCopy(o)); out.Result != copier.Copied || !out.NeedsSecondLook {
			t.Errorf("%s, needs a second look: %t", out.Result, out.NeedsSecondLook)
		}
	})
}
