package copier_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/rules"
)

// archivedAs is the class of a source.
func archivedAs(class string) localoss.ObjectOption {
	return localoss.WithHeader("x-oss-storage-class", class)
}

// restoring is a change of a plan that restores its source at a tier.
func restoring(tier string) func(*rules.Copy) {
	return func(c *rules.Copy) { c.Restore = &rules.Restore{Days: 1, Tier: tier} }
}

// restore restores the source as somebody else.
func (w *world) restore(tier string) {
	w.t.Helper()
	request := &oss.RestoreRequest{Days: 1}
	if tier != "" {
		request.JobParameters = &oss.JobParameters{Tier: &tier}
	}
	_, err := w.client.RestoreObject(w.ctx, &oss.RestoreObjectRequest{
		Bucket: oss.Ptr(from), Key: oss.Ptr(key), RestoreRequest: request})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestAnArchiveSourceIsRestoredAndCopiedWithinTheInvocation(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		began := time.Now()
		out := w.copy(w.within(5*time.Minute), w.put(large, 1, archivedAs("Archive")), plan(restoring("Bulk")))
		w.wantOutcome(out, copier.Copied)
		if out.Method != w.method || !out.NeedsSecondLook {
			t.Errorf("%+v", out)
		}
		w.wantCopy()
		w.wantTidy()
		if took := time.Since(began); took < time.Minute || took > 80*time.Second {
			t.Errorf("took %s, want about a minute", took)
		}
		if n := w.Counts()["RestoreObject"]; n != 1 {
			t.Errorf("%d × RestoreObject, want 1", n)
		}
	})
}

func TestAnArchiveSourceThatIsNotRestoredInTimeIsLeftToTheRetry(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, archivedAs("Archive"))
		out := w.copy(w.within(30*time.Second), event, plan(restoring("Standard")))
		w.wantOutcome(out, copier.Failed)
		if out.Error.Code != "Restoring" || out.Error.Permanent || out.Error.Kind != osscall.KindStopped {
			t.Errorf("%+v", out.Error)
		}
		w.wantAbsent()
		out = w.copy(w.within(59*time.Second), event, plan(restoring("Standard")))
		w.wantOutcome(out, copier.Copied)
		w.wantCopy()
	})
}

func TestAColderSourceIsRestoringAndCopiedAfterItsEvent(t *testing.T) {
	for class, hours := range map[string]time.Duration{"ColdArchive": 5, "DeepColdArchive": 48} {
		t.Run(class, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				began, event := time.Now(), w.put(large, 1, archivedAs(class))
				out := w.copy(w.within(5*time.Minute), event, plan(restoring("Standard")))
				w.wantOutcome(out, copier.Restoring)
				if out.Error != nil || !strings.Contains(out.Reason, class) || !strings.Contains(out.Reason, "hours") {
					t.Errorf("%+v", out)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("took %s", took)
				}
				time.Sleep(hours*time.Hour + time.Second)
				synctest.Wait()
				if now := w.newest(); !now.Restored || now.Key != key {
					t.Fatalf("the newest event is %+v, want that of the end of the restore", now)
				}
				w.wantOutcome(w.copy(w.ctx, event, plan(restoring("Standard"))), copier.Copied)
				w.wantCopy()
				w.wantCounts(map[string]int{"CopyObject": 1})
			})
		})
	}
}

func TestASourceWhoseRestoreEndsBeforeItIsAskedForIsCopiedAtOnce(t *testing.T) {
	late := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		reply := next()
		if call.Name == "HeadObject" && call.Bucket == from {
			time.Sleep(2 * time.Second)
		}
		return reply
	}
	inWorld(t, setup{intercept: late}, func(t *testing.T, w *world) {
		event := w.put(large, 1, archivedAs("ColdArchive"))
		w.restore("Standard")
		time.Sleep(localoss.RestoreTime("ColdArchive", "Standard") - time.Second)
		w.wantOutcome(w.copy(w.ctx, event, plan(restoring("Standard"))), copier.Copied)
		w.wantCopy()
		if n := w.Counts()["RestoreObject"]; n != 1 {
			t.Errorf("%d × RestoreObject, want 1", n)
		}
	})
}

func TestNothingIsWaitedForWhereNothingMayWait(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		began := time.Now()
		src := w.copier.Source(w.ctx, w.put(large, 1, archivedAs("Archive")))
		out := w.copier.Copy(w.ctx, src, plan(restoring("Standard")))
		w.wantOutcome(out, copier.Restoring)
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestASourceThatCanBeReadIsNotRestored(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan(restoring("Standard"))), copier.Copied)
		w.wantCounts(map[string]int{"CopyObject": 1})
	})
}

func TestWithoutRestoreTheErrorNamesTheField(t *testing.T) {
	for _, class := range []string{"Archive", "ColdArchive", "DeepColdArchive"} {
		t.Run(class, func(t *testing.T) {
			byEachMethod(t, setup{}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(large, 1, archivedAs(class)), plan())
				w.wantRefused(out, "InvalidObjectState", "archived", "set restore under copy")
				if n := w.Counts()["RestoreObject"]; n != 0 {
					t.Errorf("%d × RestoreObject", n)
				}
			})
		})
	}
}

