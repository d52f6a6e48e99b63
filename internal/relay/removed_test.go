package relay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/relay"
)

// mirror copies, and deletes the copies of what was removed, in a bucket without versioning.
const mirror = `
version: 1
sources: [source-bucket]
rules:
  - name: mirror
    match: {}
    copy: [{bucket: target-bucket}]
    delete: [{bucket: target-bucket, without-versioning: true}]
`

// versioned enables versioning of a bucket.
func (w *world) versioned(bucket string) {
	w.t.Helper()
	if _, err := w.client.PutBucketVersioning(w.t.Context(), &oss.PutBucketVersioningRequest{Bucket: &bucket,
		VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}); err != nil {
		w.t.Fatal(err)
	}
}

// remove deletes an object of the source bucket and gives the payload of its event.
func (w *world) remove(key string) []byte {
	w.t.Helper()
	_, err := w.client.DeleteObject(w.t.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(from), Key: &key})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.newest()
}

// removalOf is the payload of the removal of an object, whether or not it was removed.
func removalOf(key string) []byte {
	return []byte(`{"events":[{"eventName":"ObjectRemoved:DeleteObject","oss":{"bucket":{"name":"` + from +
		`"},"object":{"key":"` + key + `"}}}]}`)
}

// reasonOf is why the only copy of a report ended as it did.
func reasonOf(r *relay.Report) string {
	c := r.Objects[0].Copies[0]
	if c.Error != nil {
		return c.Error.Code
	}
	return c.Reason
}

func TestTheCopyOfARemovedObjectIsDeleted(t *testing.T) {
	inWorld(t, setup{rules: mirror}, func(t *testing.T, w *world) {
		report, _ := w.handle(w.put("in/中 a+b", "v1"), 0)
		w.wantOutcomes(report, copier.Copied)
		removal := w.remove("in/中 a+b")
		report, failed := w.handle(removal, 0)
		w.wantOutcomes(report, copier.Deleted)
		if _, there := w.Object(to, "in/中 a+b"); there || failed {
			t.Errorf("the copy is there: %t, failed: %t", there, failed)
		}
		c := report.Objects[0].Copies[0]
		if c.Method != copier.MethodDeleteObject || c.Destination != "oss://target-bucket/in/中 a+b" ||
			report.Objects[0].Ignored != "" || c.Requests != 2 || report.Objects[0].Requests != 2 {
			t.Errorf("the report has %+v", report.Objects[0])
		}
		report, _ = w.handle(removal, 0)
		w.wantOutcomes(report, copier.Unchanged)
	})
}

func TestNothingIsDeletedWithoutProof(t *testing.T) {
	put := func(w *world, key, content string, meta map[string]string) {
		w.t.Helper()
		if _, err := w.client.PutObject(w.t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(to), Key: &key,
			Body: strings.NewReader(content), Metadata: meta}); err != nil {
			w.t.Fatal(err)
		}
	}
	cases := map[string]struct {
		before func(w *world)
		rules  string
		result copier.Result
		reason string
	}{
		"the source is there": {func(w *world) { w.handle(w.put("k", "v1"), 0) }, mirror,
			copier.Kept, "the source is there"},
		"the source is a link that leads nowhere": {func(w *world) {
			w.handle(w.put("k", "v1"), 0)
			if _, err := w.client.PutSymlink(w.t.Context(), &oss.PutSymlinkRequest{Bucket: oss.Ptr(from),
				Key: oss.Ptr("k"), Target: oss.Ptr("nowhere")}); err != nil {
				w.t.Fatal(err)
			}
		}, mirror, copier.Kept, "the source is there"},
		"somebody else's object": {func(w *world) { put(w, "k", "mine", nil) }, mirror,
			copier.Kept, "it does not say that it is a copy of oss://source-bucket/k"},
		"the copy of another source": {func(w *world) {
			put(w, "k", "v", map[string]string{"afterput-source": "oss://source-bucket/other"})
		}, mirror, copier.Kept, "it is a copy of oss://source-bucket/other"},
		"a copy that was changed": {func(w *world) {
			put(w, "k", "v", map[string]string{"afterput-source": "oss://source-bucket/k 1"})
		}, mirror, copier.Kept, "it is not as it was copied"},
		"a name that is none": {func(w *world) {
			put(w, "k", "v", map[string]string{"afterput-source": "source-bucket/k"})
		}, mirror, copier.Kept, "it is not as it was copied"},
		"no versioning": {func(w *world) { w.handle(w.put("k", "v1"), 0); w.remove("k") },
			strings.Replace(mirror, ", without-versioning: true", "", 1), copier.Failed, "NoVersioning"},
		"versioning was enabled after the copy": {func(w *world) {
			w.handle(w.put("k", "v1"), 0)
			w.remove("k")
			w.versioned(to)
		}, strings.Replace(mirror, ", without-versioning: true", "", 1), copier.Failed, "NoVersioning"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{rules: c.rules}, func(t *testing.T, w *world) {
				c.before(w)
				report, _ := w.handle(removalOf("k"), 0)
				w.wantOutcomes(report, c.result)
				if got := reasonOf(report); got != c.reason {
					t.Errorf("%q, want %q", got, c.reason)
				}
				if _, there := w.Object(to, "k"); !there {
					t.Error("it was deleted")
				}
			})
		})
	}
}

