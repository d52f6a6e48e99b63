package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"golang.org/x/sync/errgroup"

	"afterput/internal/bench"
	"afterput/internal/bench/table"
)

// fewer is how many times fewer requests a backfill has to send than a loop if 1 % of the objects are missing.
const fewer = 5

// besideLoop backfills a destination that lacks 1 % of the objects, beside a loop that asks for each object, on the
// same service in virtual time.
func besideLoop(_ context.Context, t *table.Tables) error {
	const objects, inFlight = 50_000, 64
	var requests [2]int64
	var took [2]time.Duration
	for i, run := range []func(context.Context, *service, int) (time.Duration, error){loop, backfill} {
		err := bench.InBubble(func(ctx context.Context) (err error) {
			s := newService(objects, oneInHundred, latency)
			took[i], err = run(ctx, s, inFlight)
			requests[i] = s.requests.Load()
			return err
		})
		if err != nil {
			return err
		}
	}
	t.Begin("One in a hundred of 50,000 objects is missing", "", "requests", "fewer", "time")
	t.Row("a loop: HeadObject for each, CopyObject for those that are missing", fmt.Sprint(requests[0]), "1×",
		took[0].Round(10*time.Millisecond).String())
	t.Row("afterput", fmt.Sprint(requests[1]), t.Least(float64(requests[0])/float64(requests[1]), fewer, "%.0f×"),
		took[1].Round(10*time.Millisecond).String())
	return nil
}

// loop lists the source, asks for each destination, and copies what is missing, as tools do that know nothing of the
// destination.
func loop(ctx context.Context, s *service, inFlight int) (time.Duration, error) {
	client := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithHttpClient(&http.Client{Transport: s}))
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	after := ""
	for more := true; more; {
		page, err := client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(source),
			StartAfter: oss.Ptr(after), MaxKeys: 1000})
		if err != nil {
			return 0, err
		}
		for _, o := range page.Contents {
			after = *o.Key
			group.Go(func() error { return copyIfMissing(ctx, client, *o.Key) })
		}
		more = page.IsTruncated
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return time.Since(began), s.complete()
}

func copyIfMissing(ctx context.Context, client *oss.Client, key string) error {
	exists, err := client.IsObjectExist(ctx, destination, key)
	if err != nil || exists {
		return err
	}
	_, err = client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: oss.Ptr(destination), Key: &key,
		SourceBucket: oss.Ptr(source), SourceKey: &key})
	return err
}
