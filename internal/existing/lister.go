package existing

import (
	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/rules"
)

// Lister lists the sources and the destinations of rules, each as the copies reach it.
func Lister(client listing.OSS, engine *copier.Copier, set *rules.Set) *listing.Lister {
	return &listing.Lister{
		OSS: client, Service: engine.Service(), Payer: set.RequestPayer,
		Elsewhere: func(bucket string) listing.Elsewhere {
			to := set.RemoteOf(bucket)
			client, region := engine.Remote(to)
			return listing.Elsewhere{Client: client, As: to.Role, Region: region}
		},
	}
}
