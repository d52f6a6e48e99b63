package copier_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// stoppedAfter is a world whose first copies stop at their deadline with the
// parts up to n copied: every later part takes an hour.
func stoppedAfter(n int) setup {
	options := inParts()
	options.PartsInFlight = 1
	return setup{options: options, faults: []fault.Fault{{
		Operations: []string{"UploadPartCopy"}, Part: n + 1, Calls: fault.Nth(1), Delay: time.Hour, Drop: true,
	}}}
}

// stop makes a copy that its deadline stops, and checks that it can be resumed.
func (w *world) stop(o events.Object, p *rules.Copy) {
	w.t.Helper()
	out := w.copy(w.within(30*time.Second), o, p)
	w.wantOutcome(out, copier.Failed)
	if out.Error.Permanent || out.Error.Code != "Stopped" {
		w.t.Fatalf("error %+v, want one that says that the invocation ran out of time", out.Error)
	}
	synctest.Wait()
	if open := w.Uploads(to); len(open) != 1 {
		w.t.Fatalf("open uploads: %+v, want the one to resume", open)
	}
}

// remembered is the content of the state objects.
func (w *world) remembered(bucket, prefix string) (all []state.Upload) {
	w.t.Helper()
	for _, o := range w.Objects(bucket) {
		if !strings.HasPrefix(o.Key, prefix) {
			continue
		}
		var s state.Upload
		if err := json.NewDecoder(o.Reader()).Decode(&s); err != nil {
			w.t.Fatalf("state %s: %v", o.Key, err)
		}
		all = append(all, s)
	}
	return all
}

func TestNextAttemptCopiesOnlyThePartsThatAreMissing(t *testing.T) {
	for name, faults := range map[string][]fault.Fault{
		"state written": nil,
		"stopped before the state is written": {{
			Operations: []string{"PutObject"}, Calls: fault.Calls{Last: osscall.Attempts}, Drop: true,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := stoppedAfter(2)
			s.faults = append(s.faults, faults...)
			inWorld(t, s, wantMissingPartsAlone)
		})
	}
}

func wantMissingPartsAlone(t *testing.T, w *world) {
	event := w.put(large, 1)
	w.stop(event, plan())
	saved := w.remembered(to, state.DefaultPrefix)
	if len(saved) != 1 || saved[0].UploadID != w.Uploads(to)[0].ID || saved[0].Key != key ||
		saved[0].ETag != event.ETag.Value {
		t.Fatalf("remembered %+v", saved)
	}
	out := w.copy(w.ctx, event, plan())
	w.wantOutcome(out, copier.Copied)
	if got := w.partsCopied(); !slices.Equal(got, []int{3, 4}) {
		t.Errorf("parts %v were copied, want 3 and 4", got)
	}
	if n := w.Counts()["InitiateMultipartUpload"]; n != 0 {
		t.Errorf("%d uploads were begun in addition to the one to resume", n)
	}
	if len(w.history) != 1 {
		t.Errorf("the destination was written %d times", len(w.history))
	}
	w.wantCopy()
	w.wantTidy()
}

func TestUploadOfAnotherVersionOrRuleIsAbortedAndNotResumed(t *testing.T) {
	same := func(*rules.Copy) {}
	cases := map[string]struct {
		newer  bool
		change func(*rules.Copy)
	}{
		"source overwritten": {true, same},
		"class changed":      {false, func(c *rules.Copy) { c.StorageClass = "IA" }},
		"ACL changed":        {false, func(c *rules.Copy) { c.ObjectACL = "private" }},
		"tags changed": {false, func(c *rules.Copy) {
			c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "b"}}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
				event := w.put(large, 1)
				w.stop(event, plan())
				time.Sleep(2 * time.Hour) // what OSS had accepted is over
				old := w.Uploads(to)[0].ID
				if c.newer {
					event = w.put(large, 2)
				}
				w.wantOutcome(w.copy(w.ctx, event, plan(c.change)), copier.Copied)
				if got := w.partsCopied(); len(got) != parts {
					t.Errorf("parts %v were copied, want all of them", got)
				}
				for _, u := range w.Uploads(to) {
					if u.ID == old {
						t.Error("the old upload is still open")
					}
				}
				w.wantCopy()
				w.wantTidy()
			})
		})
	}
}

