package main

import (
	"fmt"
	"sync"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localfc"
	"afterput/internal/relay"
	"afterput/internal/terminal"
)

// localTally counts what the function of a local cloud has done.
type localTally struct {
	mu                                sync.Mutex
	events, copies, failures, givenUp int64
	speed                             speed // of events
}

// add counts an attempt; report is nil if there is none. An event counts when its last attempt has ended.
func (t *localTally) add(r localfc.Result, report *relay.Report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	failed := r.Error != nil && !r.Stopped
	if r.Final {
		t.events++
		if failed {
			t.givenUp++
		}
	}
	if failed {
		t.failures++
	}
	if report == nil {
		return
	}
	for _, o := range report.Objects {
		for _, c := range o.Copies {
			if c.Outcome.Result == copier.Copied {
				t.copies++
			}
		}
	}
	t.copies += int64(report.Omitted[string(copier.Copied)])
}

// line is what was done until now; "" before the first event.
func (t *localTally) line(now time.Time, p palette) terminal.Plain {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.speed.over = 5 * time.Second
	rate := t.speed.at(now, t.events)
	if t.events+t.failures == 0 {
		return ""
	}
	return p.paint(dim, fmt.Sprintf("%.0f events a second, %s", rate, t.done())) + p.paint(red, t.failed())
}

// sum is what was done.
func (t *localTally) sum() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done() + t.failed()
}

// done and failed are the two parts of what was done. t.mu is held.
func (t *localTally) done() string {
	return count(int(t.events), "event") + ", " + plural(int(t.copies), "copy", "copies")
}

func (t *localTally) failed() string {
	if t.failures == 0 {
		return ""
	}
	return fmt.Sprintf(", %s, %d given up", count(int(t.failures), "failed attempt"), t.givenUp)
}
