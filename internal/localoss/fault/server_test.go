package fault

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"

	"afterput/internal/localoss"
)

// behind returns a client of a server with an Intercept and the object src/k.
func behind(t *testing.T, intercept localoss.Intercept, content string) *oss.Client {
	t.Helper()
	setup := true // the Intercept is not used yet
	server, err := localoss.New(localoss.Config{Intercept: func(
		ctx context.Context, c *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		if setup {
			return next()
		}
		return intercept(ctx, c, next)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, name := range []string{"src", "dst"} {
		if err := server.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	client := oss.NewClient(oss.LoadDefaultConfig().
		WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithRetryer(retry.NopRetryer{}).
		WithHttpClient(&http.Client{Transport: server.Transport()}),
		func(o *oss.Options) { o.FeatureFlags &^= oss.FeatureCorrectClockSkew })
	_, err = client.PutObject(t.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr("src"), Key: oss.Ptr("k"), Body: strings.NewReader(content),
	})
	if err != nil {
		t.Fatal(err)
	}
	setup = false
	return client
}

func copyObject(ctx context.Context, client *oss.Client) (*oss.CopyObjectResult, error) {
	return client.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"), SourceBucket: oss.Ptr("src"), SourceKey: oss.Ptr("k"),
	})
}

func tookEffect(client *oss.Client) bool {
	_, err := client.HeadObject(context.Background(), &oss.HeadObjectRequest{Bucket: oss.Ptr("dst"), Key: oss.Ptr("k")})
	return err == nil
}

// onePart copies the range as part 1 and returns its reply and its entry in ListParts.
func onePart(t *testing.T, client *oss.Client, span string) (*oss.UploadPartCopyResult, oss.Part) {
	t.Helper()
	upload, err := client.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"),
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := client.UploadPartCopy(t.Context(), &oss.UploadPartCopyRequest{
		Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"), UploadId: upload.UploadId, PartNumber: 1,
		SourceBucket: oss.Ptr("src"), SourceKey: oss.Ptr("k"), Range: &span,
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.ListParts(t.Context(), &oss.ListPartsRequest{
		Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"), UploadId: upload.UploadId,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, list.Parts[0]
}

func TestCopyContinuesAfterTheClientHasDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := NewService(Model{Conditions: Conditions{Bandwidth: 1}}) // the object needs ten seconds
		client := behind(t, service.Intercept, "0123456789")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := copyObject(ctx, client); err == nil {
			t.Fatal("the copy was answered too early")
		}
		if tookEffect(client) {
			t.Error("the copy took effect too early")
		}
		time.Sleep(6 * time.Second)
		if tookEffect(client) {
			t.Error("the copy took effect too early")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !tookEffect(client) {
			t.Error("the copy ended with its client")
		}
	})
}

func TestALostReplyLeavesTheObjectAndALostRequestDoesNot(t *testing.T) {
	for _, committed := range []bool{false, true} {
		in := New(1, Fault{Operations: []string{"CopyObject"}, Drop: true, Committed: committed})
		client := behind(t, in.Intercept, "x")
		if _, err := copyObject(t.Context(), client); err == nil {
			t.Fatal("answered")
		}
		if tookEffect(client) != committed {
			t.Errorf("the object exists: %v, want %v", !committed, committed)
		}
	}
}

func TestACorruptPartShowsInItsCRC(t *testing.T) {
	in := New(1, Fault{Operations: []string{"UploadPartCopy"}, Calls: Nth(2), Corrupt: []int64{2}})
	client := behind(t, in.Intercept, "0123456789")
	_, right := onePart(t, client, "bytes=0-4")
	_, wrong := onePart(t, client, "bytes=0-4")
	if oss.ToString(right.HashCRC64) == oss.ToString(wrong.HashCRC64) || wrong.Size != 5 {
		t.Errorf("ListParts has CRC %s for 5 right bytes, %s for %d wrong ones",
			oss.ToString(right.HashCRC64), oss.ToString(wrong.HashCRC64), wrong.Size)
	}
}

func TestACorruptCopyShowsInItsCRC(t *testing.T) {
	in := New(1, Fault{Operations: []string{"CopyObject"}, Calls: Nth(2), Corrupt: []int64{0}})
	client := behind(t, in.Intercept, "0123456789")
	right, err := copyObject(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := copyObject(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if oss.ToString(right.HashCRC64) == oss.ToString(wrong.HashCRC64) {
		t.Error("the CRC-64 of a corrupt copy is that of a right one")
	}
}

func TestAnIgnoredRangeCopiesEverything(t *testing.T) {
	in := New(1, Fault{IgnoreRange: true, Operations: []string{"UploadPartCopy"}})
	client := behind(t, in.Intercept, "0123456789")
	result, part := onePart(t, client, "bytes=0-4")
	if part.Size != 10 || result.Headers.Get("Content-Range") != "" {
		t.Errorf("copied %d bytes, Content-Range %q", part.Size, result.Headers.Get("Content-Range"))
	}
}

// TestContentCanArriveWrong runs the faults of a GetObject whose response shows none of them but by its CRC-64.
func TestContentCanArriveWrong(t *testing.T) {
	for name, test := range map[string]struct {
		fault  Fault
		status int
		want   string
	}{
		"the whole object for a range": {Fault{IgnoreRange: true}, http.StatusOK, "0123456789"},
		"spoiled":                      {Fault{Body: Spoiled}, http.StatusPartialContent, "2344678"},
		"short":                        {Fault{Body: Malformed}, http.StatusPartialContent, "234"},
	} {
		test.fault.Operations = []string{"GetObject"}
		client := behind(t, New(1, test.fault).Intercept, "0123456789")
		res, err := client.GetObject(t.Context(), &oss.GetObjectRequest{
			Bucket: oss.Ptr("src"), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=2-8")})
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(res.Body)
		if err != nil || string(content) != test.want || res.StatusCode != test.status ||
			(res.ContentRange == nil) != (test.status == http.StatusOK) {
			t.Errorf("%s: got %d %q %v, %v", name, res.StatusCode, content, oss.ToString(res.ContentRange), err)
		}
	}
}

func TestSDKFailsOnATruncatedBody(t *testing.T) {
	for _, body := range []Body{Truncated, Malformed} {
		client := behind(t, New(1, Fault{Operations: []string{"CopyObject"}, Body: body}).Intercept, "x")
		if _, err := copyObject(t.Context(), client); err == nil {
			t.Errorf("a %s body was read", body)
		}
	}
	// What the SDK does not notice, and the copy engine guards against:
	for name, fault := range map[string]Fault{
		"empty":           {Body: Empty},
		"error under 200": {Error: &localoss.Error{Code: localoss.InternalError, Status: 200}},
	} {
		fault.Operations = []string{"CopyObject"}
		result, err := copyObject(t.Context(), behind(t, New(1, fault).Intercept, "x"))
		if err != nil || result.ETag != nil {
			t.Errorf("%s: got %v, %v; want success without an ETag", name, result, err)
		}
	}
}

func TestTenThousandPartsThroughTheSDKAreSimulatedQuickly(t *testing.T) {
	realStart := time.Now()
	synctest.Test(t, func(t *testing.T) {
		service := NewService(Model{
			Conditions: Conditions{Latency: 20 * time.Millisecond, Bandwidth: 1, TotalBandwidth: 100},
		})
		client := behind(t, service.Intercept, "0123456789")
		upload, err := client.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{
			Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"),
		})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var group sync.WaitGroup
		for worker := range 100 {
			group.Go(func() {
				for n := range 100 {
					_, err := client.UploadPartCopy(context.Background(), &oss.UploadPartCopyRequest{
						Bucket:       oss.Ptr("dst"),
						Key:          oss.Ptr("k"),
						UploadId:     upload.UploadId,
						PartNumber:   int32(worker*100 + n + 1),
						SourceBucket: oss.Ptr("src"),
						SourceKey:    oss.Ptr("k"),
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		// A hundred rounds of a hundred parts: each the latency and 10 bytes at 1 B/s.
		if took := time.Since(start); (took - 1002*time.Second).Abs() > time.Microsecond {
			t.Errorf("took %v of virtual time, want 16m42s", took)
		}
	})
	if took := time.Since(realStart); took > time.Minute {
		t.Errorf("took %v of real time", took)
	}
}

func TestDurationIsTheSameInEveryRun(t *testing.T) {
	run := func() (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			service := NewService(Model{Seed: 9, Conditions: Conditions{
				Latency: 20 * time.Millisecond, Bandwidth: 7, TotalBandwidth: 30, Stragglers: Stragglers{0.3, 5},
			}})
			client := behind(t, service.Intercept, "0123456789")
			start := time.Now()
			done := make(chan error)
			for i := range 12 {
				go func() {
					_, err := client.CopyObject(context.Background(), &oss.CopyObjectRequest{
						Bucket:       oss.Ptr("dst"),
						Key:          oss.Ptr(fmt.Sprint("k", i)),
						SourceBucket: oss.Ptr("src"),
						SourceKey:    oss.Ptr("k"),
					})
					done <- err
				}()
			}
			for range 12 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			took = time.Since(start)
			if peak := service.Stats().Peak; peak != 12 {
				t.Errorf("peak is %d, want 12", peak)
			}
		})
		return took
	}
	first := run()
	for range 5 {
		if again := run(); again != first {
			t.Fatalf("took %v, then %v", first, again)
		}
	}
}
