package relay

import (
	"sync/atomic"
	"time"
)

// places are how many records of one payload can be handled at once.
type places chan struct{}

// place is the place of one record, which it gives up while it waits for a restore.
type place struct {
	all    places
	waited atomic.Int64 // nanoseconds
}

// take waits for a place.
func (p places) take() *place {
	p <- struct{}{}
	return &place{all: p}
}

// leave gives the place back.
func (p *place) leave() { <-p.all }

// aside runs wait while others may have the place.
func (p *place) aside(wait func()) {
	began := time.Now()
	p.leave()
	wait()
	p.all <- struct{}{}
	p.waited.Add(int64(time.Since(began)))
}
