package proof

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"afterput/internal/existing"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
)

// eventLost records that an event is lost. It is then for a sweep to find its version, if that is still the current
// one.
func (w *world) eventLost(p payload) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := p.records[len(p.records)-1]
	if r.version == nil {
		return
	}
	w.log = append(w.log, fmt.Sprintf("%10v the event of %s#%d is lost", time.Since(w.start), r.key, r.version.number))
	if w.history.current(r.key) == r.version {
		w.history.lost[r.key] = true
	}
}

// hidesLoss reports whether no sweep can find that the copy of v is missing: a listing shows no tags and no ACL of an
// object that is changed in place; who uploaded an object is not known; and a destination that was put in the second
// of its source, or so by a clock that is ahead, may have been put later than that, by others.
func (h *history) hidesLoss(e *expectedCopy, v *sourceVersion) bool {
	if e.isInPlace(v) || e.asksEvent {
		return true
	}
	states := h.states[e.bucket+"/"+e.keyOf(v)]
	if len(states) == 0 || states[len(states)-1].content == nil {
		return false
	}
	older := v.putAt.Truncate(time.Second) - states[len(states)-1].at.Truncate(time.Second)
	return older >= 0 && older <= max(0, h.ahead)
}

// noteAbandoned records the places where effects of scans are still to come although nobody waits for them any more.
func (w *world) noteAbandoned(unheard func(*effect) bool) {
	w.effects.mu.Lock()
	abandoned := slices.DeleteFunc(slices.Clone(w.effects.pending), func(e *effect) bool { return !unheard(e) })
	w.effects.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range abandoned {
		if w.attempts[e.accessKey].isScan() {
			w.history.abandoned[e.place] = true
		}
	}
}

// mustNotWrite says why an attempt must not write a place, "" if it may.
func (a *attempt) mustNotWrite(place string) string {
	if a.onlyReads {
		return "although everything is in place"
	}
	if a.listed && slices.ContainsFunc(a.world.ruleset.expected, func(e expectedCopy) bool {
		return e.asksEvent && strings.HasPrefix(place, e.bucket+"/")
	}) {
		return "although only the event says whether the rule wants that"
	}
	return ""
}

// findLostEvents sweeps after everything has ended, and checks that the sweep has found what lost events left out, that
// it leaves nothing behind, that nothing is left for another sweep, and that a comparison says so.
func (w *world) findLostEvents(ctx context.Context) {
	pause(ctx, max(0, w.program.faultsEnd-time.Since(w.start))+5*time.Second)
	quiet := time.Now()
	if !w.sweepAll(ctx, quiet) {
		return
	}
	if w.ruleset.restores { // the sweeps have begun some
		w.awaitRestores(ctx)
		pause(ctx, 5*time.Second)
		if !w.sweepAll(ctx, time.Now()) {
			return
		}
	}
	w.mu.Lock()
	w.history.swept = true
	w.mu.Unlock()
	w.judge()
	w.judgeMoves()
	if !w.program.delaysWrites() {
		w.judgeLeftovers()
	}
	before := len(w.violations)
	_ = w.inAttempt(ctx, "diff", delivery{}, func(ctx context.Context, a *attempt) error {
		a.onlyReads = true
		for _, deep := range []bool{false, true} {
			findings, counts, err := w.compare(ctx, a, deep)
			if err != nil {
				w.addViolation("%s: %v", a.name, err)
				continue
			}
			w.judgeFindings(a, findings, deep)
			w.judgeCounts(a, counts)
		}
		return nil
	})
	if len(w.violations) == before {
		w.sweepInVain(ctx)
	}
}

