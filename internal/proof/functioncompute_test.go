package proof

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// maxAttempts is how often an invocation is attempted before the test fails. FC gives up after three attempts; most
// programs go on, because they check what holds when every event was handled; see [givingUp] for the others.
const maxAttempts = 30

// expectedCodes are the errors of attempts in which nothing has gone wrong.
var expectedCodes = []string{"Stopped", "OtherCopyFailed", "Restoring", "Settling", "TooManyDeletions", "NoVersioning"}

// deliver hands a payload to an instance of the function, after the delay of the delivery.
func (w *world) deliver(ctx context.Context, d delivery, announced []payload) {
	if len(announced) == 0 {
		return
	}
	pause(ctx, d.after)
	p := announced[len(announced)-1]
	if d.batched && len(announced) > 1 {
		var err error
		if p, err = batchPayloads(announced[0], p); err != nil {
			w.addViolation("combine payloads: %v", err)
		}
	}
	w.invoke(ctx, d, p)
}

// invoke runs an invocation as FC does: it retries, with a growing retry count, until an attempt succeeds. A retry
// starts after all that the attempts before it have sent has taken effect, or never will; docs/design.md assumes that.
func (w *world) invoke(ctx context.Context, d delivery, p payload) {
	n := w.nextInvocation()
	if n >= len(accessKeys) {
		return
	}
	for count := 0; count < w.program.removals.mostAttempts(); count++ {
		a := w.newAttempt("invocation", n, count, d)
		if count > 0 {
			a.correctBefore = w.correctDestinations()
		}
		within, cancel := context.WithTimeout(context.WithValue(ctx, attemptKey{}, a), d.timeout)
		a.cancel = cancel
		w.attemptStarts(a, p)
		w.logf("%s starts, with %s", a.name, describePayload(p))
		a.handler = w.instance(d.instance)
		response, err := a.handler.Handle(within, relay.Invocation{
			RequestID: a.name, RetryCount: count, Credentials: credentialsOf(a.accessKey),
		}, p.body)
		a.stopTimers()
		cancel()
		if a.killed() {
			w.replaceInstance(d.instance)
		} else {
			w.judgeReport(a, p, response, err)
		}
		w.abandonedOver(a)
		if err == nil && !a.killed() {
			return
		}
		pause(ctx, min(time.Second<<count, 20*time.Second)+time.Duration(n)*time.Microsecond)
	}
	w.giveUp(n, p)
}

// nextInvocation returns the number of a new invocation.
func (w *world) nextInvocation() int {
	w.mu.Lock()
	w.invocations++
	n := w.invocations
	w.mu.Unlock()
	if n >= len(accessKeys) {
		w.addViolation("invocations in an endless loop")
	}
	return n
}

// newAttempt returns an attempt of an invocation, with what goes wrong in it.
func (w *world) newAttempt(what string, invocation, count int, d delivery) *attempt {
	a := &attempt{world: w, name: fmt.Sprintf("%s %d.%d", what, invocation, count), accessKey: accessKeys[invocation],
		killSignal: make(chan struct{}), start: time.Now()}
	if count < len(d.disruptions) {
		a.disruption = &d.disruptions[count]
	}
	return a
}

// abandonedOver waits until all requests of an attempt have taken effect, or never will.
func (w *world) abandonedOver(a *attempt) {
	a.inFlightGroup.Wait()
	for _, id := range w.idsOf(a.accessKey) {
		<-w.faults.injector.Settled(id)
	}
}

// attemptStarts records that an attempt to handle a payload starts.
func (w *world) attemptStarts(a *attempt, p payload) {
	w.mu.Lock()
	w.attempts[a.accessKey] = a
	w.mu.Unlock()
	w.recordHandled(p)
}

// recordHandled records that a payload begins to be handled.
func (w *world) recordHandled(p payload) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range p.records {
		if r.version != nil {
			w.history.eventHandled(r.version)
		}
		w.history.handled(r.key, r.removal, time.Since(w.start))
	}
}

func describePayload(p payload) (all []string) {
	for _, r := range p.records {
		s := r.key
		if r.version != nil {
			s = fmt.Sprintf("%s#%d", r.key, r.version.number)
		}
		all = append(all, s)
	}
	return all
}

