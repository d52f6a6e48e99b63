package fault

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"
)

const mb = 1e6

// runAll sends all calls at once in virtual time and returns when each ended.
func runAll(t *testing.T, m Model, calls ...*localoss.Call) (ends []time.Duration, stats Stats) {
	t.Helper()
	ends = make([]time.Duration, len(calls))
	synctest.Test(t, func(t *testing.T) {
		s := NewService(m)
		start := time.Now()
		var group sync.WaitGroup
		for i, c := range calls {
			group.Go(func() {
				send(t.Context(), s.Intercept, c)
				ends[i] = time.Since(start)
			})
		}
		group.Wait()
		stats = s.Stats()
	})
	return ends, stats
}

// near allows for rounding up to a nanosecond at each event.
func near(got, want time.Duration) bool { return (got - want).Abs() <= 100 }

func TestTransfersEndExactlyWhenFairSharingSays(t *testing.T) {
	for _, test := range []struct {
		name  string
		model Conditions
		sizes []int64 // MB
		want  []time.Duration
	}{
		{"nothing to wait for", Conditions{}, []int64{5, 10}, []time.Duration{0, 0}},
		{"latency alone", Conditions{Latency: 20 * time.Millisecond}, []int64{5, 10},
			[]time.Duration{20 * time.Millisecond, 20 * time.Millisecond}},
		{"each at its own speed", Conditions{Bandwidth: 10 * mb}, []int64{10, 30},
			[]time.Duration{time.Second, 3 * time.Second}},
		{"latency, then bytes", Conditions{Latency: time.Second, Bandwidth: 10 * mb}, []int64{10},
			[]time.Duration{2 * time.Second}},
		// Two share 10 MB/s until the small one ends; then the other has all of it.
		{"a shared link", Conditions{TotalBandwidth: 10 * mb}, []int64{10, 30},
			[]time.Duration{2 * time.Second, 4 * time.Second}},
		// Three share 12 MB/s, 4 each; after 10 MB the other two could have 6, but their limit is 5.
		{"both limits", Conditions{Bandwidth: 5 * mb, TotalBandwidth: 12 * mb}, []int64{10, 20, 20},
			[]time.Duration{2500 * time.Millisecond, 4500 * time.Millisecond, 4500 * time.Millisecond}},
		{"crowded: a third of the bandwidth each, then half, then all", Conditions{Bandwidth: 6 * mb, Crowding: 1},
			[]int64{2, 5, 11}, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}},
		{"all of them slower", Conditions{Bandwidth: 6 * mb, Uneven: Stragglers{Probability: 1, Factor: 3}},
			[]int64{4}, []time.Duration{2 * time.Second}},
		{"nothing to move", Conditions{Bandwidth: 1}, []int64{0}, []time.Duration{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls []*localoss.Call
			for i, size := range test.sizes {
				calls = append(calls, part(i+1, size*mb))
			}
			ends, _ := runAll(t, Model{Conditions: test.model}, calls...)
			for i, want := range test.want {
				if !near(ends[i], want) {
					t.Errorf("transfer %d ended after %v, want %v", i+1, ends[i], want)
				}
			}
		})
	}
}

func TestUploadsDownloadsAndCopiesMoveTheirBytes(t *testing.T) {
	m := Model{Conditions: Conditions{Bandwidth: 1}}
	upload := call("PutObject", "b", "k")
	upload.BytesIn = 7
	shallow := part(1, 9)
	shallow.Shallow = true
	refused := part(1, 9)
	refused.Failed = localoss.PreconditionFailed
	download := call("GetObject", "b", "k")
	download.Method = "GET"
	head := call("HeadObject", "b", "k")
	head.Method = "HEAD"
	for _, test := range []struct {
		call *localoss.Call
		want int
	}{{upload, 7}, {part(1, 9), 9}, {shallow, 0}, {refused, 0}, {download, len(copyResult)}, {head, 0}} {
		ends, stats := runAll(t, m, test.call)
		if want := time.Duration(test.want) * time.Second; !near(ends[0], want) || stats.Bytes != int64(test.want) {
			t.Errorf("%v took %v for %d bytes, want %v", test.call.Operation, ends[0], stats.Bytes, want)
		}
	}
}

