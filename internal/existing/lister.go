package existing

import (
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/rules"
)

// Lister lists the sources and the destinations of rules, each as the copies reach it.
func Lister(client listing.OSS, engine *copier.Copier, set *rules.Set) *listing.Lister {
	return &listing.Lister{
		OSS: client, Service: engine.Service(), Payer: set.RequestPayer,
		Elsewhere: func(bucket string) (client *oss.Client, as string) {
			to := set.RemoteOf(bucket)
			return engine.Remote(to), to.Role
		},
	}
}
