package relay_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

func gatewayTimeout() *localoss.Error {
	return &localoss.Error{Code: "GatewayTimeout", Status: http.StatusGatewayTimeout, Message: "no answer"}
}

// One of two deliveries of an event is answered 504 and its CopyObject goes on inside
// OSS; it sees the other's copy, takes it for its own and reports copied. Then its own
// lands, over a newer version.
func TestACopyThatWasLostIsNotTakenForATwins(t *testing.T) {
	late := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Error: gatewayTimeout(), Later: 20 * time.Second}
	inWorld(t, setup{faults: []fault.Fault{late}}, func(t *testing.T, w *world) {
		first := w.put("k", "one")
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				report, failed := w.handle(first, 0)
				t.Log(failed, outcomes(report))
			})
			time.Sleep(10 * time.Millisecond)
		}
		both.Wait()
		time.Sleep(2 * time.Second)
		second := w.put("k", "two")
		report, failed := w.handle(second, 0)
		t.Log(failed, outcomes(report))
		time.Sleep(time.Minute)
		if got := w.content("k"); got != "two" {
			t.Errorf("all events are handled, none failed, and the destination holds %q", got)
		}
	})
}

const within = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: source-bucket
        key: out/${base}
`

// A copy within a bucket outlasts its invocation, and the source is overwritten
// meanwhile. The retry finds its version superseded, and must not be content with what
// stands while the first may still land.
func TestACopyThatOutlastsItsInvocationDoesNotLandOverANewerOne(t *testing.T) {
	slow := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 60 * time.Second}
	inWorld(t, setup{rules: within, options: copier.Options{SingleCopyLimit: 2}, faults: []fault.Fault{slow}}, func(t *testing.T, w *world) {
		first := w.put("in/k", "one")
		var both sync.WaitGroup
		both.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			report, failed := w.handleIn(ctx, first, 0)
			t.Log("v1", failed, outcomes(report))
		})
		time.Sleep(5 * time.Second)
		second := w.put("in/k", "two")
		report, failed := w.handle(second, 0)
		t.Log("v2", failed, outcomes(report))
		both.Wait()
		time.Sleep(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		report, failed = w.handleIn(ctx, first, 1)
		data, _ := json.Marshal(report)
		t.Log("v1 again", failed, string(data))
		time.Sleep(5 * time.Minute)
		o, _ := w.Object(from, "out/k")
		var b strings.Builder
		buf := make([]byte, 10)
		n, _ := o.Reader().Read(buf)
		b.Write(buf[:n])
		if b.String() != "two" {
			t.Errorf("failed %v; the destination holds %q", failed, b.String())
		}
	})
}

// A bucket is asked without a version id.
var _ = oss.Ptr[string]

// The request for a copy within a bucket is lost before it reaches OSS. The tries that
// follow must make the copy, not wait for it until the event is given up.
func TestACopyWithinABucketThatWasLostIsMadeByTheRetries(t *testing.T) {
	lost := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Drop: true}
	inWorld(t, setup{rules: within, faults: []fault.Fault{lost}}, func(t *testing.T, w *world) {
		if err := w.PutSparse(from, "in/k", 200<<30, localoss.WithSeed(1)); err != nil {
			t.Fatal(err)
		}
		event := w.newest()
		for try := range 4 {
			w.ResetCounts()
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			report, failed := w.handleIn(ctx, event, try)
			cancel()
			t.Log(try, failed, outcomes(report), time.Since(began), w.Counts())
			if !failed {
				return
			}
			time.Sleep(time.Minute)
		}
		t.Errorf("given up, nothing was copied")
	})
}

// Two versions of one second, in a bucket with versioning: each event copies once.
func TestVersionsOfOneSecondAreCopiedOnce(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		for _, b := range []string{from, to} {
			if _, err := w.client.PutBucketVersioning(w.t.Context(), &oss.PutBucketVersioningRequest{Bucket: oss.Ptr(b),
				VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}); err != nil {
				t.Fatal(err)
			}
		}
		first := w.put("k", "one")
		time.Sleep(300 * time.Millisecond)
		second := w.put("k", "two")
		w.ResetCounts()
		w.handle(first, 0)
		w.handle(second, 0)
		if n := w.Counts()["CopyObject"]; n > 2 {
			t.Errorf("%v", w.Counts())
		} else {
			t.Log(w.Counts())
		}
	})
}

// Whatever a rule says: a second try leaves the copy of the first alone.
func TestASecondTryLeavesWhatStands(t *testing.T) {
	head := "version: 1\nsources: [source-bucket]\nrules:\n  - name: r\n    match: {}\n    copy:\n      - bucket: target-bucket\n"
	for name, more := range map[string]string{
		"meta case":  "        metadata-directive: REPLACE\n        meta: {Foo-Bar: 'x y'}\n",
		"meta text":  "        metadata-directive: REPLACE\n        meta: {zed: '中文'}\n",
		"meta empty": "        metadata-directive: REPLACE\n        meta: {a: ''}\n",
		"expires":    "        metadata-directive: REPLACE\n        expires: 2030-01-01T00:00:00Z\n",
		"language":   "        metadata-directive: REPLACE\n        content-encoding: gzip\n        content-disposition: 'attachment; filename=\"a b.txt\"'\n",
		"merge":      "        metadata-directive: MERGE\n        meta: {X: '1', own: null}\n        content-type: text/html\n",
		"class":      "        storage-class: IA\n",
		"sse":        "        server-side-encryption: AES256\n",
		"kms":        "        server-side-encryption: KMS\n",
		"kms key":    "        server-side-encryption: KMS\n        server-side-encryption-key-id: 9468da86-3509-4f8d-a61e-6eab1eac0000\n        server-side-data-encryption: SM4\n",
		"acl":        "        object-acl: source\n",
		"acl2":       "        object-acl: public-read\n",
		"tags":       "        tagging: {b: 'x y+z', A: '1', c: ''}\n        tagging-directive: REPLACE\n",
		"tags merge": "        tagging: {b: '${etag}', x: null, 中: 文}\n        tagging-directive: MERGE\n",
		"forbid":     "        forbid-overwrite: true\n",
	} {
		for _, size := range []int64{5, 0, 8 << 20} {
			t.Run(name, func(t *testing.T) {
				inWorld(t, setup{rules: head + more, options: copier.Options{SingleCopyLimit: 100, PartSize: 1 << 20}}, func(t *testing.T, w *world) {
					if err := w.PutSparse(from, "k", size, localoss.WithSeed(1), localoss.WithHeader("x-oss-tagging", "x=y&z="), localoss.WithHeader("x-oss-meta-own", "1 2")); err != nil {
						t.Fatal(err)
					}
					event := w.newest()
					time.Sleep(2 * time.Second)
					report, failed := w.handle(event, 0)
					if failed {
						t.Fatalf("%v", report.Objects[0].Copies)
					}
					w.ResetCounts()
					report, failed = w.handle(event, 1)
					c := w.Counts()
					if failed || c["CopyObject"]+c["CompleteMultipartUpload"]+c["UploadPartCopy"] > 0 {
						t.Errorf("%d: %v %v %v", size, failed, outcomes(report), c)
					}
				})
			})
		}
	}
}
