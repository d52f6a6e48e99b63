package fault

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// arrival is one random transfer.
type arrival struct {
	start time.Duration
	bytes float64
	slow  float64
}

var arrivals = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) arrival {
	return arrival{
		start: time.Duration(rapid.IntRange(0, 20_000).Draw(t, "start")) * time.Millisecond,
		bytes: float64(rapid.IntRange(1, 5000).Draw(t, "bytes")),
		slow:  rapid.SampledFrom([]float64{1, 1, 1, 20}).Draw(t, "slow"),
	}
}), 1, 30)

// transferAll runs the arrivals over one link and returns when each transfer ended.
func transferAll(t *testing.T, program []arrival, c Conditions) []time.Duration {
	ends := make([]time.Duration, len(program))
	synctest.Test(t, func(t *testing.T) {
		l := link{conditions: func(time.Time) (Conditions, time.Time) { return c, time.Time{} }}
		start := time.Now()
		var group sync.WaitGroup
		for i, a := range program {
			group.Go(func() {
				time.Sleep(a.start)
				l.move(t.Context(), a.bytes, a.slow)
				ends[i] = time.Since(start)
			})
		}
		group.Wait()
	})
	return ends
}

// slack allows for rounding up to a nanosecond at each event.
const slack = time.Microsecond

func TestSharedLinkIsNeverIdleWhileTransfersWait(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		program := arrivals.Draw(r, "program")
		ends := transferAll(t, program, Conditions{TotalBandwidth: 1000})
		// A link without pauses is done when a queue would be.
		left, last := map[time.Duration]float64{}, time.Duration(0)
		for i, a := range program {
			left[a.start] += a.bytes
			last = max(last, ends[i])
		}
		busy := time.Duration(0)
		for at := time.Duration(0); at <= 20*time.Second; at += time.Millisecond {
			if bytes := left[at]; bytes > 0 {
				busy = max(busy, at) + time.Duration(math.Round(bytes/1000*1e9))
			}
		}
		if (last - busy).Abs() > slack {
			r.Fatalf("the last transfer ended after %v, want %v", last, busy)
		}
	})
}

func TestNoTransferIsFasterThanItsOwnLimit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		program := arrivals.Draw(r, "program")
		c := Conditions{Bandwidth: 300, TotalBandwidth: 1000}
		together := transferAll(t, program, c)
		for i, a := range program {
			alone := time.Duration(a.bytes * a.slow / c.Bandwidth * 1e9)
			took := together[i] - a.start
			if took < alone-slack {
				r.Fatalf("transfer %d took %v, alone it would take %v", i, took, alone)
			}
			if len(program) <= 3 && took > alone+slack {
				r.Fatalf("transfer %d took %v although the link has room for three", i, took)
			}
		}
	})
}
