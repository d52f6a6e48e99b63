package existing

import "time"

// Prices are what estimates of money are made with, in CNY: the public list prices of mainland China with local
// redundancy, without packages, free quotas and discounts. Where OSS and Function Compute have raised or lowered one,
// it is changed here.
//
// Sources: OSS help, billing examples with the prices of 2024-11-20 (requests to Standard objects), and copies of the
// price list at third parties (the others); Function Compute, pay-as-you-go, first tier, 2025-12. Unconfirmed: what
// DeepColdArchive costs, and that a request to an object of a class other than Standard costs ten times as much
// whatever the class and the request are.
var (
	classPrices = map[string]classPrice{
		standard:          {Requests: 0.01, Month: 0.12},
		"IA":              {Requests: 0.1, Month: 0.08, Least: 30 * day, LeastSize: 64 << 10, Retrieval: 0.0325},
		"Archive":         {Requests: 0.1, Month: 0.033, Least: 60 * day, LeastSize: 64 << 10},
		"ColdArchive":     {Requests: 0.1, Month: 0.015, Least: 180 * day, LeastSize: 64 << 10},
		"DeepColdArchive": {Requests: 0.1, Month: 0.0075, Least: 180 * day, LeastSize: 64 << 10},
	}
	functionPrice = struct {
		CU               float64 // a computing unit
		CUPerInvocation  float64
		CUPerSecond      float64 // of an instance as s.backfill.yaml has it: 0.2 vCPU and 256 MB
		LeastForEachHour float64 // in which a function ran
	}{CU: 0.00011, CUPerInvocation: 75.0 / 10_000, CUPerSecond: 0.2 + 0.15*0.25, LeastForEachHour: 0.01}
)

// classPrice is what OSS charges for a storage class.
type classPrice struct {
	Requests  float64       // 10,000 requests
	Month     float64       // storing a GiB for 30 days
	Least     time.Duration // for which an object is charged, however soon it is deleted or overwritten
	LeastSize int64         // of an object: a smaller one is charged as one of this size
	Retrieval float64       // reading a GiB; what is archived is restored before, which has its own price
}

const (
	standard = "Standard"
	day      = 24 * time.Hour
)
