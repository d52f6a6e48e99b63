package faults

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// manyParts is a setup with parts of 16 MiB at the least, of which 128 are copied at
// once, by an OSS that answers after 20 ms and moves 83 MB/s for one request.
var manyParts = setup{size: 16 << 20, count: 128, model: &fault.Model{
	Conditions: fault.Conditions{Latency: 20 * time.Millisecond, Bandwidth: 83e6},
}}

// huge takes an undisturbed copy of that kind two seconds.
const huge = int64(16 << 30)

// paceRows are about how long a copy takes, against one that nothing disturbs.
func paceRows() []row {
	return []row{
		{"a small copy alone is answered 503 once, then a large one is made, 128 parts at once", afterALoneRefusal},
		{"12 connections of 128 never answer (the Copier's client waits 10 s)", overDeadConnections},
		{"`traffic-limit` on a copy in parts", meets(setup{via: limits}, func(w *world) string {
			w.put(large)
			said := w.copy(w.ctx, func(c *rules.Copy) { c.TrafficLimit = trafficLimit })
			return said + "; the parts ask for " + w.bandwidth.asked()
		})},
	}
}

func afterALoneRefusal(t *testing.T, with tool) string {
	disturbed := manyParts
	disturbed.faults = []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1),
		Error: &localoss.Error{Code: "TotalQpsLimitExceeded", Status: 503, Message: "slow down"}}}
	return compared(t, with, disturbed, func(w *world) {
		w.put(small)
		w.copy(w.ctx)
	})
}

func overDeadConnections(t *testing.T, with tool) string {
	disturbed := manyParts
	disturbed.intercept, disturbed.patience = deadConnections, 10*time.Second
	return compared(t, with, disturbed, func(*world) {})
}

// compared reports how much longer a large copy takes in a setup than in an undisturbed one with as many parts, each
// after what the function before does.
func compared(t *testing.T, with tool, disturbed setup, before func(w *world)) string {
	var said string
	var took [2]time.Duration
	for i, s := range []setup{manyParts, disturbed} {
		run(t, with, s, func(w *world) string {
			before(w)
			w.put(huge)
			ctx, cancel := context.WithTimeout(w.ctx, 10*time.Minute)
			defer cancel()
			began := time.Now()
			said = w.copy(ctx)
			took[i] = time.Since(began)
			return ""
		})
	}
	ratio, digits := took[1].Seconds()/took[0].Seconds(), 1
	if ratio > 3 {
		digits = 0 // the pauses of the SDK's retries are random
	}
	return fmt.Sprintf("%s; the large copy takes %.*f times as long", said, digits, ratio)
}

// deadConnections never answers one in ten of the first 120 parts.
func deadConnections(w *world) localoss.Intercept {
	met := 0
	return func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name != "UploadPartCopy" {
			return next()
		}
		w.mu.Lock()
		met++
		dead := met%10 == 3 && met < 120
		w.mu.Unlock()
		if dead {
			<-ctx.Done()
			return nil
		}
		return next()
	}
}

// trafficLimit is that of a rule, in bit/s.
const trafficLimit = 100 << 20

// bandwidth is what the parts under way ask for together, in bit/s.
type bandwidth struct {
	now, most int64
	unlimited bool // some did not say
}

func (b bandwidth) asked() string {
	if b.unlimited {
		return "**no limit**"
	}
	return fmt.Sprintf("%.1f times the limit", float64(b.most)/trafficLimit)
}

// limits is the way to the server that adds the parts' limits up.
func limits(w *world) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if !r.URL.Query().Has("partNumber") {
				return next.RoundTrip(r)
			}
			limit, err := strconv.ParseInt(r.Header.Get("x-oss-traffic-limit"), 10, 64)
			w.mu.Lock()
			w.bandwidth.unlimited = w.bandwidth.unlimited || err != nil
			w.bandwidth.now += limit
			w.bandwidth.most = max(w.bandwidth.most, w.bandwidth.now)
			w.mu.Unlock()
			defer func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.bandwidth.now -= limit
			}()
			return next.RoundTrip(r)
		})
	}
}
