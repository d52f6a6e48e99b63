package proof

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"afterput/internal/localoss"
)

// effect is what an accepted request does, once.
type effect struct {
	by      string // access key: whose invocation's
	place   string
	version string // what a CopyObject copies; "" for any other request
	sent    time.Time
	stood   time.Time // since when it has landed
	land    func() *localoss.Response
	unheard bool // its sender got no usable answer, or waits no more
}

// effects are those that are still to come, and whose copy stands where.
//
// They hold one assumption of docs/design.md: of two copies of one upload that
// nobody can tell apart, none is still to come once an invocation was shown the
// other in its place. So a copy whose sender has no answer takes effect as soon as
// another invocation's copy of the same version lands there, or at once where that
// landed in the second in which this one was sent, or in the one before (OSS tells its
// time in whole seconds). Anything else lands when it
// lands: a copy of an older version after a newer one's, too.
type effects struct {
	mu     sync.Mutex
	coming []*effect
	stands map[string]*effect // by place
}

// accept takes note of what the call will do with next.
func (w *world) accept(call *localoss.Call, next func() *localoss.Response) *effect {
	e := &effect{by: call.AccessKeyID, place: call.Bucket + "/" + call.Key, sent: time.Now(), land: sync.OnceValue(next)}
	if !slices.Contains(landing, call.Name) || call.Failed != "" {
		return e // puts nothing in place
	}
	if call.Source != nil {
		if o, there := w.Object(call.Source.Bucket, call.Source.Key); there {
			e.version = fmt.Sprint(call.Source.Bucket, "/", o.Key, " ", o.ETag, " ", o.LastModified)
		}
	}
	w.effects.mu.Lock()
	defer w.effects.mu.Unlock()
	w.effects.coming = append(w.effects.coming, e)
	return e
}

// landed is when e has taken effect, now or before.
func (w *world) landed(e *effect) {
	w.effects.mu.Lock()
	if !slices.Contains(w.effects.coming, e) {
		w.effects.mu.Unlock()
		return
	}
	e.stood = time.Now()
	w.effects.stands[e.place] = e
	w.effects.take(func(o *effect) bool { return o == e })
	twins := w.effects.take(func(o *effect) bool { return o.unheard && o.twin(e) })
	w.effects.mu.Unlock()
	w.landNow(twins)
}

// over is when e has taken effect, or never will.
func (w *world) over(e *effect) {
	w.effects.mu.Lock()
	defer w.effects.mu.Unlock()
	w.effects.take(func(o *effect) bool { return o == e })
}

// unheard is when nobody waits any more for the answer to a request whose effect
// may be still to come.
func (w *world) unheard(is func(*effect) bool) {
	w.effects.mu.Lock()
	twins := w.effects.take(func(o *effect) bool {
		if !is(o) {
			return false
		}
		o.unheard = true
		s := w.effects.stands[o.place]
		return s != nil && o.twin(s) && !s.stood.Before(o.sent.Add(-time.Second).Truncate(time.Second))
	})
	w.effects.mu.Unlock()
	w.landNow(twins)
}

// twin reports whether the two are copies of one version by two invocations.
func (e *effect) twin(o *effect) bool {
	return e.place == o.place && e.version != "" && e.version == o.version && e.by != o.by
}

// take removes effects from those that are coming. The caller holds the lock.
func (s *effects) take(which func(*effect) bool) (taken []*effect) {
	s.coming = slices.DeleteFunc(s.coming, func(e *effect) bool {
		is := which(e)
		if is {
			taken = append(taken, e)
		}
		return is
	})
	return taken
}

func (w *world) landNow(all []*effect) {
	for _, e := range all {
		w.logf("    OSS: the copy of %s to %s lands now, not to be told from the one that stands", e.by, e.place)
		e.land()
	}
}
