package fault

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"afterput/internal/localoss"
)

// Service makes a server behave as a [Model] says. Its Intercept is used in a server's Config,
// inside that of an [Injector] if there is one. It uses the clock of package time, which is fake in
// a synctest bubble.
type Service struct {
	model  Model
	random random

	link link

	mu       sync.Mutex
	start    time.Time // of the first request
	inFlight int
	tokens   float64   // how many requests MaxPerSecond still accepts
	filled   time.Time // when tokens were last added
	stats    Stats
}

// Stats are counts of a service's requests.
type Stats struct {
	// Requests counts by operation, including refused requests.
	Requests map[string]int
	// Throttled is how many requests were answered with 503.
	Throttled int
	// Stragglers is how many requests were chosen to be slow.
	Stragglers int
	// Peak is the maximum number of requests that were under way at once, without those answered
	// with 503.
	Peak int
	// Bytes is how many bytes were moved.
	Bytes int64
}

// Total returns the number of requests of all operations.
func (s Stats) Total() int {
	n := 0
	for _, count := range s.Requests {
		n += count
	}
	return n
}

// NewService returns a service of the model. It panics if the model is invalid; that of a file is
// checked by [Load].
func NewService(m Model) *Service {
	if problem := m.check(); problem != "" {
		panic("fault: " + problem)
	}
	s := &Service{model: m, random: random{seed: m.Seed}}
	s.stats.Requests = make(map[string]int)
	s.link.conditions = s.conditions
	return s
}

// Stats returns the counts so far.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Requests = make(map[string]int, len(s.stats.Requests))
	for name, n := range s.stats.Requests {
		stats.Requests[name] = n
	}
	return stats
}

// conditions returns what applies at now, and when that changes next; the zero time is never.
func (s *Service) conditions(now time.Time) (Conditions, time.Time) {
	c, age := s.model.Conditions, now.Sub(s.start)
	for _, change := range s.model.Changes {
		if change.After > age {
			return c, s.start.Add(change.After)
		}
		c = change.Conditions
	}
	return c, time.Time{}
}

// Intercept is a [localoss.Intercept].
func (s *Service) Intercept(
	ctx context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	if !sleep(ctx, s.apart(call.Operation)) {
		return nil
	}
	latency, factor, refusal := s.accept(call.Operation)
	if refusal != nil {
		if !sleep(ctx, latency) {
			return nil
		}
		return call.Refuse(refusal)
	}
	defer s.done()
	if !sleep(ctx, latency) {
		return nil
	}
	bytes := call.BytesIn
	if !call.Shallow {
		bytes += call.BytesCopied
	}
	if call.Failed == "" && !s.transfer(ctx, bytes, factor) {
		return nil
	}
	reply := next()
	downloads := call.Name == "GetObject" && call.Method == http.MethodGet
	if reply != nil && downloads && !s.transfer(ctx, reply.Length, factor) {
		return nil
	}
	return reply
}

// apart is how much later a request arrives if their order may decide which are refused: those that are sent at once
// arrive within a millisecond, in an order that does not depend on that of goroutines.
func (s *Service) apart(op localoss.Operation) time.Duration {
	limited := func(c Change) bool { return c.MaxInFlight > 0 }
	if s.model.MaxInFlight == 0 && !slices.ContainsFunc(s.model.Changes, limited) {
		return 0
	}
	return time.Duration(s.random.draw(2, op) * float64(time.Millisecond))
}

// accept starts a request, or returns why it is refused.
func (s *Service) accept(op localoss.Operation) (latency time.Duration, factor float64, refusal *localoss.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.start.IsZero() {
		s.start, s.filled, s.tokens = now, now, float64(s.model.MaxPerSecond)
	}
	c, _ := s.conditions(now)
	s.stats.Requests[op.Name]++
	switch {
	case !s.takeToken(now, c):
		s.stats.Throttled++
		return c.Latency, 1, throttled(localoss.TotalQPSLimitExceeded, c)
	case c.MaxInFlight > 0 && s.inFlight >= c.MaxInFlight:
		s.stats.Throttled++
		return c.Latency, 1, throttled(localoss.ActiveRequestLimitExceeded, c)
	}
	s.inFlight++
	s.stats.Peak = max(s.stats.Peak, s.inFlight)
	factor = 1
	if p := c.Stragglers.Probability; p > 0 && s.random.draw(0, op) < p {
		factor = c.Stragglers.Factor
		s.stats.Stragglers++
	}
	latency = time.Duration(float64(c.Latency) * factor)
	if u := c.Uneven; u.Probability > 0 && s.random.draw(1, op) < u.Probability {
		factor *= u.Factor
	}
	return latency, factor, nil
}

// takeToken takes one of the requests that MaxPerSecond accepts, and reports whether there was one.
func (s *Service) takeToken(now time.Time, c Conditions) bool {
	limit := float64(c.MaxPerSecond)
	s.tokens = min(limit, s.tokens+limit*now.Sub(s.filled).Seconds())
	s.filled = now
	if limit == 0 {
		return true
	}
	if s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}

// throttled returns the error for one request too many. Its header says, in milliseconds, how long
// the client should wait.
func throttled(code localoss.ErrorCode, c Conditions) *localoss.Error {
	delay := max(c.Latency.Milliseconds(), 1)
	return &localoss.Error{Code: code, Header: http.Header{"X-Oss-Qos-Delay-Time": {strconv.FormatInt(delay, 10)}}}
}

func (s *Service) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// transfer moves bytes over the link and reports whether it finished: the server may be closed
// before.
func (s *Service) transfer(ctx context.Context, bytes int64, factor float64) bool {
	if bytes <= 0 {
		return true
	}
	s.mu.Lock()
	s.stats.Bytes += bytes
	s.mu.Unlock()
	return s.link.move(ctx, float64(bytes), factor)
}
