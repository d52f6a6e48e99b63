package relay

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneVeryLargeRecordDoesNotHoldUpTheSmallOnesBehindIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if !p.fits(ctx) {
			t.Error("nothing is known yet, and the first record does not fit")
		}
		for range 20 {
			p.took(100 * time.Millisecond)
		}
		p.took(30 * time.Second)
		for left, want := range map[time.Duration]bool{
			time.Second: true, 101 * time.Millisecond: true, 100 * time.Millisecond: false,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), left)
			if p.fits(ctx) != want {
				t.Errorf("with %v left it fits: %v", left, !want)
			}
			cancel()
		}
		for range objectsAtOnce { // all became slow: what was long ago does not count
			p.took(5 * time.Second)
		}
		if p.fits(ctx) {
			t.Error("5 s fit into one")
		}
		if !p.fits(context.Background()) {
			t.Error("without a deadline something does not fit")
		}
	})
}
