package copier

import (
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// destination is what HeadObject shows where the copy goes.
type destination struct {
	head     rules.Head
	there    bool
	hidden   bool      // it may not be read: a role need not have that right
	answered time.Time // by OSS's clock
}

// destinationBefore is the destination as it was before the copy, read once.
func (c *copying) destinationBefore(ctx context.Context) (destination, error) {
	return c.before.get(func() (destination, error) { return c.readDestination(ctx) })
}

// readDestination reads the destination. One that may not be read counts as not there.
func (c *copying) readDestination(ctx context.Context) (destination, error) {
	d, err := c.headDestination(ctx)
	if hasNoRight(err) {
		return destination{hidden: true}, nil
	}
	return d, err
}

// headDestination is HeadObject of the destination.
func (c *copying) headDestination(ctx context.Context) (d destination, err error) {
	err = c.repeatable("HeadObject").Do(ctx, func(ctx context.Context) error {
		res, err := c.copier.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, RequestPayer: c.payer()})
		if err == nil {
			d = destination{head: headOf(res), there: true, answered: osscall.Date(res.ResultCommon)}
		}
		return err
	})
	if osscall.Is(err, osscall.KindNotFound) || osscall.HasCode(err, "SymlinkTargetNotExist") { // no object, or a link to none
		return destination{}, nil
	}
	return d, err
}

// hasNoRight reports whether a look was refused for good. A bucket that does not exist is
// another matter: whatever follows would fail too.
func hasNoRight(err error) bool {
	return osscall.Is(err, osscall.KindPermanent) && !osscall.HasCode(err, "NoSuchBucket")
}

func outcomeAt(h rules.Head) Outcome {
	return Outcome{ETag: h.ETag, CRC64: h.CRC64, LastModified: h.LastModified, VersionID: h.VersionID, Bytes: h.Size}
}
