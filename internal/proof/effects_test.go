package proof

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"afterput/internal/localoss"
)

// effect is what a request that OSS has accepted does, once.
type effect struct {
	accessKey     string // of the invocation that sent the request
	place         string
	copiedVersion string // the source version that a CopyObject or PutObject is meant to copy; "" for others
	sentAt        time.Time
	appliedAt     time.Time // when it took effect
	apply         func() *localoss.Response
	unanswered    bool // its sender got no usable reply, or stopped waiting
}

// effects are the effects still to come, and the last one that took effect at each place.
//
// They keep to an assumption of docs/design.md: of two copies of one version that nobody can tell apart, none is still
// to come after an invocation has seen the other at the destination. So if the sender of a copy has no reply, the copy
// takes effect as soon as another invocation's copy of the same version takes effect at the same place. It takes effect
// immediately if that other copy did so in the second in which this one was sent, or in the second before, because OSS
// gives times in whole seconds. All other effects come when they come: the copy of an older version may even follow
// that of a newer one.
type effects struct {
	mu          sync.Mutex
	pending     []*effect
	lastApplied map[string]*effect // by bucket/key
}

// acceptRequest records what the call will do by calling next.
func (w *world) acceptRequest(call *localoss.Call, next func() *localoss.Response) *effect {
	e := &effect{
		accessKey: w.callerOf(call.AccessKeyID), place: call.Bucket + "/" + call.Key,
		sentAt: time.Now(), apply: sync.OnceValue(next),
	}
	if !places(call) || call.Failed != "" {
		return e // writes no object
	}
	if call.Source != nil {
		e.copiedVersion = w.meantVersion(call)
	}
	if streams(call) {
		w.mu.Lock()
		a := w.attempts[w.callerOf(call.AccessKeyID)]
		w.mu.Unlock()
		e.copiedVersion = a.sentContent(e.place)
	}
	w.effects.mu.Lock()
	defer w.effects.mu.Unlock()
	w.effects.pending = append(w.effects.pending, e)
	return e
}

// meantVersion names the version that the sender of a copy means: the current one, to which the request is pinned.
// The copy of a link has no pin: if an object has replaced the link since the sender has read it, the link is meant.
// Should that object be deleted by its id, the sender cannot tell its copy from another invocation's copy of the link.
func (w *world) meantVersion(call *localoss.Call) string {
	w.mu.Lock()
	a := w.attempts[w.callerOf(call.AccessKeyID)]
	w.mu.Unlock()
	all := w.Versions(call.Source.Bucket, call.Source.Key)
	meant := 0
	if a.sendsUnpinned(call.Bucket + "/" + call.Key) {
		meant = max(0, slices.IndexFunc(all, func(o *localoss.Object) bool { return o.SymlinkTarget != "" }))
	}
	if meant == len(all) {
		return ""
	}
	o := all[meant]
	return fmt.Sprint(call.Source.Bucket, "/", o.Key, " ", o.ETag, " ", o.LastModified)
}

// effectApplied records that e has taken effect, now or before.
func (w *world) effectApplied(e *effect) {
	w.effects.mu.Lock()
	if !slices.Contains(w.effects.pending, e) {
		w.effects.mu.Unlock()
		return
	}
	e.appliedAt = time.Now()
	w.effects.lastApplied[e.place] = e
	w.effects.removePending(func(other *effect) bool { return other == e })
	duplicates := w.effects.removePending(func(other *effect) bool {
		return other.unanswered && other.indistinguishable(e)
	})
	w.effects.mu.Unlock()
	w.applyNow(duplicates)
}

// effectOver records that e has taken effect, or never will.
func (w *world) effectOver(e *effect) {
	w.effects.mu.Lock()
	defer w.effects.mu.Unlock()
	w.effects.removePending(func(o *effect) bool { return o == e })
}

// replyUnheard records that nobody waits any more for the reply to a request whose effect may be still to come.
func (w *world) replyUnheard(unheard func(*effect) bool) {
	w.noteAbandoned(unheard)
	w.effects.mu.Lock()
	duplicates := w.effects.removePending(func(e *effect) bool {
		if !unheard(e) {
			return false
		}
		e.unanswered = true
		last := w.effects.lastApplied[e.place]
		earliest := e.sentAt.Add(-time.Second).Truncate(time.Second)
		return last != nil && e.indistinguishable(last) && !last.appliedAt.Before(earliest)
	})
	w.effects.mu.Unlock()
	w.applyNow(duplicates)
}

// indistinguishable reports whether the two are copies of one version to one place by two invocations.
func (e *effect) indistinguishable(other *effect) bool {
	return e.place == other.place && e.copiedVersion != "" && e.copiedVersion == other.copiedVersion &&
		e.accessKey != other.accessKey
}

// removePending removes effects from the pending ones and returns them. The caller holds s.mu.
func (s *effects) removePending(which func(*effect) bool) (taken []*effect) {
	s.pending = slices.DeleteFunc(s.pending, func(e *effect) bool {
		is := which(e)
		if is {
			taken = append(taken, e)
		}
		return is
	})
	return taken
}

func (w *world) applyNow(all []*effect) {
	for _, e := range all {
		w.logf("    OSS: the copy of %s to %s, like the current one, takes effect now", e.accessKey, e.place)
		e.apply()
	}
}