func TestRememberedUploadThatIsGoneIsBegunAnew(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.stop(event, plan())
		w.abort(w.Uploads(to)[0])
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		w.wantCopy()
		w.wantTidy()
	})
}

func TestStateIsKeptWhereItsSettingSaysAndOwnedByTheEngine(t *testing.T) {
	s := stoppedAfter(1)
	s.options.State = state.Location{Bucket: from, Prefix: "state/"}
	inWorld(t, s, func(t *testing.T, w *world) {
		w.stop(w.put(large, 1), plan())
		if got := w.remembered(from, "state/"); len(got) != 1 || got[0].Bucket != to {
			t.Errorf("remembered %+v", got)
		}
		if len(w.Objects(to)) != 0 {
			t.Errorf("the destination bucket holds %v", w.Objects(to))
		}
		for _, o := range w.Objects(from) {
			if owned := w.copier.Owns(from, o.Key); owned != (o.Key != key) {
				t.Errorf("%s is owned by the engine: %v", o.Key, owned)
			}
		}
	})
}

func TestStateThatSomebodyElseWroteDoesNotFailTheCopy(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON": "hello", "another destination": `{"bucket":"b","key":"k","upload_id":"u"}`,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
				event := w.put(large, 1)
				w.stop(event, plan())
				for _, o := range w.Objects(to) {
					w.overwrite(to, o.Key, content)
				}
				w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
				w.wantCopy()
			})
		})
	}
}

func TestLargeCopyThatIsThereAlreadyCostsFiveRequestsAndWritesNothing(t *testing.T) {
	replace := func(c *rules.Copy) {
		c.TaggingDirective, c.Tags = rules.DirectiveReplace,
			[]rules.Pair{{Key: "a", Value: "b"}, {Key: "c", Value: "d e+f"}}
		c.MetadataDirective, c.Headers.CacheControl = rules.DirectiveReplace, "no-cache"
		c.StorageClass, c.ServerSideEncryption, c.ObjectACL = "IA", "AES256", "private"
	}
	for name, change := range map[string]func(*rules.Copy){"plain": func(*rules.Copy) {}, "all replaced": replace} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
				event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "x=y"),
					localoss.WithHeader("x-oss-meta-a", "b"))
				w.wantOutcome(w.copy(w.ctx, event, plan(change)), copier.Copied)
				time.Sleep(time.Minute)
				out := w.copy(w.ctx, event, plan(change))
				w.wantOutcome(out, copier.Unchanged)
				total := 0
				for op, n := range w.Counts() {
					total += n
					if op != "HeadObject" && op != "GetObjectTagging" && op != "GetObjectAcl" && op != "ListObjectsV2" {
						t.Errorf("%d × %s", n, op)
					}
				}
				if total > 5 || len(w.history) != 1 {
					t.Errorf("%d requests %v, and the destination was written %d times", total, w.Counts(),
						len(w.history))
				}
				changed := w.copy(w.ctx, event, plan(change, func(c *rules.Copy) { c.StorageClass = "Archive" }))
				w.wantOutcome(changed, copier.Copied)
			})
		})
	}
}

func TestUploadThatIsCompletedWhileTheNextAttemptBeginsIsNotCopiedAgain(t *testing.T) {
	var completes atomic.Bool
	var w *world
	completed := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "ListParts" && completes.CompareAndSwap(true, false) { // the destination was read before
			_, err := w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(to),
				Key: oss.Ptr(key), UploadId: oss.Ptr(w.Uploads(to)[0].ID), CompleteAll: oss.Ptr("yes")})
			if err != nil {
				t.Error(err)
			}
		}
		return next()
	}
	faults := []fault.Fault{
		{Operations: []string{"CompleteMultipartUpload"}, Calls: fault.Nth(1), Delay: time.Hour, Drop: true}}
	inWorld(t, setup{options: inParts(), intercept: completed, faults: faults}, func(t *testing.T, inner *world) {
		w = inner
		event := w.put(large, 1)
		w.stop(event, plan())
		completes.Store(true)
		out := w.copy(w.ctx, event, plan())
		if n := w.Counts()["InitiateMultipartUpload"]; n != 0 || completes.Load() {
			t.Errorf("%d uploads were begun although the one before was completed; %+v", n, out)
		}
		w.wantOutcome(out, copier.Unchanged)
		w.wantCopy()
		w.wantTidy()
	})
}
