package existing

import (
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/rules"
)

// Lister lists the sources and the destinations of rules, each in its region.
func Lister(client listing.OSS, engine *copier.Copier, set *rules.Set) *listing.Lister {
	return &listing.Lister{
		OSS: client, Service: engine.Service(), Payer: set.RequestPayer,
		Elsewhere: func(bucket string) *oss.Client { return engine.Elsewhere(set.RegionOf(bucket)) },
	}
}
