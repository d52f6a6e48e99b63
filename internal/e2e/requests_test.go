package e2e_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
)

// wantRequests compares the number of requests that reached OSS, by operation.
func (w *world) wantRequests(want map[string]int) {
	w.t.Helper()
	got := w.OSS.Counts()
	for op, n := range got {
		if want[op] != n {
			w.t.Errorf("%d %s requests, want %d", n, op, want[op])
		}
	}
	for op, n := range want {
		if got[op] == 0 {
			w.t.Errorf("no %s request, want %d", op, n)
		}
	}
}

func TestSmallCopyTakesOneCopyObjectAndNoOtherRequest(t *testing.T) {
	w := start(t, replicate)
	w.put("in/small", "content")
	w.waitForEvents()
	w.wantOutcomes(copier.Copied)
	w.wantRequests(map[string]int{"PutObject": 1 /* the upload */, "CopyObject": 1})
	if got := w.content("in/small"); got != "content" {
		t.Errorf("the destination holds %q", got)
	}
}

func TestObjectThatNoRuleMatchesTakesNoRequest(t *testing.T) {
	w := start(t, replicate)
	w.put("elsewhere/small", "content")
	w.waitForEvents()
	w.wantOutcomes()
	w.wantRequests(map[string]int{"PutObject": 1 /* the upload */})
	if n := len(w.reports()); n != 1 {
		t.Errorf("%d reports, want 1, without a copy", n)
	}
}

func TestLargeCopyTakesTheDocumentedRequestsAndLittleMemory(t *testing.T) {
	const size, parts = 3 << 30, 48
	var mu sync.Mutex
	copied := map[int]int{}
	countParts := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" {
			mu.Lock()
			copied[call.PartNumber]++
			mu.Unlock()
		}
		return next()
	}
	w := start(t, replicate, withoutDelivery, withIntercept(countParts),
		withEnv("AFTERPUT_PART_SIZE=64MiB", "AFTERPUT_PARTS_IN_FLIGHT=48"))
	if err := w.OSS.PutSparse(sourceBucket, "in/large", size, localoss.WithSeed(3)); err != nil {
		t.Fatal(err)
	}
	w.advanceClock(2 * time.Second) // a source put within the same second is read once more
	w.deliverEvents()
	w.waitForEvents()
	w.wantOutcomes(copier.Copied)

	// A part that straggles is sent a second time, at most two of them. On a busy machine any part may straggle.
	sent := w.OSS.Counts()["UploadPartCopy"]
	if len(copied) != parts || sent > parts+2 {
		t.Errorf("%d UploadPartCopy requests for %d parts, want %d", sent, len(copied), parts)
	}
	w.wantRequests(map[string]int{
		"HeadObject":       3, // the source, the destination, and the source again at the end
		"GetObjectTagging": 1, // of the source: UploadPartCopy does not copy tags
		"ListObjectsV2":    1, // the state of an earlier attempt: none
		"PutObject":        1, // the state of this copy
		"DeleteObject":     1, // the same state, at the end

		"InitiateMultipartUpload": 1,
		"UploadPartCopy":          sent,
		"ListParts":               1,
		"CompleteMultipartUpload": 1,
	})
	src, _ := w.OSS.Object(sourceBucket, "in/large")
	if dst, ok := w.OSS.Object(targetBucket, "in/large"); !ok || dst.CRC64 != src.CRC64 || dst.Size != size {
		t.Errorf("the destination is %+v", dst)
	}
	if open, all := w.OSS.Uploads(targetBucket), w.OSS.Objects(targetBucket); len(open) != 0 || len(all) != 1 {
		t.Errorf("leftover uploads %v, %d objects in the target bucket, want 1", open, len(all))
	}
	if c := w.copies()[0]; c.Method != copier.MethodUploadPartCopy || c.Parts != parts || c.Bytes != size {
		t.Errorf("the report has %+v", c)
	}
	if runtime.GOOS == "linux" { // elsewhere it is known only after the process has ended
		if rss := w.FC.Usage().MaxRSS; rss == 0 || rss >= 64<<20 {
			t.Errorf("the function took %d KiB of memory, want less than 64 MiB", rss>>10)
		}
	}
}

const fanOut = `
version: 1
sources: [source-bucket]
rules:
  - name: everywhere
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
      - bucket: target-bucket
        key: archive/${key}
        storage-class: IA
      - bucket: target-bucket
        key: tagged/${key}
        tagging: {rule: "${rule}"}
`

func TestOneUploadIsCopiedToEveryDestination(t *testing.T) {
	w := start(t, fanOut)
	w.put("in/k", "content")
	w.waitForEvents()
	w.wantOutcomes(copier.Copied, copier.Copied, copier.Copied)
	for _, key := range []string{"in/k", "archive/in/k", "tagged/in/k"} {
		if got := w.content(key); got != "content" {
			t.Errorf("%s holds %q", key, got)
		}
	}
	w.wantRequests(map[string]int{"PutObject": 1 /* the upload */, "CopyObject": 3})
	want := localoss.Tag{Key: "rule", Value: "everywhere"}
	if o, ok := w.OSS.Object(targetBucket, "tagged/in/k"); !ok || len(o.Tags) != 1 || o.Tags[0] != want {
		t.Errorf("the tagged copy is %+v", o)
	}
}
