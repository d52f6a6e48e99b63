package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"afterput/internal/bench"
	"afterput/internal/bench/table"
	"afterput/internal/existing"
	"afterput/internal/listing"
)

// The limits of a backfill, and how close to the bound that they set it has to come.
const (
	qps      = 10_000
	latency  = 20 * time.Millisecond
	ofBound  = 1.15
	fewCount = 100_000
)

// copies backfills a destination that lacks all objects, in virtual time. Looking for what is missing and the first and
// last requests are the larger part of it the fewer objects there are, so that the goal is harder to reach than with a
// million.
func copies(_ context.Context, t *table.Tables) error { return copiesOf(t, fewCount, 64, 256) }

func largeCopies(_ context.Context, t *table.Tables) error { return copiesOf(t, million, 64, 256) }

func copiesOf(t *table.Tables, objects int, inFlight ...int) error {
	t.Begin("A backfill in virtual time: 20 ms a request, 10,000 requests a second allowed", "objects", "in flight",
		"requests", "bound", "time", "of the bound")
	for _, n := range inFlight {
		var took time.Duration
		var s *service
		err := bench.InBubble(func(ctx context.Context) (err error) {
			s = newService(objects, all, latency)
			took, err = backfill(ctx, s, n)
			return err
		})
		if err != nil {
			return fmt.Errorf("%d in flight: %w", n, err)
		}
		bound := boundOf(objects, n)
		t.Row(fmt.Sprint(objects), fmt.Sprint(n), fmt.Sprint(s.requests.Load()),
			bound.Round(10*time.Millisecond).String(), took.Round(10*time.Millisecond).String(),
			t.Most(took.Seconds()/bound.Seconds(), ofBound, "%.3f"))
	}
	return nil
}

// boundOf is the least time that so many copies take: each request counts for the limit of requests, the pages of the
// listings included, and the copies, so many at once, wait for their latency.
func boundOf(objects, inFlight int) time.Duration {
	requests := objects + (objects+listing.MaxKeys-1)/listing.MaxKeys + 1
	return max(time.Duration(requests)*time.Second/qps, time.Duration(objects)*latency/time.Duration(inFlight))
}

// backfill says how long one takes, which must copy each object that is missing, once.
func backfill(ctx context.Context, s *service, inFlight int) (time.Duration, error) {
	pace := rate.NewLimiter(qps, qps/10)
	began := time.Now()
	j, err := open(ctx, s, existing.NewMemory(), inFlight, pace.Wait)
	if err != nil {
		return 0, err
	}
	if err := j.backfill(); err != nil {
		return 0, err
	}
	return time.Since(began), s.complete()
}