// judgeReport checks the report of an attempt: every object of the payload is in it, with every copy that the rules ask
// for; no transient failure is marked permanent; and an object that no rule matches took no request.
func (w *world) judgeReport(a *attempt, p payload, response []byte, err error) {
	if err != nil {
		var failure *relay.Failure
		if !errors.As(err, &failure) {
			w.addViolation("%s: the error is not a report: %v", a.name, err)
			return
		}
		response = []byte(failure.Error())
	}
	report, bad := relay.ReadReport(response)
	if bad != nil || len(report.Objects) != len(p.records) {
		w.addViolation("%s: the payload has %d objects, the report is %s (%v)", a.name, len(p.records), response, bad)
		return
	}
	if a.panicked.Load() && !slices.ContainsFunc(report.Objects, func(o relay.ObjectReport) bool {
		return slices.ContainsFunc(reportErrors(o), func(e *osscall.Error) bool { return e.Code == "Panic" })
	}) {
		w.addViolation("%s: a panic is not in the report: %s", a.name, response)
	}
	wanted := false
	for i, r := range p.records {
		o := report.Objects[i]
		w.logf("%s reports %s", a.name, describeReport(o))
		follows := r.removal && (w.ruleset.follows() || w.ruleset.moves) || r.restored && w.ruleset.restores
		wanted = wanted || follows
		if o.Bucket != sourceBucket || o.Key != r.key ||
			r.version == nil && fromUser(r.key) && o.Ignored == "" && !follows {
			w.addViolation("%s: the report has %+v for key %s", a.name, o, r.key)
		}
		for _, e := range reportErrors(o) {
			if e.Permanent && !w.mayLackVersions(e) {
				w.addViolation("%s: the failure of %s is marked permanent: %v", a.name, r.key, e)
			}
			if !slices.Contains(expectedCodes, e.Code) && r.version != nil && a.undisturbed() &&
				!a.othersEndedAll(e) && (w.program.withoutFaults() || w.destinationsCorrect(r.version)) {
				w.addViolation("%s: failed without a fault: %v", a.name, e)
			}
		}
		for j := range w.ruleset.expected {
			if want := &w.ruleset.expected[j]; r.version != nil && want.matches(r.version) {
				wanted = true
				destination := "oss://" + want.bucket + "/" + want.keyOf(r.version)
				if !slices.ContainsFunc(o.Copies, func(c relay.CopyReport) bool {
					return c.Rule == want.rule && c.Destination == destination
				}) {
					w.addViolation("%s: the report lacks the copy of rule %s to %s", a.name, want.rule, destination)
				}
			}
		}
	}
	if !wanted && a.requests > 0 {
		w.addViolation("%s: %d requests, but no rule matches", a.name, a.requests)
	}
}

func reportErrors(o relay.ObjectReport) (all []*osscall.Error) {
	if o.Error != nil {
		all = append(all, o.Error)
	}
	for _, c := range o.Copies {
		if c.Error != nil {
			all = append(all, c.Error)
		}
	}
	return all
}

func describeReport(o relay.ObjectReport) string {
	s := o.Key
	if o.Ignored != "" {
		s += " ignored"
	}
	for _, c := range o.Copies {
		s += fmt.Sprintf("; %s %s", c.Destination, c.Outcome.Result)
	}
	for _, e := range reportErrors(o) {
		s += "; " + e.Error()
	}
	return s
}

var uploadIDInState = regexp.MustCompile(`"upload_id":"(\w+)"`)

// judge checks the history of the destinations and the leftover uploads, after everything has ended.
func (w *world) judge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, w.history.violations(w.ruleset.expected)...)
	inState := slices.Collect(maps.Values(w.inState))
	for _, bucket := range []string{sourceBucket, mirrorBucket, secondBucket} {
		for _, u := range w.Uploads(bucket) {
			if !slices.Contains(inState, u.ID) && !w.mayStayOpen(u.ID) {
				w.violations = append(w.violations, fmt.Sprintf(
					"%s/%s: upload %s of %s is a leftover, in no state object",
					bucket, u.Key, u.ID, w.initiators[u.ID].name))
			}
		}
	}
}

// mayStayOpen reports whether an upload may stay open without a state object: nobody received its id; or who received
// it was killed before a state object had it, got no reply to its abort, or, where state is off, got no reply to a
// part. All these uploads are left to the lifecycle rule of the bucket.
func (w *world) mayStayOpen(id string) bool {
	owner := w.initiators[id]
	return owner == nil || w.abortUnanswered[id] || w.program.withoutState && w.partUnanswered[id] ||
		owner.killed() && !w.onceInState[id]
}
