package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/rules"
)

const (
	region   = "cn-hangzhou"
	endpoint = "http://127.0.0.1" // nothing listens: requests reach the server in this process
	from     = "bench-source"
	other    = "bench-target"
	key      = "large/object.bin"
	copyKey  = "copies/object.bin"
)

// Figures are what one copy took.
type Figures struct {
	Makespan time.Duration
	Requests int // of all kinds, refused ones too
	Refused  int // answered 503
	Parts    int // of the finished object, 0 for one request
	Extra    int // part requests beyond one a part and the refused ones
	Peak     int // requests under way at once, refused ones left out
	Kinds    map[string]int
}

// contender copies the object of an event to a bucket, as copyKey.
type contender func(
	ctx context.Context, transport http.RoundTripper, o events.Object, to string,
) (landed time.Time, parts int, err error)

// Engine is this project's engine with the options.
func Engine(options copier.Options) contender {
	return func(
		ctx context.Context, transport http.RoundTripper, o events.Object, to string,
	) (landed time.Time, parts int, err error) {
		engine := copier.New(osscall.NewClient(region, endpoint, transport), options)
		ctx = osscall.WithCredentials(ctx, osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"})
		src := engine.Source(ctx, o)
		src.Later = true // as in the handler, which removes the state during its second look
		out := engine.Copy(ctx, src, &rules.Copy{
			Rule: "bench", Bucket: to, Key: copyKey,
			TaggingDirective: rules.DirectiveCopy, MetadataDirective: rules.DirectiveCopy,
		})
		landed = time.Now()
		src.Wait()
		if out.Result != copier.Copied {
			return landed, 0, fmt.Errorf("%s: %v", out.Result, out.Error)
		}
		return landed, out.Parts, nil
	}
}

// SDKCopier is the SDK's Copier with its defaults. An HTTP client that is given to the SDK has none of the SDK's
// time-outs, so this is the best that the Copier can do.
func SDKCopier(
	ctx context.Context, transport http.RoundTripper, o events.Object, to string,
) (landed time.Time, parts int, err error) {
	client := oss.NewClient(oss.LoadDefaultConfig().WithRegion(region).WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithHttpClient(&http.Client{Transport: transport}))
	_, err = oss.NewCopier(client).Copy(ctx, &oss.CopyObjectRequest{
		Bucket: &to, Key: oss.Ptr(copyKey), SourceBucket: &o.Bucket, SourceKey: &o.Key,
	})
	return time.Now(), 0, err
}

// Measure runs one copy of size bytes into a bucket in virtual time.
func Measure(model fault.Model, size int64, to string, copies contender) (f Figures, err error) {
	err = InBubble(func(ctx context.Context) error {
		service := fault.NewService(model)
		var event upload
		server, err := localoss.New(localoss.Config{Intercept: service.Intercept, OnEvent: event.hear})
		if err != nil {
			return err
		}
		defer server.Close()
		for _, bucket := range []string{from, other} {
			if err := server.CreateBucket(bucket); err != nil {
				return err
			}
		}
		if err := server.PutSparse(from, key, size, localoss.WithSeed(1)); err != nil {
			return err
		}
		began := time.Now()
		var landed time.Time
		if landed, f.Parts, err = copies(ctx, server.Transport(), event.object(), to); err != nil {
			return err
		}
		f.Makespan = landed.Sub(began)
		stats := service.Stats()
		f.Requests, f.Refused, f.Peak, f.Kinds = stats.Total(), stats.Throttled, stats.Peak, stats.Requests
		if f.Parts > 0 {
			f.Extra = max(0, stats.Requests["UploadPartCopy"]-stats.Throttled-f.Parts) // a refused one may be no part
		}
		src, _ := server.Object(from, key)
		if dst, ok := server.Object(to, copyKey); !ok || dst.CRC64 != src.CRC64 || dst.Size != size {
			return errors.New("the destination is not the source")
		}
		return nil
	})
	return f, err
}

// upload keeps the object of the last event of the source bucket.
type upload struct {
	mu   sync.Mutex
	last events.Object
}

func (u *upload) hear(payload []byte) {
	if all, err := events.Parse(payload); err == nil && all[0].Bucket == from {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.last = all[0]
	}
}

func (u *upload) object() events.Object {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last
}

// InBubble runs f in virtual time. synctest needs a test; a zero testing.T is enough, so that the command needs no test
// binary of its own.
func InBubble(f func(context.Context) error) (err error) {
	ended := make(chan struct{})
	go func() { // a failing test ends its goroutine
		defer close(ended)
		err = errors.New("the simulation ended early")
		synctest.Test(new(testing.T), func(t *testing.T) { err = f(t.Context()) })
	}()
	<-ended
	return err
}
