package copier_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// named is the version of the source that is current now, named by its id.
func (w *world) named() events.Object {
	w.t.Helper()
	o, ok := w.Object(from, key)
	if !ok {
		w.t.Fatal("there is no source")
	}
	return events.Object{Event: "ObjectCreated:PutObject", Bucket: from, Key: key, VersionID: o.VersionID}
}

func TestACopyOfANamedVersionIsNotSupersededByNewerOnes(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		w.version(from)
		w.put(large, 1, localoss.WithHeader("x-oss-tagging", "stage=old"))
		older, _ := w.Object(from, key)
		named := w.named()
		w.put(large, 2, localoss.WithHeader("x-oss-tagging", "stage=new"))
		w.delete(from, key)
		out := w.copy(w.ctx, named, plan())
		w.wantOutcome(out, copier.Copied)
		dst, _ := w.Object(to, key)
		if dst.CRC64 != older.CRC64 || len(dst.Tags) != 1 || dst.Tags[0].Value != "old" {
			t.Errorf("the destination is %+v, want the content and the tags of %+v", dst, older)
		}
		if out.NeedsSecondLook || out.SourceVersionID != older.VersionID || out.Method != w.method {
			t.Errorf("outcome %+v", out)
		}
		if out.Answer.Status != 200 || out.Answer.RequestID == "" {
			t.Errorf("answer %+v", out.Answer)
		}
		w.wantTidy()
	})
}

func TestANamedVersionBecomesTheCurrentOneAgain(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		w.version(from)
		w.put(large, 1, localoss.WithHeader("x-oss-tagging", "stage=old"),
			localoss.WithHeader("x-oss-storage-class", "IA"))
		older, _ := w.Object(from, key)
		named := w.named()
		w.put(large, 2)
		// The copy has class Standard: of a large object, that takes parts within one bucket too.
		out := w.copy(w.ctx, named, plan(func(c *rules.Copy) { c.Bucket = from }))
		w.wantOutcome(out, copier.Copied)
		now, _ := w.Object(from, key)
		if now.CRC64 != older.CRC64 || now.VersionID == older.VersionID || len(now.Tags) != 1 {
			t.Errorf("the object is %+v, want the content and the tags of %+v", now, older)
		}
		if all := w.Versions(from, key); len(all) != 3 {
			t.Errorf("%d versions, want both and the recovered one", len(all))
		}
	})
}

func TestTheUploadOfANamedVersionIsResumedAndLeftAloneByOtherCopies(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		w.version(from)
		w.put(large, 1)
		named := w.named()
		newer := w.put(large, 2)
		w.stop(named, plan())
		w.wantOutcome(w.copy(w.ctx, newer, plan()), copier.Copied)
		if open := w.Uploads(to); len(open) != 1 {
			t.Fatalf("open uploads: %+v, want that of the older version", open)
		}
		w.wantOutcome(w.copy(w.ctx, named, plan()), copier.Copied)
		if got := w.partsCopied(); !slices.Equal(got, []int{3, 4}) {
			t.Errorf("parts %v were copied, want 3 and 4", got)
		}
		w.wantTidy()
	})
}

func TestANamedVersionThatDoesNotExistIsAnErrorOfOSS(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.version(from)
		w.put(10, 1)
		out := w.copy(w.ctx, events.Object{Bucket: from, Key: key, VersionID: "none"}, plan())
		w.wantOutcome(out, copier.Failed)
		if out.Error.Code != "NoSuchVersion" {
			t.Errorf("error %+v", out.Error)
		}
	})
}

func TestProgressIsReportedFromWhatAnEarlierAttemptHasCopiedToTheEnd(t *testing.T) {
	s := stoppedAfter(2)
	var reported []int64
	s.options.Progress = func(copied, size int64) {
		if size != large {
			t.Errorf("of %d bytes, want %d", size, int64(large))
		}
		reported = append(reported, copied/partSize)
	}
	inWorld(t, s, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.stop(event, plan())
		synctest.Wait()
		time.Sleep(time.Second)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
	})
	if want := []int64{0, 1, 2, 2, 3, 4}; !slices.Equal(reported, want) {
		t.Errorf("reported %v parts, want %v", reported, want)
	}
}
