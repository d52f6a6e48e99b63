package fault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
)

// later is an error or a cut connection whose request takes effect a minute later.
func later(drop bool) Fault {
	f := Fault{Operations: []string{"CopyObject"}, ReplyDelay: time.Second, Later: time.Minute}
	if f.Drop = drop; !drop {
		f.Error = &localoss.Error{Code: localoss.InternalError}
	}
	return f
}

func TestARequestTakesEffectAfterItsError(t *testing.T) {
	for name, drop := range map[string]bool{"an error": false, "a cut connection": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := New(1, later(drop))
				pass := func(_ context.Context, _ *localoss.Call, next func() *localoss.Response) *localoss.Response {
					return next()
				}
				service := NewService(Model{Conditions: Conditions{Latency: time.Second}})
				client := behind(t, localoss.Chain(pass, in.Intercept, service.Intercept), "old")
				start := time.Now()
				_, err := copyObject(t.Context(), client)
				var refusal *oss.ServiceError
				if err == nil || errors.As(err, &refusal) == drop {
					t.Fatalf("got %v", err)
				}
				if took := time.Since(start); took != time.Second {
					t.Errorf("answered after %v", took)
				}
				if tookEffect(client) || in.Pending() != 1 || in.Pending("local") != 1 || in.Pending("other", "") != 0 {
					t.Errorf("pending: %d, of the key %d", in.Pending(), in.Pending("local"))
				}
				// The copy reads the version that was current when it was accepted.
				_, err = client.PutObject(t.Context(), &oss.PutObjectRequest{
					Bucket: oss.Ptr("src"), Key: oss.Ptr("k"), Body: strings.NewReader("newer"),
				})
				if err != nil {
					t.Fatal(err)
				}
				<-in.Settled("other")
				<-in.Settled("other", "local")
				if took := time.Since(start); took != time.Minute+2*time.Second {
					t.Errorf("took effect after %v, want a minute after the answer and the model's second", took)
				}
				head, err := client.HeadObject(t.Context(), &oss.HeadObjectRequest{
					Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"),
				})
				if err != nil || head.ContentLength != 3 || in.Pending() != 0 {
					t.Errorf("got %v, %v, %d pending", head, err, in.Pending())
				}
				<-in.Settled()
			})
		})
	}
}

func TestNothingTakesEffectOnceTheServerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, commits := New(1, later(false)), 0
		ctx, closeServer := context.WithCancel(t.Context())
		in.Intercept(ctx, call("CopyObject", "b", "k"), func() *localoss.Response { commits++; return success() })
		settled := in.Settled()
		closeServer()
		<-settled
		time.Sleep(time.Hour)
		if commits > 0 || in.Pending() > 0 {
			t.Errorf("took effect %d times, %d pending", commits, in.Pending())
		}
	})
}

func TestLateEffectIsChangedByTheFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(1, Fault{
			Operations: []string{"UploadPartCopy"}, Calls: Nth(1), Drop: true, Later: time.Minute, IgnoreRange: true,
		})
		client := behind(t, in.Intercept, "0123456789")
		upload, err := client.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{
			Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.UploadPartCopy(t.Context(), &oss.UploadPartCopyRequest{
			Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"), UploadId: upload.UploadId, PartNumber: 1,
			SourceBucket: oss.Ptr("src"), SourceKey: oss.Ptr("k"), Range: oss.Ptr("bytes=0-4"),
		})
		if err == nil {
			t.Fatal("answered")
		}
		<-in.Settled()
		list, err := client.ListParts(t.Context(), &oss.ListPartsRequest{
			Bucket: oss.Ptr("dst"), Key: oss.Ptr("k"), UploadId: upload.UploadId,
		})
		if err != nil || len(list.Parts) != 1 || list.Parts[0].Size != 10 {
			t.Errorf("got %v, %v; want one part of ten bytes", list, err)
		}
	})
}

// TestABodyThatWasReadTakesEffectAfterItsConnection uses a socket: the object is stored after
// net/http has ended the request.
func TestABodyThatWasReadTakesEffectAfterItsConnection(t *testing.T) {
	in := New(1, Fault{Operations: []string{"PutObject"}, Drop: true, Later: time.Millisecond})
	server, err := localoss.New(localoss.Config{Intercept: in.Intercept})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()
	if err := server.CreateBucket("src", localoss.WithBucketACL("public-read-write")); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for _, key := range []string{"a", "b", "c"} {
		group.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			request, err := http.NewRequestWithContext(
				t.Context(), http.MethodPut, web.URL+"/src/"+key, strings.NewReader("content of "+key),
			)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := client.Do(request); !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want a cut connection", err)
			}
		})
	}
	group.Wait()
	<-in.Settled()
	for _, key := range []string{"a", "b", "c"} {
		o, ok := server.Object("src", key)
		if !ok {
			t.Fatalf("%s does not exist", key)
		}
		if b, err := io.ReadAll(o.Reader()); err != nil || string(b) != "content of "+key {
			t.Errorf("%s has %q, %v", key, b, err)
		}
	}
}
