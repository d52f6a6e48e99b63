package main

import (
	"context"
	"fmt"
	"time"

	"afterput/internal/bench"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
)

// What the function is configured with, as in s.yaml.
const (
	memoryMB = 256
	vCPU     = 0.2
)

// Public prices, in USD, without free quotas and discounts.
const (
	// Source: Function Compute, pay-as-you-go, first tier; seen for 2024 to 2026.
	perCU         = 0.000020
	cuPerCall     = 75.0 / 10_000
	cuPerVCPU     = 1.0  // a second
	cuPerGBSecond = 0.15 // memory
	// Assumed: 0.01 CNY for 10,000 requests to Standard objects in mainland China,
	// at 7.2 CNY a USD, for PUT and GET alike.
	perRequest = 0.01 / 7.2 / 10_000
)

// latency is what a request of a small copy takes, as in the models of internal/bench; assumed.
const latency = 20 * time.Millisecond

// bill is what work costs on FC and OSS.
type bill struct {
	calls     float64
	gbSeconds float64
	put, get  float64 // requests that OSS bills: those it refused are free
}

func (b bill) fc() float64 { return builtIn.fc(b) }

func (b bill) oss() float64 { return perRequest * (b.put + b.get) }

// price is that of both, in USD.
func (b bill) price() float64 { return b.fc() + b.oss() }

func (b bill) times(n float64) bill {
	return bill{b.calls * n, b.gbSeconds * n, b.put * n, b.get * n}
}

// gets are the operations that OSS bills as GET requests, as far as copying sends
// any; all others are PUT requests.
var gets = map[string]bool{"HeadObject": true, "GetObject": true, "GetObjectTagging": true, "GetObjectAcl": true,
	"ListParts": true}

func (b *bill) requests(counts map[string]int) {
	for operation, n := range counts {
		if gets[operation] {
			b.get += float64(n)
		} else {
			b.put += float64(n)
		}
	}
}

// cost prints what a million small objects and a TiB of large ones cost.
func cost(ctx context.Context, t *table.Tables, dir string) error {
	t.Begin(fmt.Sprintf("Cost in USD (%d MB, %g vCPU)", memoryMB, vCPU), "work", "function", "invocations",
		"GB-seconds", "PUT", "GET", "FC", "OSS", "in all")
	show := func(work, function string, b bill) {
		t.Row(work, function, fmt.Sprintf("%.0f", b.calls), fmt.Sprintf("%.1f", b.gbSeconds),
			fmt.Sprintf("%.0f", b.put), fmt.Sprintf("%.0f", b.get),
			fmt.Sprintf("%.4f", b.fc()), fmt.Sprintf("%.4f", b.oss()), fmt.Sprintf("%.4f", b.price()))
	}
	for _, f := range functions[:2] {
		b, err := builtIn.bill(ctx, dir, f, 100, 1)
		if err != nil {
			return err
		}
		show("1,000,000 objects of 4 KiB", f, b.times(1e6))
	}
	plain := bench.Models()[0]
	for _, size := range []bench.Size{{Name: "1 TiB in objects of 300 MiB", Bytes: 300 << 20},
		{Name: "1 TiB in objects of 12 GiB", Bytes: 12 << 30}} {
		row, err := bench.MeasureRow(plain, size)
		if err != nil {
			return err
		}
		saving, err := bench.MeasureEngine(plain, size, copier.Options{Prefer: copier.PreferMoney})
		if err != nil {
			return err
		}
		objects := float64(1<<40) / float64(size.Bytes)
		show(size.Name, "afterput", largeBill(row.Engine).lookingAgain().times(objects))
		show(size.Name, "afterput, `AFTERPUT_PREFER=money`", largeBill(saving).lookingAgain().times(objects))
		show(size.Name, "handwritten", largeBill(row.SDK).times(objects))
	}
	return nil
}

// lookingAgain adds the second look at the source.
func (b bill) lookingAgain() bill {
	b.get++
	b.gbSeconds += latency.Seconds() * memoryMB / 1024
	return b
}

// largeBill is one invocation that lasts as long as the copy.
func largeBill(f bench.Figures) bill {
	b := bill{calls: 1, gbSeconds: f.Makespan.Seconds() * memoryMB / 1024}
	b.requests(f.Kinds)
	return b
}
