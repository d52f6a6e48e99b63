package copier_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// anySize are options with which parts have sizes that the engine chooses, 100 KiB and more.
func anySize(inFlight int) copier.Options {
	return copier.Options{SingleCopyLimit: 1, LeastPart: 100 << 10, PartsInFlight: inFlight}
}

func TestUploadOfAnotherLayoutIsResumedWhereItHasGaps(t *testing.T) {
	oneSize := inParts()
	oneSize.PartsInFlight = 3
	for name, layouts := range map[string][2]copier.Options{
		"fewer places": {anySize(7), anySize(3)}, "more places": {anySize(3), anySize(8)},
		"parts of one size before": {oneSize, anySize(5)}, "parts of one size now": {anySize(5), oneSize},
	} {
		t.Run(name, func(t *testing.T) {
			var calls, moved atomic.Int64
			var resumes atomic.Bool
			third := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
				if call.Name != "UploadPartCopy" {
					return next()
				}
				if calls.Add(1) > 2 && !resumes.Load() {
					<-ctx.Done() // not answered
					return nil
				}
				moved.Add(call.BytesCopied)
				return next()
			}
			inWorld(t, setup{options: layouts[0], intercept: third}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				w.stop(event, plan())
				w.copier = copier.New(w.engine, layouts[1])
				before := moved.Swap(0)
				resumes.Store(true)
				w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
				w.wantCopy()
				if w.Counts()["InitiateMultipartUpload"] > 0 || before+moved.Load() != large {
					t.Errorf("%d bytes before and %d after, of %d; requests %v", before, moved.Load(), large,
						w.Counts())
				}
				if open := w.Uploads(to); len(open) > 0 || len(w.Objects(to)) > 1 {
					t.Errorf("left: uploads %v, objects %v", open, w.Objects(to))
				}
			})
		})
	}
}

// A request that was given up may be carried out later, or another invocation may have another layout.
func TestPartThatReachesIntoTheNextOneIsCopiedAgain(t *testing.T) {
	for times, uploads := range map[int64]int{1: 1, 3: 2} {
		var w *world
		var listed atomic.Int64
		meddle := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if call.Name == "ListParts" && listed.Add(1) <= times {
				_, err := w.client.UploadPartCopy(w.ctx, &oss.UploadPartCopyRequest{
					Bucket: oss.Ptr(to), Key: oss.Ptr(key),
					UploadId: &w.Uploads(to)[0].ID, PartNumber: 1, SourceBucket: oss.Ptr(from), SourceKey: oss.Ptr(key),
					Range: oss.Ptr("bytes=0-2047999")})
				if err != nil {
					t.Error(err)
				}
			}
			return next()
		}
		inWorld(t, setup{options: anySize(4), intercept: meddle}, func(t *testing.T, here *world) {
			w = here
			w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan()), copier.Copied)
			w.wantCopy()
			if n := w.Counts()["InitiateMultipartUpload"]; n > uploads || len(w.Uploads(to)) > 0 {
				t.Errorf("%d times: %d uploads were begun, %d are left", times, n, len(w.Uploads(to)))
			}
		})
	}
}

func TestNextCopyBetweenTheSameBucketsBeginsWithWhatWasLearnt(t *testing.T) {
	service := fault.NewService(fault.Model{
		Conditions: fault.Conditions{Latency: 20 * time.Millisecond, Bandwidth: 10e6}})
	inWorld(t, setup{intercept: service.Intercept}, func(t *testing.T, w *world) {
		event := w.put(12<<30, 1)
		for turn, parts := range []int{160, 128} { // 32 small ones first
			out := w.copy(w.ctx, event, plan())
			w.wantOutcome(out, copier.Copied)
			if out.Parts != parts {
				t.Errorf("copy %d: %d parts, want %d", turn+1, out.Parts, parts)
			}
			event = w.put(12<<30, 2)
		}
	})
}

func TestPartsAreSmallEnoughToBeResumedWhereTimeIsShort(t *testing.T) {
	service := fault.NewService(fault.Model{
		Conditions: fault.Conditions{Latency: 20 * time.Millisecond, Bandwidth: 10e6}})
	inWorld(t, setup{intercept: service.Intercept}, func(t *testing.T, w *world) {
		const size = 12 << 30 // takes 10 s
		event := w.put(size, 1)
		w.wantOutcome(w.copy(w.within(8*time.Second), event, plan()), copier.Failed)
		began := time.Now()
		w.wantOutcome(w.copy(w.within(8*time.Second), event, plan()), copier.Copied)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the second attempt took %v, of 10 s in all", took)
		}
	})
}
