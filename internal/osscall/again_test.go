package osscall_test

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// usual is what the requests of these tests take.
const usual = 20 * time.Millisecond

// reads are requests that share a service.
type reads struct {
	call osscall.Call
	sent atomic.Int64
}

// newReads are reads of a service that has answered some before.
func newReads(t *testing.T) *reads {
	t.Helper()
	r := &reads{call: osscall.Call{Op: "HeadObject", Limit: osscall.LookTime, Service: osscall.NewService(8)}}
	r.call.Sent = &r.sent
	for range 3 {
		if _, err := r.read(t, usual); err != nil {
			t.Fatal(err)
		}
	}
	r.sent.Store(0)
	return r
}

// read sends a request, each attempt at which takes as long as is named, the last one's time for all others, and
// answers how often it was sent before.
func (r *reads) read(t *testing.T, take ...time.Duration) (int, error) {
	var mu sync.Mutex
	n := -1
	return osscall.Read(t.Context(), r.call, func(ctx context.Context) (int, error) {
		mu.Lock()
		n++
		mine := n
		mu.Unlock()
		return mine, answerAfter(ctx, take[min(mine, len(take)-1)])
	})
}

// answerAfter waits for the answer to a request, or the end of its context.
func answerAfter(ctx context.Context, take time.Duration) error {
	select {
	case <-time.After(take):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAReadThatIsLateIsSentASecondTimeAndTheFirstAnswerCounts(t *testing.T) {
	for name, c := range map[string]struct {
		take         []time.Duration
		answer, sent int
		took         time.Duration
	}{
		"in time":               {[]time.Duration{5 * usual}, 0, 1, 5 * usual},
		"late":                  {[]time.Duration{20 * usual, usual}, 1, 2, 4*usual + 25*time.Millisecond + usual},
		"both late":             {[]time.Duration{20 * usual, 40 * usual}, 0, 2, 20 * usual},
		"never answered":        {[]time.Duration{time.Hour, usual}, 1, 2, 4*usual + 25*time.Millisecond + usual},
		"a little late, though": {[]time.Duration{6 * usual, 5 * usual}, 0, 2, 6 * usual},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReads(t)
			began := time.Now()
			answer, err := r.read(t, c.take...)
			if took := time.Since(began); err != nil || answer != c.answer || took != c.took ||
				r.sent.Load() != int64(c.sent) {
				t.Errorf("%s: answer %d after %v, sent %d times, %v; want answer %d after %v, sent %d times", name,
					answer, took, r.sent.Load(), err, c.answer, c.took, c.sent)
			}
		})
	}
}

func TestAReadIsNotLateBecauseItHasWaitedForItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReads(t)
		r.call.Service.Pace = func(ctx context.Context) error { return answerAfter(ctx, time.Second) }
		began := time.Now()
		_, err := r.read(t, usual)
		if took := time.Since(began); err != nil || took != time.Second+usual || r.sent.Load() != 1 {
			t.Errorf("it took %v, sent %d times, %v; want %v, once", took, r.sent.Load(), err, time.Second+usual)
		}
		began = time.Now()
		_, err = r.read(t, time.Hour, usual) // the second waits too
		want := time.Second + 4*usual + 25*time.Millisecond + time.Second + usual
		if took := time.Since(began); err != nil || took != want || r.sent.Load() != 3 {
			t.Errorf("late: it took %v, sent %d times, %v; want %v, twice", took, r.sent.Load()-1, err, want)
		}
	})
}

// What is usual may become known only while a request is under way: the first requests of an instance are sent at once.
func TestAReadIsLateByWhatOthersTakeThatWereSentWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reads{call: osscall.Call{Op: "HeadObject", Limit: osscall.LookTime, Service: osscall.NewService(8)}}
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() { _, _ = r.read(t, usual) })
		_, err := r.read(t, 20*usual, usual)
		all.Wait()
		if took := time.Since(began); err != nil || took > 7*usual {
			t.Errorf("it took %v, %v", took, err)
		}
	})
}