func TestARestoreInProgressIsWaitedForWhateverItsTier(t *testing.T) {
	for name, c := range map[string]struct{ current, want, note string }{
		"the same tier": {"Standard", "Standard", ""},
		"a faster one":  {"Bulk", "Expedited", ""},
		"a slower one":  {"Expedited", "Bulk", "refused to change the tier of the restore that is in progress to Bulk"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				event := w.put(large, 1, archivedAs("ColdArchive"))
				w.restore(c.current)
				out := w.copy(w.ctx, event, plan(restoring(c.want)))
				w.wantOutcome(out, copier.Restoring)
				if (c.note == "") != !strings.Contains(out.Reason, "refused") || !strings.Contains(out.Reason, c.note) {
					t.Errorf("reason %q, want %q", out.Reason, c.note)
				}
				// How long another tier takes says nothing about the restore that is in progress.
				if strings.Contains(out.Reason, "which takes") != (c.note == "") {
					t.Errorf("reason %q", out.Reason)
				}
				if n := w.Counts()["RestoreObject"]; n != 1 {
					t.Errorf("%d × RestoreObject, want 1", n)
				}
			})
		})
	}
}

func TestCopiesOfOneObjectShareOneRestore(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		ctx := w.within(5 * time.Minute)
		src := w.copier.Source(ctx, w.put(large, 1, archivedAs("Archive")))
		waits := 0
		src.Aside = func(wait func()) { waits++; wait() }
		w.ResetCounts()
		var all sync.WaitGroup
		for _, k := range []string{"one", "two", "three"} {
			all.Go(func() {
				out := w.copier.Copy(ctx, src, plan(restoring("Standard"), func(c *rules.Copy) { c.Key = k }))
				if out.Result != copier.Copied {
					t.Errorf("%s: %+v, %v", k, out, out.Error)
				}
			})
		}
		all.Wait()
		if n := w.Counts()["RestoreObject"]; n != 1 || waits != 1 {
			t.Errorf("%d × RestoreObject, waited %d times, want 1", n, waits)
		}
	})
}

func TestAnUploadDuringTheWaitSupersedesTheCopy(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, archivedAs("Archive"))
		time.AfterFunc(25*time.Second, func() { w.overwrite(from, key, "newer") })
		w.wantOutcome(w.copy(w.within(time.Minute), event, plan(restoring("Standard"))), copier.Superseded)
		w.wantAbsent()
	})
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, archivedAs("Archive"))
		time.AfterFunc(25*time.Second, func() { w.delete(from, key) })
		w.wantOutcome(w.copy(w.within(time.Minute), event, plan(restoring("Standard"))), copier.Superseded)
	})
}

func TestANewVersionThatIsArchivedTooIsNeitherRestoredNorWaitedFor(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event, began := w.put(large, 1, archivedAs("Archive")), time.Now()
		time.AfterFunc(25*time.Second, func() { w.put(large, 2, archivedAs("Archive")) })
		w.wantOutcome(w.copy(w.within(10*time.Minute), event, plan(restoring("Standard"))), copier.Superseded)
		if took := time.Since(began); took > 40*time.Second || w.Counts()["RestoreObject"] != 1 {
			t.Errorf("took %s, %v", took, w.Counts())
		}
	})
}

func TestWithoutTheRightToRestoreTheCopyFailsForGood(t *testing.T) {
	denied := func(op localoss.Operation) error {
		if op.Name == "RestoreObject" {
			return errors.New("denied by the test")
		}
		return nil
	}
	inWorld(t, setup{authorize: denied}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(large, 1, archivedAs("ColdArchive")), plan(restoring("Standard")))
		w.wantRefused(out, "AccessDenied", "no right", "oss:RestoreObject")
	})
}

func TestATierThatTheClassLacksFailsForGood(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(large, 1, archivedAs("DeepColdArchive")), plan(restoring("Bulk")))
		w.wantRefused(out, "InvalidArgument", "tier", "")
	})
}

func TestARestoreWhoseResponseIsLostIsAskedForAgain(t *testing.T) {
	var once sync.Once
	lost := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		resp := next()
		if call.Name == "RestoreObject" {
			once.Do(func() { resp = call.Refuse(&localoss.Error{Code: localoss.InternalError}) })
		}
		return resp
	}
	inWorld(t, setup{intercept: lost}, func(t *testing.T, w *world) {
		out := w.copy(w.within(5*time.Minute), w.put(large, 1, archivedAs("Archive")), plan(restoring("Standard")))
		w.wantOutcome(out, copier.Copied)
		if n := w.Counts()["RestoreObject"]; n != 2 {
			t.Errorf("%d × RestoreObject, want 2", n)
		}
	})
}

func TestARewriteInPlaceRestoresItsSource(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, archivedAs("Archive"))
		out := w.copy(w.within(5*time.Minute), event, plan(restoring("Standard"), func(c *rules.Copy) {
			c.Bucket, c.StorageClass, c.RewriteInPlace = from, "Standard", true
		}))
		w.wantOutcome(out, copier.Copied)
		if o, _ := w.Object(from, key); o.StorageClass != "Standard" {
			t.Errorf("the object is %s", o.StorageClass)
		}
	})
}
