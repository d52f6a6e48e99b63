package main

import (
	"context"
	"testing"
	"time"

	"afterput/internal/bench"
)

// ofOneRequest runs a burst whose copies take one request of OSS each, and returns how long it took.
func (f form) ofOneRequest(t *testing.T, events int, takes compute) (p *platform, makespan time.Duration) {
	t.Helper()
	err := bench.InBubble(func(ctx context.Context) error {
		p = &platform{form: f, events: events, takes: takes, started: func() handling {
			return func(context.Context, string) error {
				time.Sleep(latency)
				return nil
			}
		}}
		began := time.Now()
		err := p.run(ctx)
		makespan = time.Since(began)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, makespan
}

func TestABurstIsOverSoonestWithTheConcurrencyOfTheManifest(t *testing.T) {
	_, shipped := custom.ofOneRequest(t, burstEvents, oursTakes)
	for _, concurrency := range concurrencies {
		f := custom
		f.concurrency = concurrency
		if _, other := f.ofOneRequest(t, burstEvents, oursTakes); other < shipped {
			t.Errorf("%d events at once in an instance take %s, the %d of %s take %s", concurrency, other,
				custom.concurrency, custom.name, shipped)
		}
	}
}

func TestTheModelOfFCStartsInstancesAndBillsAsFCDoes(t *testing.T) {
	none := compute{}
	for name, c := range map[string]struct {
		form      form
		events    int
		takes     compute
		instances int
		makespan  time.Duration
		billed    time.Duration
	}{
		// Two rounds of 300; each event is billed.
		"built in": {form{"", 1024, 1, 0}, 600, none, 300, platformStart + 2*latency, 600 * latency},
		// Five instances; events that an instance has at once share its time.
		"custom": {form{"", 1024, 1, 20}, 100, none, 5, platformStart + latency, 5 * latency},
		// The events of an instance wait for its half of a CPU, 2 ms each, one after the other.
		"CPU": {form{"", 1024, 0.5, 20}, 20, compute{event: time.Millisecond}, 1,
			platformStart + latency + 40*time.Millisecond, latency + 40*time.Millisecond},
	} {
		p, makespan := c.form.ofOneRequest(t, c.events, c.takes)
		if p.instances() != c.instances || makespan != c.makespan {
			t.Errorf("%s: %d instances, %s; want %d, %s", name, p.instances(), makespan, c.instances, c.makespan)
		}
		if billed := time.Duration(p.bill.gbSeconds*1000+0.5) * time.Millisecond; billed != c.billed {
			t.Errorf("%s: %s are billed, want %s", name, billed, c.billed)
		}
		if p.bill.calls != float64(c.events) {
			t.Errorf("%s: %g calls, want %d", name, p.bill.calls, c.events)
		}
	}
}