// sweepAll sweeps until a sweep is complete that looked at everything that was put before quiet.
func (w *world) sweepAll(ctx context.Context, quiet time.Time) bool {
	const most = 10
	for range most {
		p, err := w.sweep(ctx, delivery{timeout: time.Minute}, time.Second)
		switch {
		case err != nil:
			w.addViolation("a sweep without faults fails: %v", err)
			return false
		case p.Complete && p.Failed > 0 && p.Before.After(quiet.Add(-2*time.Second)):
			w.addViolation("a sweep without faults could not copy everything: %+v", *p)
		case p.Complete && p.Since.Before(w.start) && p.Before.After(quiet.Add(-2*time.Second)) && !w.triesAgain():
			return true
		}
		wait := 3 * time.Minute // so that the lock of one that was killed has ended
		if w.program.removals.deletesAnHour > 0 {
			wait = 20 * time.Minute // and the instance may delete again
		}
		pause(ctx, wait)
	}
	w.addViolation("%d sweeps are not complete", most)
	return false
}

// triesAgain reports whether sweeps have left something for the next one to try again.
func (w *world) triesAgain() bool {
	_, is := w.Object(mirrorBucket, state.DefaultPrefix+"sweep/again.jsonl")
	return is
}

// delaysWrites reports whether a write of a sweep's files may take effect when another sweep has removed them: because
// it was slow, or since its sender was stopped.
func (p *program) delaysWrites() bool {
	sweeps := 0
	for _, s := range p.scans {
		if s.kind == scanSweep {
			sweeps++
		}
	}
	return sweeps > 1 || p.slowShare > 0 || slices.ContainsFunc(p.faults, func(f fault.Fault) bool {
		return (f.Later > 0 || f.Delay > 0) &&
			(slices.Contains(f.Operations, "PutObject") || slices.Contains(f.Operations, "DeleteObject"))
	})
}

// sweepInVain checks that a sweep of what is in place finds nothing and writes nothing.
func (w *world) sweepInVain(ctx context.Context) {
	var before int
	for _, states := range w.history.states {
		before += len(states)
	}
	p, err := w.sweep(ctx, delivery{timeout: time.Minute}, time.Second)
	if err != nil || !p.Complete || p.Missing+p.Older+p.Copied+p.Moved > w.neverReadable() {
		w.addViolation("a second sweep should find nothing: %+v, %v", p, err)
	}
	for _, states := range w.history.states {
		before -= len(states)
	}
	if before != 0 {
		w.addViolation("a second sweep has written %d destinations", -before)
	}
}

// judgeComplete checks that a sweep that is complete has looked at every object that was put in its window and is still
// the same, and that it has found those whose events were lost.
func (w *world) judgeComplete(a *attempt, p *existing.SweepProgress) {
	if !p.Complete {
		return
	}
	// OSS gives the second in which an object was put.
	inWindow := func(t time.Time) bool { return !t.Before(p.Since) && t.Add(time.Second).Before(p.Before) }
	objects := w.Objects(sourceBucket)
	w.mu.Lock()
	defer w.mu.Unlock()
	var least int64
	for _, o := range objects {
		// A version that came back is older than the moment at which it did.
		own := strings.HasPrefix(o.Key, state.DefaultPrefix)
		if !own && inWindow(o.LastModified) && !w.history.withoutEvent[o.Key] {
			least++
		}
	}
	if p.Objects < least {
		w.violations = append(w.violations, fmt.Sprintf("%s: it is complete and has looked at %d of %d objects",
			a.name, p.Objects, least))
	}
	for _, d := range w.history.expectedDestinations(w.ruleset.expected) {
		c, states := d.candidates[0], w.history.states[d.place]
		found := p.Failed+p.Restoring > 0 || len(states) > 0 && states[len(states)-1].content != nil ||
			w.history.mayBeAbsent(d)
		if w.history.lost[c.sourceVersion.key] && !c.asksEvent && !found && !w.history.stillWaits(c.sourceVersion) &&
			inWindow(w.start.Add(c.sourceVersion.putAt).Truncate(time.Second)) {
			w.violations = append(w.violations, fmt.Sprintf("%s: it is complete and has not found that %s is missing",
				a.name, d.place))
		}
	}
}

// judgeLeftovers checks that complete sweeps have left no files.
func (w *world) judgeLeftovers() {
	for _, bucket := range []string{sourceBucket, mirrorBucket, secondBucket} {
		for _, o := range w.Objects(bucket) {
			if strings.HasPrefix(o.Key, state.DefaultPrefix+"sweep/") {
				w.addViolation("%s/%s is left of the sweeps", bucket, o.Key)
			}
		}
	}
}