// No second request helps where a service is slow for everybody, and it must not get many more of them then.
func TestAServiceThatIsSlowForEverybodyGetsHardlyAnySecondRequest(t *testing.T) {
	for name, c := range map[string]struct {
		first, then time.Duration
		most        int64
	}{
		"slow from the beginning": {500 * time.Millisecond, 500 * time.Millisecond, 0},
		"slow from some time on":  {usual, 500 * time.Millisecond, 5},
		"each slower":             {usual, time.Second, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &reads{call: osscall.Call{Op: "HeadObject", Limit: osscall.LookTime, Service: osscall.NewService(8)}}
			r.call.Sent = &r.sent
			for range 50 {
				_, _ = r.read(t, c.first)
			}
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					for range 5 {
						_, _ = r.read(t, c.then)
					}
				})
			}
			all.Wait()
			if second := r.sent.Load() - 100; second > c.most {
				t.Errorf("%s: %d of 100 requests were sent a second time, want at most %d", name, second, c.most)
			}
		})
	}
}

func TestAServiceThatAnswersNothingGetsTwoSecondRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReads(t)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { _, _ = r.read(t, time.Hour) })
		}
		all.Wait()
		if sent := r.sent.Load(); sent != 20*osscall.Attempts+2 {
			t.Errorf("%d requests were sent, want %d and 2 second ones", sent, 20*osscall.Attempts)
		}
	})
}

// An operation that always takes long is not late, however quick others are.
func TestWhatIsUsualDependsOnTheOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReads(t)
		r.call.Op = "ListParts"
		for range 100 {
			_, _ = r.read(t, 300*time.Millisecond)
			r.call.Op = "HeadObject"
			_, _ = r.read(t, usual)
			r.call.Op = "ListParts"
		}
		if second := r.sent.Load() - 200; second > 1 {
			t.Errorf("%d were sent a second time, want the first at most", second)
		}
	})
}

func TestAnErrorOfOneOfTwoRequestsCountsIfItIsAnAnswer(t *testing.T) {
	missing := &oss.ServiceError{StatusCode: 404, Code: "NoSuchKey"}
	refused := &oss.ServiceError{StatusCode: 503, Code: "ServiceUnavailable"}
	broken := errors.New("connection reset by peer")
	for name, c := range map[string]struct {
		first, second error
		want          osscall.Kind
		sent          int64
		took          time.Duration // the first takes 200 ms, the second, sent after 105 ms, 50 ms
	}{
		"the second finds no object":           {nil, missing, osscall.KindNotFound, 2, 155 * time.Millisecond},
		"the second is refused":                {nil, refused, -1, 2, 200 * time.Millisecond},
		"the second breaks off":                {nil, broken, -1, 2, 200 * time.Millisecond},
		"the first breaks off after the other": {broken, nil, -1, 2, 155 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReads(t)
			var n atomic.Int64
			began := time.Now()
			_, err := osscall.Read(t.Context(), r.call, func(ctx context.Context) (int, error) {
				take, err := 200*time.Millisecond, c.first
				if n.Add(1) == 2 {
					take, err = 50*time.Millisecond, c.second
				}
				return 0, cmp.Or(answerAfter(ctx, take), err)
			})
			if got := err == nil; got != (c.want < 0) || !got && !osscall.Is(err, c.want) || r.sent.Load() != c.sent ||
				time.Since(began) != c.took {
				t.Errorf("%s: %v after %v, %d requests", name, err, time.Since(began), r.sent.Load())
			}
		})
	}
}

// CopyObject may land twice, a second InitiateMultipartUpload leaves an upload open.
func TestOnlyWhatReadsOrMayBeCarriedOutTwiceIsSentASecondTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReads(t)
		slow := func(ctx context.Context) error { return answerAfter(ctx, time.Second) }
		for again, want := range map[bool]int64{false: 1, true: 2} {
			r.sent.Store(0)
			r.call.Again = again
			if err := r.call.Do(t.Context(), slow); err != nil || r.sent.Load() != want {
				t.Errorf("again %t: sent %d times, %v", again, r.sent.Load(), err)
			}
		}
	})
}
