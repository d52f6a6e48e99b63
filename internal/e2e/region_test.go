package e2e_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

// farRules copy to a bucket in another region.
const farRules = `
version: 1
sources: [source-bucket]
rules:
  - name: far
    match: {prefix: in/}
    copy:
      - bucket: far-bucket
        region: cn-beijing
        tagging: {from: hangzhou}
        meta: {seen: "yes"}
        metadata-directive: MERGE
        storage-class: IA
`

func TestUploadsAreCopiedToAnotherRegionWithExactlyThePrintedPolicy(t *testing.T) {
	const again = "in/again.bin"
	var refused atomic.Bool
	refuseOnce := withIntercept(
		func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if call.Name == "UploadPart" && call.Key == again && !refused.Swap(true) {
				return call.Refuse(&localoss.Error{Code: localoss.AccessDenied}) // so that the upload is aborted
			}
			return next()
		})
	w := startDeployment(t, farRules, inSmallParts, refuseOnce, func(c *localcloud.Config) {
		c.Regions = map[string][]string{"cn-beijing": {"far-bucket"}}
	})
	sizes := map[string]int64{"in/small.bin": 1000, "in/large.bin": 20 << 20, again: 9 << 20}
	for key, size := range sizes {
		err := w.OSS.PutSparse(sourceBucket, key, size, localoss.WithSeed(uint64(size)),
			localoss.WithHeader("x-oss-meta-own", "kept"))
		if err != nil {
			t.Fatal(err)
		}
	}
	w.waitForEvents()
	for key := range sizes {
		src, _ := w.OSS.Object(sourceBucket, key)
		dst, ok := w.OSS.Object("far-bucket", key)
		if !ok || dst.CRC64 != src.CRC64 || dst.Size != src.Size || dst.StorageClass != "IA" ||
			dst.Meta["seen"] != "yes" || dst.Meta["own"] != "kept" || len(dst.Tags) != 1 {
			t.Errorf("%s is %+v, the source %+v", key, dst, src)
		}
	}
	for _, c := range w.copies() {
		if c.Outcome.Result != copier.Copied && !strings.HasSuffix(c.Destination, again) ||
			c.Outcome.Result == copier.Copied && c.Outcome.Method != copier.MethodStream {
			t.Errorf("reports %+v", c)
		}
	}
	w.wantPolicyExact()
	counts := w.OSS.Counts()
	if counts["CopyObject"]+counts["UploadPartCopy"] > 0 || counts["PutObject"] == 0 || counts["UploadPart"] < 2 {
		t.Errorf("requests %v", counts)
	}
}

func TestARegionThatCannotBeReachedIsGivenUpWithHowToReachIt(t *testing.T) {
	w := start(t, farRules, func(c *localcloud.Config) {
		c.Regions = map[string][]string{"cn-beijing": {"far-bucket"}}
		c.Env = append(c.Env, "AFTERPUT_ENDPOINTS=cn-beijing=http://127.0.0.1:1")
		c.FC.MaxRetries = 3 // as s.yaml says
	})
	w.put("in/k", "v")
	w.waitForEvents()
	e := w.givenUpReport(0).Objects[0].Copies[0].Error
	if e == nil || e.Permanent || e.Code != "NoConnection" {
		t.Fatalf("error %+v", e)
	}
	wantContains(t, e.Message, "internetAccess: true in s.yaml, or AFTERPUT_ENDPOINTS")
	if attempts := w.attempts(); attempts != 4 {
		t.Errorf("%d attempts, want 4", attempts)
	}
}
