package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// givingUp is what keeps a program's events from being handled to the end: FC gives an event up after some attempts,
// an instance makes no more deletions in an hour, and nothing is deleted that nothing would bring back.
type givingUp struct {
	attempts      int  // after which an event is given up; 0 for never
	replays       bool // what was given up is replayed in the end; otherwise a sweep, and --delete-extra, must find it
	deletesAnHour int  // AFTERPUT_DELETES_AN_HOUR; 0 for its default
}

// drawGivingUp draws it, and sometimes takes the versioning from buckets whose objects may be deleted only with it.
func (p *program) drawGivingUp(r *rand.Rand) {
	rules, g := &rulesets[p.ruleset], &p.removals
	if r.IntN(3) == 0 {
		g.attempts = 2 + r.IntN(2)
	}
	if rules.follows() && r.IntN(4) == 0 {
		g.deletesAnHour = 1
		p.useOneInstance()
	}
	if rules.keepsVersions {
		g.versionedCopies = r.IntN(4) > 0
		g.suspendedCopies = g.versionedCopies && r.IntN(3) == 0
	}
	if rules.versioned {
		p.versioned = r.IntN(5) > 0
	}
	without := rules.keepsVersions && (!g.versionedCopies || g.suspendedCopies) || rules.versioned && !p.versioned
	if g.attempts == 0 && (g.deletesAnHour > 0 || without) {
		g.attempts = 3
	}
	g.replays = r.IntN(2) == 0
	if rules.moves && g.losesEvents() && len(p.faults) > 0 {
		first := 1 + r.IntN(4)
		p.faults = append(p.faults, fault.Fault{Operations: []string{"DeleteObject"},
			Error: &localoss.Error{Code: localoss.InternalError}, Calls: fault.Calls{First: first, Last: first + 20}})
	}
}

// useOneInstance has one instance handle all events.
func (p *program) useOneInstance() {
	for i := range p.steps {
		for j := range p.steps[i].deliveries {
			p.steps[i].deliveries[j].instance = 0
		}
	}
}

func (g givingUp) String() string {
	return fmt.Sprintf("given up after %d attempts, replayed %t, %d deletions an hour", g.attempts, g.replays,
		g.deletesAnHour)
}

func (g givingUp) mostAttempts() int {
	if g.attempts > 0 {
		return g.attempts
	}
	return maxAttempts
}

func (g givingUp) losesEvents() bool { return g.attempts > 0 && !g.replays }

// simpler returns what is like g with one thing less.
func (g givingUp) simpler() (all []givingUp) {
	if g.deletesAnHour > 0 {
		all = append(all, givingUp{g.attempts, g.replays, 0})
	}
	if g.attempts > 0 {
		all = append(all, givingUp{0, false, g.deletesAnHour})
	}
	return all
}

// givenUp is what the oracle knows of events that were given up.
type givenUp struct {
	events []payload
	// unsettled are the places of copies of their objects, by bucket/key: what an attempt has left there may be that of
	// another version.
	unsettled map[string]bool
	looked    int // how often something was looked at
	deletions map[*relay.Handler][]time.Time
}

func newGivenUp() givenUp {
	return givenUp{unsettled: map[string]bool{}, deletions: map[*relay.Handler][]time.Time{}}
}

// giveUp records that an event is given up.
func (w *world) giveUp(invocation int, p payload) {
	if w.program.removals.attempts == 0 {
		w.addViolation("invocation %d did not succeed in %d attempts", invocation, maxAttempts)
		return
	}
	w.logf("invocation %d is given up", invocation)
	w.mu.Lock()
	defer w.mu.Unlock()
	h := &w.history
	h.events = append(h.events, p)
	for _, r := range p.records {
		if h.current(r.key) == nil {
			h.unheard[r.key] = true
		}
		for i := range w.ruleset.expected {
			e := &w.ruleset.expected[i]
			h.unsettled[e.bucket+"/"+e.keyOf(&sourceVersion{key: r.key})] = true
		}
	}
}

// isGivenUp reports whether the copy of v need not be there, since an event was given up: a sweep has yet to look at
// it, or cannot tell that it is that of another version.
func (h *history) isGivenUp(e *expectedCopy, v *sourceVersion) bool {
	place := e.bucket + "/" + e.keyOf(v)
	states := h.states[place]
	return h.unsettled[place] && (!h.swept ||
		len(states) > 0 && states[len(states)-1].content != nil && h.whyNotNewest(e, v) != "")
}

// replayGivenUp handles again what was given up, as afterput replay does, if the program says so. What failed only
// since nothing would bring an object back fails again.
func (w *world) replayGivenUp(ctx context.Context) {
	if !w.program.removals.replays || len(w.history.events) == 0 {
		return
	}
	pause(ctx, max(0, w.program.faultsEnd-time.Since(w.start))+5*time.Second)
	for _, p := range w.history.events {
		w.recordHandled(p)
		w.replay(ctx, p.body)
	}
	w.awaitRunning()
	w.awaitRestores(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.history.unsettled)
}

// keepsSources reports whether no source can be moved, since nothing would bring it back: every sweep fails then.
func (w *world) keepsSources() bool { return w.ruleset.versioned && !w.program.versioned }

// mayLackVersions reports whether an error rightly says that nothing would bring an object back.
func (w *world) mayLackVersions(e *osscall.Error) bool {
	g, rules := &w.program.removals, w.ruleset
	return e.Code == "NoVersioning" && (rules.keepsVersions && (!g.versionedCopies || g.suspendedCopies) ||
		w.keepsSources())
}

// lacksOnlyVersions reports whether all that failed in an attempt was a deletion that nothing would bring back.
func (w *world) lacksOnlyVersions(err error) bool {
	report, bad := relay.ReadReport([]byte(err.Error()))
	if bad != nil {
		return false
	}
	for _, o := range report.Objects {
		for _, e := range reportErrors(o) {
			if !w.mayLackVersions(e) {
				return false
			}
		}
	}
	return true
}

// suspendVersioning suspends the versioning of the destinations' buckets, if the program says so.
func (w *world) suspendVersioning() error {
	if !w.program.removals.suspendedCopies {
		return nil
	}
	for _, bucket := range []string{mirrorBucket, secondBucket} {
		_, err := w.user.PutBucketVersioning(context.Background(), &oss.PutBucketVersioningRequest{Bucket: &bucket,
			VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionSuspended}})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepsVersion reports whether an object is a version that stays if the object is deleted.
func keepsVersion(o *localoss.Object) bool {
	return o != nil && o.VersionID != "" && o.VersionID != "null"
}

// countDeletion counts the deletion of a copy by an instance. An effect may come some time after the instance has
// counted it. The caller holds mu.
func (w *world) countDeletion(call *localoss.Call) {
	limit, a := w.program.removals.deletesAnHour, w.attempts[w.callerOf(call.AccessKeyID)]
	if limit == 0 || call.Bucket == sourceBucket || a == nil || a.handler == nil {
		return
	}
	times := append(w.history.deletions[a.handler], time.Now())
	w.history.deletions[a.handler] = times
	if n := len(times) - 1 - limit; n >= 0 && times[len(times)-1].Sub(times[n]) < 50*time.Minute {
		w.violations = append(w.violations, fmt.Sprintf("%s: more than %d deletions an hour", a.name, limit))
	}
}
