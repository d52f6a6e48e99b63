package existing

import (
	"cmp"
	"slices"
	"time"
)

// Price is what OSS charges for a storage class, in CNY: the public list prices of mainland China with local
// redundancy, without packages and discounts.
type Price struct {
	Class    string
	Requests float64       // 10,000 requests of the kind of PUT
	GiBMonth float64       // storing a GiB for 30 days
	Least    time.Duration // for which an object is charged, however soon it is deleted or overwritten
}

const day = 24 * time.Hour

// Prices are all of them.
// Source: OSS help, request fees and storage fees as third parties copy them (November 2026).
var Prices = []Price{
	{"Standard", 0.01, 0.12, 0},
	{"IA", 0.1, 0.08, 30 * day},
	{"Archive", 0.1, 0.033, 60 * day},
	{"ColdArchive", 0.1, 0.015, 180 * day},
	{"DeepColdArchive", 0.1, 0.0075, 180 * day},
}

// Estimate is what the copies that a job has found to be made take.
type Estimate struct {
	Copies   int64         `json:"copies"`
	Bytes    int64         `json:"bytes"`
	Requests int64         `json:"requests"`
	Time     time.Duration `json:"-"`
	Seconds  float64       `json:"seconds"`
	// RequestsCNY is the price of the requests, LeastCNY that of storing the copies for as long as their class is
	// charged at least.
	RequestsCNY float64 `json:"requests_cny"`
	LeastCNY    float64 `json:"least_storage_cny"`
	// Restores is how many of the copies have a source that is archived and restored first, and RestoresCNY what that
	// costs without DeepColdArchive, whose prices are not known.
	Restores    int64   `json:"restores,omitempty"`
	RestoresCNY float64 `json:"restores_cny,omitempty"`
}

// usualRequest is how long a copy of a small object takes.
const usualRequest = 50 * time.Millisecond

// Estimate says what it takes to make the copies, with at most qps requests a second (0 for no limit) and inFlight
// objects at a time. Copies whose class is left to the source count as Standard.
func (c Counts) Estimate(qps float64, inFlight int) (e Estimate) {
	for class, l := range c.ToDo {
		e.Copies += l.Copies
		e.Bytes += l.Bytes
		e.Requests += l.Requests
		i := slices.IndexFunc(Prices, func(p Price) bool { return p.Class == cmp.Or(class, "Standard") })
		if i < 0 {
			continue
		}
		p := Prices[i]
		e.RequestsCNY += p.Requests * float64(l.Requests) / 10_000
		e.LeastCNY += p.GiBMonth * float64(l.Bytes) / (1 << 30) * p.Least.Hours() / (30 * day).Hours()
	}
	e.restores(c.Restores)
	seconds := float64(e.Requests) * usualRequest.Seconds() / float64(max(1, inFlight))
	if qps > 0 {
		seconds = max(seconds, float64(e.Requests)/qps)
	}
	e.Seconds = seconds
	e.Time = time.Duration(seconds * float64(time.Second))
	return e
}