func TestNoAnswerButNoSuchKeyCountsAsGone(t *testing.T) {
	looks := []string{"HeadObject", "GetSymlink"}
	refused := func(code localoss.ErrorCode) fault.Fault { return fault.Fault{Error: &localoss.Error{Code: code}} }
	unread := func(f fault.Fault) fault.Fault {
		f.Header = map[string]string{"x-oss-err": ""}
		return f
	}
	for name, c := range map[string]struct {
		fault  fault.Fault
		result []copier.Result
	}{
		"AccessDenied":                          {refused(localoss.AccessDenied), nil},
		"NoSuchBucket":                          {refused(localoss.NoSuchBucket), nil},
		"NoSuchBucket, which HEAD does not say": {unread(refused(localoss.NoSuchBucket)), nil},
		"InternalError":                         {refused(localoss.InternalError), nil},
		"no answer":                             {fault.Fault{Drop: true}, nil},
		"NoSuchKey, which HEAD does not say":    {unread(fault.Fault{}), []copier.Result{copier.Deleted}},
	} {
		t.Run(name, func(t *testing.T) {
			c.fault.Operations, c.fault.Bucket, c.fault.Calls = looks, from, fault.Calls{First: 2}
			inWorld(t, setup{rules: mirror, faults: []fault.Fault{c.fault}}, func(t *testing.T, w *world) {
				w.handle(w.put("k", "v1"), 0)
				report, failed := w.handle(w.remove("k"), 0)
				w.wantOutcomes(report, c.result...)
				if _, there := w.Object(to, "k"); there != (c.result == nil) || failed != there {
					t.Errorf("the copy is there: %t, failed: %t", there, failed)
				}
			})
		})
	}
}

func TestADeleteMarkerIsFollowedByADeleteMarker(t *testing.T) {
	rules := strings.Replace(mirror, ", without-versioning: true", "", 1)
	inWorld(t, setup{rules: rules}, func(t *testing.T, w *world) {
		w.versioned(from)
		w.versioned(to)
		w.handle(w.put("k", "v1"), 0)
		w.remove("k")
		report, _ := w.handle(removalOf("k"), 0)
		w.wantOutcomes(report, copier.Deleted)
		if got := reasonOf(report); got != "the source is hidden by a delete marker" {
			t.Errorf("reason %q", got)
		}
		versions := w.Versions(to, "k")
		if _, there := w.Object(to, "k"); there || len(versions) != 2 {
			t.Errorf("there: %t, %d versions", there, len(versions))
		}
	})
}

