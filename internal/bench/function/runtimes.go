package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"afterput/internal/bench/table"
	"afterput/internal/localcloud"
	"afterput/internal/localoss/fault"
)

// form is how a shipped s.yaml deploys the function.
type form struct {
	name     string
	memoryMB int
	vCPU     float64
	// concurrency is how many events an instance has at once; 0 is the built-in
	// runtime, one.
	concurrency int
}

var (
	builtIn = form{"s.yaml", memoryMB, vCPU, 0}
	custom  = form{"s.custom.yaml", 512, 0.35, 20}
)

// runtimes prints what small copies cost on the two runtimes, by how many events
// there are at once.
func runtimes(ctx context.Context, t *table.Tables, dir string) error {
	t.Begin("The two runtimes (small copies of 20 ms a request; FC alone, without OSS's requests)",
		"events at once", "runtime", "instances", "time billed for an event, of s.yaml's", "FC, USD for a million")
	for _, atOnce := range []int{1, 2, 5, 20} {
		var first bill
		for _, f := range []form{builtIn, custom} {
			b, err := f.bill(ctx, dir, "afterput", 1000, atOnce)
			if err != nil {
				return fmt.Errorf("%s, %d at once: %w", f.name, atOnce, err)
			}
			if f == builtIn {
				first = b
			}
			t.Row(fmt.Sprint(atOnce), f.name, fmt.Sprint(f.instances(atOnce)),
				fmt.Sprintf("%.2f", f.seconds(b)/builtIn.seconds(first)), fmt.Sprintf("%.2f", f.fc(b.times(1e6))))
		}
	}
	return nil
}

// seconds are those that an instance is billed for.
func (f form) seconds(b bill) float64 { return b.gbSeconds / (float64(f.memoryMB) / 1024) }

func (f form) fc(b bill) float64 {
	return perCU * (b.calls*cuPerCall + b.gbSeconds*cuPerGBSecond + f.seconds(b)*f.vCPU*cuPerVCPU)
}

// instances is how many it takes for so many events at once.
func (f form) instances(atOnce int) int {
	each := max(1, f.concurrency)
	return (atOnce + each - 1) / each
}

// bill meters n small copies over a service with a latency, of which so many are
// under way all the time, for one.
func (f form) bill(ctx context.Context, dir, function string, n, atOnce int) (b bill, err error) {
	heard := &listener{}
	service := fault.NewService(fault.Model{Conditions: fault.Conditions{Latency: latency}})
	c, err := cloud(ctx, dir, function, func(c *localcloud.Config) {
		c.OSS.OnEvent, c.OSS.Intercept = heard.hear, service.Intercept
		c.FC.MemoryMB, c.FC.Instances = f.memoryMB, f.instances(atOnce)
		c.FC.Custom, c.FC.Concurrency = f.concurrency > 0, f.concurrency
	})
	if err != nil {
		return b, err
	}
	defer c.Close()
	event, err := small(c.OSS, heard)
	if err != nil {
		return b, err
	}
	var senders errgroup.Group
	for range atOnce {
		senders.Go(func() error {
			for range n / atOnce {
				r, err := c.FC.InvokeSync(ctx, event)
				if err := wrong(function, r, err); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := senders.Wait(); err != nil {
		return b, err
	}
	u := c.FC.Usage()
	b.calls, b.gbSeconds = float64(u.Invocations), u.GBSeconds
	b.requests(service.Stats().Requests)
	return b.times(1 / float64(n)), nil
}