// judgeFindings checks what a comparison says while nothing happens.
func (w *world) judgeFindings(a *attempt, findings []existing.Finding, deep bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.history.expectedDestinations(w.ruleset.expected)
	for _, f := range findings {
		if f.Verdict == existing.Undecided {
			continue // counted by judgeCounts
		}
		if f.Verdict == existing.Unmoved {
			continue // judged by judgeMoves
		}
		i := slices.IndexFunc(all, func(d destination) bool { return "oss://"+d.place == f.Destination })
		if i < 0 || !w.history.mayFind(f.Verdict, all[i], deep) {
			w.violations = append(w.violations, fmt.Sprintf("%s: deep %t: after a sweep it finds %s %s: %s",
				a.name, deep, f.Verdict, f.Destination, f.Reason))
		}
	}
}

// mayFind reports whether a comparison may say this of a destination that a sweep has looked at.
func (h *history) mayFind(v existing.Verdict, d destination, deep bool) bool {
	c := d.candidates[0]
	switch {
	case v == existing.Shadowed:
		return len(d.candidates) > 1
	case v == existing.Missing || v == existing.Older:
		return h.stillWaits(c.sourceVersion)
	case v != existing.Different:
		return false
	case c.keepsFirst:
		return false
	case d.withoutEvent || len(d.candidates) > 1:
		return true
	}
	if states := h.states[d.place]; len(states) > 0 && states[len(states)-1].isForeign() {
		return true
	}
	changed := len(c.sourceVersion.tagHistory) > 1 || c.anyTags || c.isInPlace(c.sourceVersion)
	return deep && (changed || c.sourceVersion.linkTarget != "")
}

// judgeCounts checks the counts of a comparison of everything while nothing happens.
func (w *world) judgeCounts(a *attempt, c existing.Counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var objects, unwanted, copies, undecided int64
	for _, o := range w.Objects(sourceBucket) {
		if strings.HasPrefix(o.Key, state.DefaultPrefix) {
			continue
		}
		objects++
		wanted := false
		for i := range w.ruleset.expected {
			e := &w.ruleset.expected[i]
			if v := w.history.current(o.Key); v != nil && e.matches(v) {
				wanted = true
				copies++
				if e.asksEvent {
					undecided++
				}
			}
		}
		if !wanted {
			unwanted++
		}
	}
	var counted int64
	for _, v := range existing.Verdicts {
		counted += c.Of(v).Copies
	}
	if c.Objects != objects || c.Unwanted != unwanted || counted != copies ||
		c.Of(existing.Undecided).Copies != undecided {
		w.violations = append(w.violations, fmt.Sprintf("%s: %d objects, %d unwanted, %d copies, %d undecided; "+
			"counted are %+v", a.name, objects, unwanted, copies, undecided, c))
	}
}

// whyNotSum says why the counts of a comparison do not add up, "" if they do.
func whyNotSum(c existing.Counts, findings int) string {
	var copies int64
	for _, v := range existing.Verdicts {
		copies += c.Of(v).Copies
	}
	switch {
	case copies-c.Of(existing.Same).Copies != int64(findings):
		return fmt.Sprintf("%d findings, but other counts", findings)
	case copies < c.Objects-c.Unwanted:
		return "objects without a verdict"
	}
	return ""
}

// judgeBackfill checks the counts of a backfill that is complete.
func (w *world) judgeBackfill(c existing.Counts) {
	todo := c.Of(existing.Missing).Copies + c.Of(existing.Older).Copies + c.Of(existing.Unmoved).Copies
	done := c.Done.Copied.Copies + c.Done.Unchanged.Copies + c.Done.Skipped.Copies + c.Done.Failed.Copies +
		c.Done.Moved.Copies + c.Done.Restoring.Copies
	if todo != done {
		w.addViolation("a backfill of %d copies has counted %d: %+v", todo, done, c)
	}
}