func TestAnObjectThatComesBackWhileItsCopyIsDeletedHasItsCopyAgain(t *testing.T) {
	var w *world
	back := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "DeleteObject" && call.Bucket == to {
			report, _ := w.handle(w.put("k", "v1"), 0)
			w.wantOutcomes(report, copier.Copied)
		}
		return next()
	}
	inWorld(t, setup{rules: mirror, intercept: back}, func(t *testing.T, world *world) {
		w = world
		w.handle(w.put("k", "v1"), 0)
		report, failed := w.handle(w.remove("k"), 0)
		w.wantOutcomes(report, copier.Deleted, copier.Copied)
		if got := w.content("k"); got != "v1" || failed {
			t.Errorf("the copy holds %q, failed: %t", got, failed)
		}
	})
}

func TestARetryMakesTheCopyThatAnAttemptBeforeItMayHaveDeleted(t *testing.T) {
	inWorld(t, setup{rules: mirror}, func(t *testing.T, w *world) {
		w.handle(w.put("k", "v1"), 0)
		removal := w.remove("k")
		w.put("k", "v2")
		report, _ := w.handle(removal, 0)
		w.wantOutcomes(report, copier.Kept) // the event of v2 makes its copy
		report, _ = w.handle(removal, 1)
		w.wantOutcomes(report, copier.Kept, copier.Copied)
		report, _ = w.handle(removal, 2)
		w.wantOutcomes(report, copier.Kept, copier.Unchanged)
		if got := w.content("k"); got != "v2" {
			t.Errorf("the copy holds %q", got)
		}
	})
}

func TestACopyThatLandsAfterTheRemovalWasHandledIsDeleted(t *testing.T) {
	inWorld(t, setup{rules: mirror, faults: lateFirst}, func(t *testing.T, w *world) {
		v1 := w.put("k", "v1")
		ended := make(chan *relay.Report)
		go func() {
			report, _ := w.handle(v1, 0)
			ended <- report
		}()
		time.Sleep(2 * time.Second)
		report, _ := w.handle(w.remove("k"), 0)
		w.wantOutcomes(report, copier.Unchanged)
		w.wantOutcomes(<-ended, copier.Copied, copier.Deleted)
		if _, there := w.Object(to, "k"); there {
			t.Error("a copy of a removed object is left")
		}
	})
}

func TestDeletionsAreLimitedToSoManyAnHour(t *testing.T) {
	inWorld(t, setup{rules: mirror, options: copier.Options{DeletesAnHour: 2}}, func(t *testing.T, w *world) {
		var removals [][]byte
		for _, key := range []string{"a", "b", "c"} {
			w.handle(w.put(key, key), 0)
		}
		for _, key := range []string{"a", "b", "c"} {
			removals = append(removals, w.remove(key))
		}
		w.handle(removals[0], 0)
		time.Sleep(59 * time.Minute)
		w.handle(removals[1], 0)
		report, failed := w.handle(removals[2], 0)
		w.wantOutcomes(report, copier.Failed)
		if got := reasonOf(report); got != "TooManyDeletions" || !failed || w.content("c") != "c" {
			t.Errorf("%s, failed: %t, c holds %q", got, failed, w.content("c"))
		}
		time.Sleep(2 * time.Minute)
		report, _ = w.handle(removals[2], 1)
		w.wantOutcomes(report, copier.Deleted)
	})
}

func TestADeletionWhoseResponseIsLostIsNotSentAgain(t *testing.T) {
	s := setup{rules: mirror, faults: []fault.Fault{{Operations: []string{"DeleteObject"}, Calls: fault.Nth(2),
		Drop: true, Committed: true}}}
	inWorld(t, s, func(t *testing.T, w *world) {
		w.handle(w.put("k", "v1"), 0)
		removal := w.remove("k")
		report, failed := w.handle(removal, 0)
		w.wantOutcomes(report, copier.Failed)
		if n := report.Objects[0].Copies[0].Requests; n != 2 || !failed {
			t.Errorf("%d requests, failed: %t", n, failed)
		}
		report, _ = w.handle(removal, 1)
		w.wantOutcomes(report, copier.Unchanged)
	})
}

func TestRemovalsThatNoRuleFollowsStayIgnored(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.handle(w.put("k", "v1"), 0)
		report, _ := w.handle(w.remove("k"), 0)
		w.wantOutcomes(report)
		if report.Objects[0].Ignored == "" || w.content("k") != "v1" {
			t.Errorf("%+v", report.Objects[0])
		}
	})
}
