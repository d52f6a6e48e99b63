package osscall

import (
	"context"
	"sync"
	"time"
)

// OSS answers a few requests far later than it usually does. A request that may be sent again ([Call.Again]) and is not
// answered in several times what such requests took before is sent a second time, and what is answered first counts.
// Few requests are: at most two in a row, and three for a hundred answers in the long run, so that a service that is
// slow for everybody, or does not answer at all, gets hardly any more of them.
const (
	lateFactor      = 4                      // how many times the usual time is late
	leastLate       = 25 * time.Millisecond  // how much later than that at least
	assumedLatency  = 500 * time.Millisecond // the usual time before anything was answered: more than it probably is
	mostCredit      = 2
	creditPerAnswer = 0.03
)

// Read sends a request that only reads, and gives what OSS answers. It may be sent a second time as [Call.Again] says,
// so that read may be called while another call of it is under way.
func Read[T any](ctx context.Context, c Call, read func(context.Context) (T, error)) (answer T, err error) {
	var mu sync.Mutex
	answered := false
	c.Again = c.Service != nil
	err = c.Do(ctx, func(ctx context.Context) error {
		v, err := read(ctx)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && !answered {
			answer, answered = v, true
		}
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return answer, nil
}

// patience is how long after it was sent a request counts as late.
func (s *Service) patience(op string) time.Duration {
	usual := s.latency.usual()
	s.mu.Lock()
	defer s.mu.Unlock()
	if of := s.usual[op]; of != nil {
		usual = max(usual, of.usual())
	}
	if usual == 0 {
		usual = assumedLatency
	}
	return lateFactor*usual + leastLate
}

// spendCredit reports whether another request may be sent a second time now, and counts it.
func (s *Service) spendCredit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.credit < 1 {
		return false
	}
	s.credit--
	return true
}

// race is a request that may be sent a second time.
type race struct {
	call Call
	send func(context.Context) error
	ctx  context.Context // of both
	end  context.CancelFunc

	mu     sync.Mutex
	began  time.Time     // when the first was sent
	timer  *time.Timer   // of sendSecond; nil until the first is sent
	over   bool          // the first has ended
	second chan struct{} // closed when the second has ended; nil if there is none
	err    error         // of the second
}

// race sends the request, and a second one if that is late. When it returns, both have ended.
func (c Call) race(ctx context.Context, send func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &race{call: c, send: send, ctx: ctx, end: cancel}
	err := c.request(ctx, r.sendFirst)
	r.mu.Lock()
	r.over = true
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	if r.second == nil {
		return err
	}
	if c.isAnswer(err) {
		cancel()
	}
	<-r.second
	if c.isAnswer(err) || !c.isAnswer(r.err) {
		return err
	}
	return r.err
}

// sendFirst sends the first request. Only from then on can it be late: before, it has waited for [Service.Pace].
func (r *race) sendFirst(ctx context.Context) error {
	r.mu.Lock()
	r.began = time.Now()
	r.timer = time.AfterFunc(leastLate, r.sendSecond)
	r.mu.Unlock()
	return r.send(ctx)
}

// sendSecond sends the second request if the first is late, or looks again later: what is usual may change meanwhile.
func (r *race) sendSecond() {
	r.mu.Lock()
	late := time.Since(r.began)
	wait := r.call.Service.patience(r.call.Op) - late
	switch {
	case r.over:
		r.mu.Unlock()
		return
	case wait > 0:
		r.timer.Reset(min(wait, late))
		r.mu.Unlock()
		return
	case !r.call.Service.spendCredit():
		r.mu.Unlock()
		return
	}
	r.second = make(chan struct{})
	r.mu.Unlock()
	defer close(r.second)
	r.err = r.call.request(r.ctx, r.send)
	if r.call.isAnswer(r.err) {
		r.end()
	}
}

// isAnswer reports whether a request that ended with err need not be sent again.
func (c Call) isAnswer(err error) bool {
	if err == nil {
		return true
	}
	switch c.classify(err).Kind {
	case KindUnsent, KindThrottled, KindLost, KindStopped:
		return false
	}
	return true
}