func TestSpeedChangesAffectTransfersUnderWay(t *testing.T) {
	slow := Conditions{Bandwidth: 5 * mb}
	fast := Conditions{Bandwidth: 10 * mb}
	m := Model{Conditions: fast, Changes: []Change{{2 * time.Second, slow}, {4 * time.Second, fast}}}
	// 20 MB in two seconds, 10 MB in the next two, the last 30 MB in three.
	ends, _ := runAll(t, m, part(1, 60*mb))
	if !near(ends[0], 7*time.Second) {
		t.Errorf("took %v, want 7s", ends[0])
	}
}

func TestWhichOfManyRequestsAreTooManyDependsOnTheSeedAlone(t *testing.T) {
	const all, limit = 64, 8
	admitted := func(seed uint64, backwards bool) (numbers []int) {
		synctest.Test(t, func(t *testing.T) {
			s := NewService(Model{Seed: seed, Conditions: Conditions{Latency: time.Second, MaxInFlight: limit}})
			var group sync.WaitGroup
			var replies [all]int
			for i := range all {
				if backwards {
					i = all - 1 - i
				}
				group.Go(func() { replies[i] = send(t.Context(), s.Intercept, part(i+1, 0)).Status })
				synctest.Wait()
			}
			group.Wait()
			for i, status := range replies {
				if status == 200 {
					numbers = append(numbers, i+1)
				}
			}
		})
		return numbers
	}
	first := admitted(1, false)
	if again := admitted(1, true); len(first) != limit || !slices.Equal(first, again) {
		t.Errorf("parts %v are admitted, in the other order %v", first, again)
	}
	if other := admitted(2, false); slices.Equal(first, other) {
		t.Errorf("another seed admits the same: %v", other)
	}
}

func TestTooManyRequestsInFlightAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewService(Model{Conditions: Conditions{Latency: time.Second, Bandwidth: mb, MaxInFlight: 2}})
		var group sync.WaitGroup
		for i := range 2 {
			group.Go(func() { send(t.Context(), s.Intercept, part(i+1, 5*mb)) })
		}
		time.Sleep(time.Millisecond) // they have arrived
		start := time.Now()
		got := serve(t, s.Intercept, part(3, 5*mb))
		if got.commits != 0 || got.reply.Status != 503 || errorCode(got.body) != "ActiveRequestLimitExceeded" ||
			got.reply.Header.Get("x-oss-qos-delay-time") == "" {
			t.Errorf("got %d %v %s", got.reply.Status, got.reply.Header, got.body)
		}
		if took := time.Since(start); took < time.Second || took > time.Second+time.Millisecond {
			t.Errorf("the error took %v, want the latency", took)
		}
		group.Wait()
		if got := serve(t, s.Intercept, part(3, 0)); got.reply.Status != 200 {
			t.Errorf("got %d once the others had ended", got.reply.Status)
		}
		if stats := s.Stats(); stats.Peak != 2 || stats.Throttled != 1 || stats.Requests["UploadPartCopy"] != 4 ||
			stats.Total() != 4 {
			t.Errorf("stats are %+v", stats)
		}
	})
}

func TestRequestsAboveTheRateAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewService(Model{Conditions: Conditions{MaxPerSecond: 10}})
		burst := func(n int) (accepted int) {
			for range n {
				got := serve(t, s.Intercept, call("HeadObject", "b", "k"))
				if got.reply.Status == 200 {
					accepted++
				} else if code := errorCode(got.body); code != "TotalQpsLimitExceeded" {
					t.Fatalf("got %s", code)
				}
			}
			return accepted
		}
		if accepted := burst(15); accepted != 10 {
			t.Errorf("accepted %d of the first 15, want 10", accepted)
		}
		time.Sleep(500 * time.Millisecond)
		if accepted := burst(15); accepted != 5 {
			t.Errorf("accepted %d half a second later, want 5", accepted)
		}
		time.Sleep(time.Hour)
		if accepted := burst(15); accepted != 10 {
			t.Errorf("accepted %d after an hour, want a second's worth of 10", accepted)
		}
	})
}

