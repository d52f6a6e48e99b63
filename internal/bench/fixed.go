package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/osscall"
)

// bestFixed are the figures of the layout with parts of one size whose copy ends first: so many rounds of them, or one
// CopyObject where that is allowed. More rounds are tried until three numbers of them in a row are worse.
func bestFixed(m Model, size int64) (best Figures, err error) {
	if m.SameBucket || size <= gib {
		if best, _, err = measureModel(m, size, fixed(1)); err != nil || m.SameBucket {
			return best, err
		}
	}
	fewest := (size + maxPart*Ceiling - 1) / (maxPart * Ceiling)
	for rounds, worse := fewest, 0; worse < 3 && rounds*Ceiling <= 10_000; rounds++ {
		f, _, err := measureModel(m, size, fixed(rounds*Ceiling))
		if err != nil {
			return f, err
		}
		if best.Makespan > 0 && f.Makespan >= best.Makespan {
			worse++
			continue
		}
		best, worse = f, 0
	}
	return best, nil
}

// fixed copies with HeadObject and one CopyObject, or in so many parts of one size, as many at once as the engine has
// at
// most. It neither repeats nor verifies anything.
func fixed(parts int64) contender {
	return func(
		ctx context.Context, transport http.RoundTripper, o events.Object, to string,
	) (landed time.Time, count int, err error) {
		client := osscall.NewClient(region, endpoint, transport)
		ctx = osscall.WithCredentials(ctx, osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"})
		head, err := client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &o.Bucket, Key: &o.Key})
		if err != nil {
			return landed, 0, err
		}
		if parts == 1 {
			_, err = client.CopyObject(ctx, &oss.CopyObjectRequest{
				Bucket: &to, Key: oss.Ptr(copyKey), SourceBucket: &o.Bucket, SourceKey: &o.Key})
			return time.Now(), 0, err
		}
		count, err = inFixedParts(ctx, client, o, to, head.ContentLength, (head.ContentLength+parts-1)/parts)
		return time.Now(), count, err
	}
}

func inFixedParts(
	ctx context.Context, client *oss.Client, o events.Object, to string, size, part int64,
) (count int, err error) {
	upload, err := client.InitiateMultipartUpload(ctx,
		&oss.InitiateMultipartUploadRequest{Bucket: &to, Key: oss.Ptr(copyKey)})
	if err != nil {
		return 0, err
	}
	var copies errgroup.Group
	copies.SetLimit(Ceiling)
	for first := int64(0); first < size; first += part {
		count++
		number := int32(count)
		copies.Go(func() error {
			_, err := client.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket: &to, Key: oss.Ptr(copyKey), UploadId: upload.UploadId, PartNumber: number,
				SourceBucket: &o.Bucket, SourceKey: &o.Key,
				Range: oss.Ptr(fmt.Sprintf("bytes=%d-%d", first, min(first+part, size)-1))})
			return err
		})
	}
	if err := copies.Wait(); err != nil {
		return 0, err
	}
	var list []oss.UploadPart
	for marker := int32(0); len(list) < count; {
		page, err := client.ListParts(ctx, &oss.ListPartsRequest{Bucket: &to, Key: oss.Ptr(copyKey),
			UploadId: upload.UploadId, PartNumberMarker: marker, MaxParts: listPage})
		if err != nil {
			return 0, err
		}
		for _, p := range page.Parts {
			list = append(list, oss.UploadPart{PartNumber: p.PartNumber, ETag: p.ETag})
		}
		marker = page.NextPartNumberMarker
	}
	_, err = client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: &to, Key: oss.Ptr(copyKey),
		UploadId: upload.UploadId, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: list}})
	return count, err
}
