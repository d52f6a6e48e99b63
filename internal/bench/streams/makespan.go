package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/events"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

const (
	home, away = "cn-hangzhou", "cn-beijing"
	from, to   = "bench-source", "bench-target"
	key        = "large/object.bin"

	mib = int64(1) << 20
	gib = int64(1) << 30
	// ceiling is how many parts the engine has in flight at most.
	ceiling = 128
)

// places are the regions that are measured. An instance of Function Compute has 1 to 5 Gbit/s.
var places = []conditions{
	{"25 MB/s a request, 600 MB/s in all, 40 ms", 5 * time.Millisecond, 40 * time.Millisecond, 25e6, 600e6},
	{"10 MB/s a request, 120 MB/s in all, 200 ms", 5 * time.Millisecond, 200 * time.Millisecond, 10e6, 120e6},
	{"100 MB/s a request, 600 MB/s in all, 20 ms", 5 * time.Millisecond, 20 * time.Millisecond, 100e6, 600e6},
}

// bound is a time that no scheduler can beat: HeadObject, Initiate, the content as fast as the instance and its
// requests allow, ListParts and Complete.
func (c conditions) bound(size int64) time.Duration {
	rate := min(c.instance, ceiling*c.request)
	return 3*c.near + 4*c.far + time.Duration(float64(size)/rate*1e9)
}

// contender copies the object to the other region.
type contender func(ctx context.Context, transport http.RoundTripper, size int64) error

// makespans measures each contender in virtual time.
func makespans(ctx context.Context, t *table.Tables, large bool) error {
	t.Begin("Copies to another region (virtual time)", "regions", "size", "bound", "this engine", "of the bound",
		"GetObject into PutObject", "GetObject into the SDK's Uploader")
	for i, c := range places {
		sizes := []int64{100 * mib, 12 * gib}
		if large && i == 0 {
			sizes = append(sizes, 500*gib)
		}
		for _, size := range sizes {
			took, err := measureAll(c, size)
			if err != nil {
				return err
			}
			addRow(t, c, size, took)
		}
	}
	return ctx.Err()
}

// measureAll runs a copy of the size by each contender. Those that copy in one piece are left out above 12 GiB: they
// are as fast as with 12 GiB.
func measureAll(c conditions, size int64) (took map[string]time.Duration, err error) {
	took = map[string]time.Duration{}
	for name, copies := range map[string]contender{"engine": engine, "plain": plain, "uploader": uploader} {
		if name != "engine" && size > 12*gib {
			continue
		}
		if took[name], err = measure(c, size, copies); err != nil {
			return nil, fmt.Errorf("%s, %d bytes, %s: %w", c.name, size, name, err)
		}
	}
	return took, nil
}

// addRow adds what the contenders took for a size. The goals are for large objects.
func addRow(t *table.Tables, c conditions, size int64, took map[string]time.Duration) {
	bound, ours := c.bound(size), took["engine"].Seconds()
	share := fmt.Sprintf("%.2f", bound.Seconds()/ours)
	if size >= 12*gib {
		share = t.Least(bound.Seconds()/ours, 0.85, "%.2f")
	}
	row := []string{c.name, sizeText(size), seconds(bound), seconds(took["engine"]), share}
	for _, other := range []string{"plain", "uploader"} {
		times := took[other].Seconds() / ours
		switch {
		case took[other] == 0:
			row = append(row, "")
		case size >= 12*gib && c.instance/c.request > 8:
			row = append(row, seconds(took[other])+", "+t.Least(times, 4, "%.1f")+" times as long")
		default:
			row = append(row, fmt.Sprintf("%s, %.1f times as long", seconds(took[other]), times))
		}
	}
	t.Row(row...)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func sizeText(n int64) string {
	if n >= gib {
		return fmt.Sprintf("%d GiB", n/gib)
	}
	return fmt.Sprintf("%d MiB", n/mib)
}

// measure runs one copy in virtual time.
func measure(c conditions, size int64, copies contender) (took time.Duration, err error) {
	ended := make(chan struct{})
	go func() { // a failing test ends its goroutine
		defer close(ended)
		err = errors.New("the simulation ended early")
		synctest.Test(new(testing.T), func(t *testing.T) {
			s := newService(c, size)
			began := time.Now()
			if err = copies(t.Context(), s, size); err == nil {
				took, err = time.Since(began), s.check()
			}
		})
	}()
	<-ended
	return took, err
}

// engine is this project's engine.
func engine(ctx context.Context, transport http.RoundTripper, size int64) error {
	e := copier.New(osscall.NewClient(home, "http://127.0.0.1", transport), copier.Options{Region: home,
		Remote: func(to rules.Remote) *oss.Client {
			return osscall.NewClient(to.Region, "http://127.0.0.1", transport)
		}})
	return copyWith(ctx, e, size)
}

func copyWith(ctx context.Context, e *copier.Copier, size int64) error {
	ctx = osscall.WithCredentials(ctx, osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"})
	out := e.Copy(ctx, e.Source(ctx, events.Object{Bucket: from, Key: key, Event: "ObjectCreated:PutObject",
		Size: events.Some(size), ETag: events.Some(osscall.BareETag(etag))}), &rules.Copy{Rule: "bench",
		Remote: rules.Remote{Region: away},
		Bucket: to, Key: key, TaggingDirective: rules.DirectiveReplace, MetadataDirective: rules.DirectiveCopy})
	if out.Result != copier.Copied {
		return fmt.Errorf("%s: %v", out.Result, out.Error)
	}
	return nil
}

// client is one of the SDK, as people set it up.
func client(region, endpoint string, transport http.RoundTripper) *oss.Client {
	return oss.NewClient(oss.LoadDefaultConfig().WithRegion(region).WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithHttpClient(&http.Client{Transport: transport}))
}

// plain is the function that comes to mind first: the body of GetObject is that of PutObject, or of one part after the
// other if the object is larger than PutObject takes.
func plain(ctx context.Context, transport http.RoundTripper, size int64) error {
	near, far := client(home, "http://127.0.0.1", transport), client(away, "http://127.0.0.1", transport)
	return pass(ctx, near, far, size)
}

func pass(ctx context.Context, near, far *oss.Client, size int64) error {
	res, err := near.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr(key)})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	const most = 5 << 30
	if size <= most {
		_, err = far.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key),
			ContentLength: oss.Ptr(size), Body: res.Body})
		return err
	}
	up, err := far.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(to),
		Key: oss.Ptr(key)})
	if err != nil {
		return err
	}
	var parts []oss.UploadPart
	for n := int32(1); size > 0; n++ {
		length := min(size, gib)
		part, err := far.UploadPart(ctx, &oss.UploadPartRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key), PartNumber: n,
			UploadId: up.UploadId, ContentLength: oss.Ptr(length), Body: io.LimitReader(res.Body, length)})
		if err != nil {
			return err
		}
		parts = append(parts, oss.UploadPart{PartNumber: n, ETag: part.ETag})
		size -= length
	}
	_, err = far.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(to),
		Key: oss.Ptr(key), UploadId: up.UploadId, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts}})
	return err
}

// uploader gives the body of GetObject to the SDK's Uploader, which has three parts of 6 MiB in flight, or as large as
// 10,000 of them have to be.
func uploader(ctx context.Context, transport http.RoundTripper, size int64) error {
	near, far := client(home, "http://127.0.0.1", transport), client(away, "http://127.0.0.1", transport)
	res, err := near.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr(key)})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = oss.NewUploader(far).UploadFrom(ctx,
		&oss.PutObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key)}, res.Body)
	return err
}