func TestStragglersHaveTheirFactorAndProbability(t *testing.T) {
	m := Model{Seed: 5, Conditions: Conditions{Latency: time.Second, Bandwidth: mb, Stragglers: Stragglers{0.01, 20}}}
	var calls []*localoss.Call
	for n := range 5000 {
		calls = append(calls, part(n+1, mb))
	}
	ends, stats := runAll(t, m, calls...)
	slow := 0
	for _, end := range ends {
		switch {
		case near(end, 40*time.Second):
			slow++
		case !near(end, 2*time.Second):
			t.Fatalf("a request took %v", end)
		}
	}
	if slow != stats.Stragglers || slow < 25 || slow > 75 {
		t.Errorf("%d slow requests, %d counted, of 5000 with a probability of 0.01", slow, stats.Stragglers)
	}
	again, _ := runAll(t, m, calls...)
	if fmt.Sprint(ends) != fmt.Sprint(again) {
		t.Error("the same seed gave other times")
	}
}

func TestAStragglerLeavesItsShareToTheOthers(t *testing.T) {
	transfers := []*transfer{{factor: 10}, {factor: 1}, {factor: 1}}
	shareBandwidth(transfers, Conditions{Bandwidth: 10, TotalBandwidth: 16})
	for i, want := range []float64{1, 7.5, 7.5} {
		if math.Abs(transfers[i].rate-want) > 1e-9 {
			t.Errorf("transfer %d has %v, want %v", i+1, transfers[i].rate, want)
		}
	}
}

func TestSharingDoesNotDependOnTheOrderOfArrival(t *testing.T) {
	for _, factors := range [][]float64{{10, 1, 1}, {1, 10, 1}, {1, 1, 10}} {
		synctest.Test(t, func(t *testing.T) {
			l := link{conditions: func(time.Time) (Conditions, time.Time) {
				return Conditions{Bandwidth: 10, TotalBandwidth: 16}, time.Time{}
			}}
			start := time.Now()
			var group sync.WaitGroup
			for _, factor := range factors {
				group.Go(func() {
					l.move(t.Context(), map[float64]float64{10: 10, 1: 75}[factor], factor)
					if took := time.Since(start); !near(took, 10*time.Second) {
						t.Errorf("%v: took %v at factor %v, want 10s", factors, took, factor)
					}
				})
				synctest.Wait()
			}
			group.Wait()
		})
	}
}

func TestAClosedServerFreesItsBandwidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewService(Model{Conditions: Conditions{TotalBandwidth: mb}})
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if send(ctx, s.Intercept, part(1, 100*mb)) != nil {
				t.Error("answered although it was cut")
			}
		})
		start := time.Now()
		group.Go(func() { send(t.Context(), s.Intercept, part(2, 10*mb)) })
		time.Sleep(10 * time.Second) // 5 MB each
		cancel()
		group.Wait()
		if took := time.Since(start); !near(took, 15*time.Second) {
			t.Errorf("the other took %v, want 15s", took)
		}
	})
}

func TestTenThousandPartsAreSimulatedQuickly(t *testing.T) {
	m := Model{Conditions: Conditions{Latency: 20 * time.Millisecond, Bandwidth: 83 * mb, TotalBandwidth: 10_000 * mb}}
	realStart := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := NewService(m)
		start := time.Now()
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				for n := range 50 {
					send(t.Context(), s.Intercept, part(n+1, 50*mb))
				}
			})
		}
		group.Wait()
		// 50 rounds, each of the latency and 200 x 50 MB at 10 GB/s.
		if took := time.Since(start); (took - 51*time.Second).Abs() > time.Microsecond {
			t.Errorf("took %v of virtual time, want 51s", took)
		}
	})
	if took := time.Since(realStart); took > 30*time.Second {
		t.Errorf("took %v of real time", took)
	}
}
