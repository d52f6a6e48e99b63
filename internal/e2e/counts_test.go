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

// wantCounts compares the requests that reached OSS, by operation.
func (w *world) wantCounts(want map[string]int) {
	w.t.Helper()
	got := w.OSS.Counts()
	for op, n := range got {
		if want[op] != n {
			w.t.Errorf("%d × %s, want %d", n, op, want[op])
		}
	}
	for op, n := range want {
		if got[op] == 0 {
			w.t.Errorf("no %s, want %d", op, n)
		}
	}
}

func TestSmallCopyCostsOneCopyObjectAndNoOtherRequest(t *testing.T) {
	w := start(t, replicate)
	w.put("in/small", "content")
	w.settle()
	w.wantOutcomes(copier.Copied)
	w.wantCounts(map[string]int{"PutObject": 1 /* the upload */, "CopyObject": 1})
	if got := w.content("in/small"); got != "content" {
		t.Errorf("the destination holds %q", got)
	}
}

func TestObjectThatNoRuleWantsCostsNoRequest(t *testing.T) {
	w := start(t, replicate)
	w.put("elsewhere/small", "content")
	w.settle()
	w.wantOutcomes()
	w.wantCounts(map[string]int{"PutObject": 1 /* the upload */})
	if n := len(w.reports()); n != 1 {
		t.Errorf("%d reports, want the one that says so", n)
	}
}

func TestLargeCopyCostsTheDocumentedRequestsAndLittleMemory(t *testing.T) {
	const size, parts = 3 << 30, 48
	var mu sync.Mutex
	copied := map[int]int{}
	note := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" {
			mu.Lock()
			copied[call.PartNumber]++
			mu.Unlock()
		}
		return next()
	}
	w := start(t, replicate, held, intercepting(note), env("AFTERPUT_PART_SIZE=64MiB", "AFTERPUT_PARTS_IN_FLIGHT=48"))
	if err := w.OSS.PutSparse(from, "in/large", size, localoss.WithSeed(3)); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Second) // what was put this very second is looked at twice
	w.deliver()
	w.settle()
	w.wantOutcomes(copier.Copied)

	// A part that straggles is sent a second time, two of them at the most: a
	// busy machine may do that to any.
	sent := w.OSS.Counts()["UploadPartCopy"]
	if len(copied) != parts || sent > parts+2 {
		t.Errorf("%d × UploadPartCopy for %d parts, want %d", sent, len(copied), parts)
	}
	w.wantCounts(map[string]int{
		"HeadObject":       3, // the source, the destination, the source again when all is done
		"GetObjectTagging": 1, // of the source: UploadPartCopy does not carry tags over
		"ListObjectsV2":    1, // what an earlier try may have left: nothing
		"PutObject":        1, // what this one would leave if it were stopped
		"DeleteObject":     1, // … and was not

		"InitiateMultipartUpload": 1,
		"UploadPartCopy":          sent,
		"ListParts":               1,
		"CompleteMultipartUpload": 1,
	})
	src, _ := w.OSS.Object(from, "in/large")
	if dst, ok := w.OSS.Object(to, "in/large"); !ok || dst.CRC64 != src.CRC64 || dst.Size != size {
		t.Errorf("the destination is %+v", dst)
	}
	if open, all := w.OSS.Uploads(to), w.OSS.Objects(to); len(open) != 0 || len(all) != 1 {
		t.Errorf("left behind: uploads %v, %d objects", open, len(all))
	}
	if c := w.copies()[0]; c.Method != copier.MethodUploadPartCopy || c.Parts != parts || c.Bytes != size {
		t.Errorf("reported %+v", c)
	}
	if runtime.GOOS == "linux" { // elsewhere it is known only once the process has ended
		if rss := w.FC.Usage().MaxRSS; rss == 0 || rss >= 64<<20 {
			t.Errorf("the function took %d KiB of memory, want less than 64 MiB", rss>>10)
		}
	}
}
