package copier

import (
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// destination is what HeadObject shows of a copy's destination.
type destination struct {
	head     rules.Head
	exists   bool
	hidden   bool      // the right to read it is missing; copying does not need it
	answered time.Time // when OSS answered, by its clock
}

// destinationBefore is the destination as it was before the copy, read once.
func (c *copying) destinationBefore(ctx context.Context) (destination, error) {
	return c.before.get(func() (destination, error) { return c.readDestination(ctx) })
}

// readDestination is headDestination, but without the right to read the destination it is hidden
// instead of an error.
func (c *copying) readDestination(ctx context.Context) (destination, error) {
	d, err := c.headDestination(ctx)
	if isForbidden(err) {
		return destination{hidden: true}, nil
	}
	return d, err
}

// headDestination sends HeadObject for the destination.
func (c *copying) headDestination(ctx context.Context) (d destination, err error) {
	res, err := osscall.Read(ctx, c.repeatable("HeadObject"), func(ctx context.Context) (*oss.HeadObjectResult, error) {
		return c.to.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, RequestPayer: c.payer()})
	})
	// There is no object, or a link to one that does not exist or is a link too.
	if osscall.Is(err, osscall.KindNotFound) || IsLink(rules.Head{}, err) {
		return destination{}, nil
	}
	if err != nil {
		return destination{}, err
	}
	return destination{head: headOf(res), exists: true, answered: osscall.Date(res.ResultCommon)}, nil
}

// isForbidden reports whether a request that only reads was refused permanently. If so because
// the bucket does not exist, the answer is no: whatever follows would fail too.
func isForbidden(err error) bool {
	return osscall.Is(err, osscall.KindPermanent) && !osscall.HasCode(err, "NoSuchBucket")
}

// outcomeAt is what an outcome says of the object that HeadObject showed.
func outcomeAt(h rules.Head) Outcome {
	return Outcome{ETag: h.ETag, CRC64: h.CRC64, LastModified: h.LastModified, VersionID: h.VersionID, Bytes: h.Size,
		landedAt: h.LastModified}
}
