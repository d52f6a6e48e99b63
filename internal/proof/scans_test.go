package proof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/existing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// scan looks through the objects that are there, while events are handled and the user changes objects.
type scan struct {
	kind      scanKind
	at        time.Duration // since the start of the program
	olderThan time.Duration // of a sweep: younger objects are left to their events
	// runs are the invocations of a sweep, until it is complete; or the processes of a backfill, which goes on until it
	// is, or the one of a comparison. What goes wrong in each is its first disruption.
	runs []delivery
}

type scanKind int

const (
	scanSweep     scanKind = iota // a timer invokes the function
	scanBackfill                  // afterput backfill --job
	scanDiff                      // afterput diff
	scanLeftovers                 // afterput backfill --delete-extra
)

var scanNames = []string{"sweep", "backfill", "diff", "backfill --delete-extra"}

func (s scan) String() string {
	text := scanNames[s.kind]
	if s.kind == scanSweep {
		text += fmt.Sprintf(" older than %v", s.olderThan)
	}
	for _, d := range s.runs {
		text += fmt.Sprintf("; after %v, for %v", d.after, d.timeout)
		for _, k := range d.disruptions {
			text += fmt.Sprintf(", %s request %d (%v)", disruptionNames[k.kind], k.request, k.after)
		}
	}
	return text
}

// losesEvents reports whether a program ends with a sweep that has to find what events have not copied.
func (p *program) losesEvents() bool {
	return len(p.scans) > 0 || p.removals.losesEvents() ||
		slices.ContainsFunc(p.steps, func(s step) bool { return s.lost })
}

// loseEvents makes a program one in which events are lost, with more objects and with scans beside the events.
func (p *program) loseEvents(r *rand.Rand) {
	if r.IntN(6) == 0 {
		p.ruleset = askingRuleset
		p.steps = slices.DeleteFunc(p.steps, func(s step) bool { return s.kind == stepPutSymlink })
	}
	for i := range r.IntN(8) {
		p.steps = append(p.steps, step{
			kind: stepPut, key: fmt.Sprintf("in/more-%d", r.IntN(6)), at: randomDuration(r, 0, 12*time.Second),
			content: 100 + i, size: []int{30 + r.IntN(30), 130 << 10}[max(0, r.IntN(5)-3)],
			attributes: attributeSets[r.IntN(len(attributeSets))], tags: tagSets[r.IntN(len(tagSets))],
			deliveries: []delivery{p.drawDelivery(r)},
		})
	}
	for i := range p.steps {
		if s := &p.steps[i]; r.IntN(3) == 0 {
			s.lost, s.deliveries = true, nil
		}
	}
	p.pageSize = 1 + r.IntN(3)
	if r.IntN(4) == 0 {
		p.pageSize = 0
	}
	for range 1 + r.IntN(3) {
		p.scans = append(p.scans, p.drawScan(r))
	}
	if len(p.faults) > 0 && r.IntN(2) == 0 {
		f := drawFault(r)
		if f.Corrupt == nil && !f.IgnoreRange && !f.WithoutETag {
			f.Operations = []string{"ListObjectsV2"}
		}
		p.faults = append(p.faults, f)
	}
}

// drawScan draws a scan.
func (p *program) drawScan(r *rand.Rand) scan {
	s := scan{
		kind: []scanKind{scanSweep, scanSweep, scanBackfill, scanDiff}[r.IntN(4)],
		at:   randomDuration(r, 0, 25*time.Second), olderThan: randomDuration(r, 0, 5*time.Second),
	}
	runs := 1 + r.IntN(5)
	if s.kind == scanDiff {
		runs = 1
	}
	for range runs {
		d := p.drawDelivery(r)
		d.disruptions, d.timeout = nil, []time.Duration{
			randomDuration(r, 200*time.Millisecond, 600*time.Millisecond),
			randomDuration(r, 600*time.Millisecond, 3*time.Second), randomDuration(r, 3*time.Second, time.Minute),
		}[r.IntN(3)]
		if r.IntN(2) == 0 {
			d.disruptions = []disruption{{
				kind: disruptionKind(r.IntN(int(panicInSend) + 1)), request: 1 + r.IntN(60),
				after: randomDuration(r, 0, 500*time.Millisecond),
			}}
		}
		s.runs = append(s.runs, d)
	}
	return s
}

// smallerScans returns every program whose scan i has one thing less.
func (p program) smallerScans(i int) (all []program) {
	for j, d := range p.scans[i].runs {
		if j > 0 {
			q := p.clone()
			q.scans[i].runs = slices.Delete(q.scans[i].runs, j, j+1)
			all = append(all, q)
		}
		if len(d.disruptions) > 0 {
			q := p.clone()
			q.scans[i].runs[j].disruptions = nil
			all = append(all, q)
		}
	}
	return all
}

// runScan runs a scan at its time.
func (w *world) runScan(ctx context.Context, s scan) {
	pause(ctx, s.at)
	switch s.kind {
	case scanSweep:
		for _, d := range s.runs {
			pause(ctx, d.after)
			if p, err := w.sweep(ctx, d, s.olderThan); err == nil && p.Complete {
				return
			}
		}
	case scanBackfill:
		w.backfill(ctx, s)
	case scanLeftovers:
		if err := w.leftovers(ctx, s.runs[0]); err != nil {
			w.abandonDeletions()
		}
	case scanDiff:
		_ = w.inAttempt(ctx, "diff", s.runs[0], func(ctx context.Context, a *attempt) error {
			a.onlyReads = true
			_, _, err := w.compare(ctx, a, false)
			return err
		})
	}
}

// inAttempt runs something whose requests are those of an attempt, and waits until they have taken effect. The error of
// an attempt that was killed is errKilled.
func (w *world) inAttempt(
	ctx context.Context, name string, d delivery, run func(context.Context, *attempt) error,
) error {
	n := w.nextInvocation()
	if n >= len(accessKeys) {
		return errors.New("too many invocations")
	}
	a := w.newAttempt(name, n, 0, d)
	a.listed, a.correctBefore = true, w.correctDestinations()
	w.mu.Lock()
	w.attempts[a.accessKey] = a
	w.mu.Unlock()
	ctx, a.cancel = context.WithCancel(context.WithValue(ctx, attemptKey{}, a))
	w.logf("%s starts", a.name)
	err := run(osscall.WithCredentials(ctx, credentialsOf(a.accessKey)), a)
	a.stopTimers()
	a.cancel()
	if a.killed() {
		err = errKilled
	}
	w.logf("%s ends: %v", a.name, err)
	w.noteAbandoned(func(e *effect) bool { return e.accessKey == a.accessKey })
	w.abandonedOver(a)
	return err
}

// sweep invokes the function as a timer does that orders a sweep. Function Compute kills the function at the time-out:
// a sweep must have returned before. What earlier sweeps have sent has taken effect, or never will; docs/design.md
// assumes that.
func (w *world) sweep(ctx context.Context, d delivery, olderThan time.Duration) (p *existing.SweepProgress, err error) {
	window := existing.Window{ModifiedWithin: "24h", OlderThan: olderThan.String()}
	w.mu.Lock()
	ended := slices.Clone(w.endedSweeps)
	w.mu.Unlock()
	for _, a := range ended {
		w.abandonedOver(a)
	}
	err = w.inAttempt(ctx, "sweep", d, func(ctx context.Context, a *attempt) error {
		defer func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.endedSweeps = append(w.endedSweeps, a)
		}()
		ctx, cancel := context.WithTimeout(ctx, d.timeout)
		defer cancel()
		handler := w.instance(d.instance)
		sweeper := existing.Sweeper{Rules: relay.Fixed(w.set), Handler: handler, Copier: handler.Copier,
			OSS: w.pages(), Region: region, State: w.stateLocation(), Log: discardLog}
		response, failed := sweeper.Sweep(ctx, relay.Invocation{
			RequestID: a.name, Credentials: credentialsOf(a.accessKey)}, window, nil)
		if a.killed() {
			w.replaceInstance(d.instance)
			return errKilled
		}
		if took := time.Since(a.start); took > d.timeout {
			w.addViolation("%s: a sweep must end before its time-out, after %v; it took %v", a.name, d.timeout, took)
		}
		if failed != nil {
			return failed
		}
		var report existing.SweepReport
		if err := json.Unmarshal(response, &report); err != nil || report.Sweep == nil {
			w.addViolation("%s: the report is %s (%v)", a.name, response, err)
			return errors.New("no report")
		}
		p = report.Sweep
		w.judgeComplete(a, p)
		w.logf("%s reports %+v", a.name, *p)
		return nil
	})
	return p, err
}

// region is where the buckets are.
const region = "cn-hangzhou"

// backfill runs the processes of a backfill until one has completed the job, and then hands the failures to the
// function again, as afterput replay does.
func (w *world) backfill(ctx context.Context, s scan) {
	store := existing.NewMemory()
	var correct map[string]correctDestination // when the job began
	var processes []string                    // their access keys
	for n := 0; ; n++ {
		d := delivery{after: 10 * time.Second}
		if n < len(s.runs) {
			d = s.runs[n]
		}
		pause(ctx, d.after)
		err := w.inAttempt(ctx, "backfill", d, func(ctx context.Context, a *attempt) error {
			if n == 0 {
				correct = maps.Clone(a.correctBefore)
			}
			a.correctBefore = w.ofJob(correct, a.correctBefore, processes)
			processes = append(processes, a.accessKey)
			return w.goOnWith(ctx, a, mortal{store, a})
		})
		if err == nil {
			break
		}
		if n == maxAttempts {
			w.addViolation("the backfill is not complete after %d processes: %v", n, err)
			return
		}
	}
	job, err := existing.Open(ctx, w.job(store, w.newHandler(unlimited)))
	if err != nil {
		w.addViolation("the backfill that is complete cannot be opened: %v", err)
		return
	}
	w.judgeBackfill(job.Counts())
	err = job.Failures(ctx, func(line []byte) error { w.replay(ctx, line); return nil })
	if err != nil {
		w.addViolation("the failures of the backfill: %v", err)
	}
}

// ofJob returns the destinations that a process of a backfill must not write: those that were correct when the job
// began, and those that the processes before it have made so.
func (w *world) ofJob(atFirst, now map[string]correctDestination, processes []string) map[string]correctDestination {
	all := maps.Clone(atFirst)
	w.mu.Lock()
	defer w.mu.Unlock()
	for place, c := range now {
		if slices.Contains(processes, w.writtenBy[place]) {
			all[place] = c
		}
	}
	return all
}

// goOnWith is one process of a backfill.
func (w *world) goOnWith(ctx context.Context, a *attempt, store existing.Store) error {
	handler := w.newHandler(unlimited)
	job, err := existing.Open(ctx, w.job(store, handler))
	if err != nil {
		return err
	}
	if err := job.Compare(ctx); err != nil {
		return err
	}
	w.logf("%s has compared: %+v", a.name, job.Counts())
	inv := relay.Invocation{RequestID: a.name, Credentials: credentialsOf(a.accessKey)}
	return job.ByEngine(ctx, handler, inv, 4, func(o relay.ObjectReport) {
		w.logf("%s reports %s", a.name, describeReport(o))
	})
}

// job is a job about all objects.
func (w *world) job(store existing.Store, handler *relay.Handler) existing.Config {
	return existing.Config{Rules: w.set, RulesDigest: "1", Region: region, Copier: handler.Copier,
		Lister: existing.Lister(w.pages(), handler.Copier, w.set), Store: store,
		Keep: existing.ByDefault, Workers: 4}
}

// replay hands an event to the function, as afterput replay does, until it succeeds.
func (w *world) replay(ctx context.Context, line []byte) {
	for n := 0; n < maxAttempts; n++ {
		err := w.inAttempt(ctx, "replay", delivery{}, func(ctx context.Context, a *attempt) error {
			_, err := w.newHandler(unlimited).Handle(ctx, relay.Invocation{
				RequestID: a.name, Repeated: true, Credentials: credentialsOf(a.accessKey)}, line)
			return err
		})
		if err == nil || w.lacksOnlyVersions(err) {
			return
		}
		pause(ctx, 10*time.Second)
	}
	w.addViolation("an event was replayed in vain: %s", line)
}

// compare compares all objects, as afterput diff does.
func (w *world) compare(
	ctx context.Context, a *attempt, deep bool,
) (findings []existing.Finding, c existing.Counts, err error) {
	config := w.job(existing.NewMemory(), w.newHandler(unlimited))
	config.Keep, config.Deep = nil, deep
	config.Found = func(f existing.Finding) error {
		w.logf("%s finds %+v", a.name, f)
		findings = append(findings, f)
		return nil
	}
	job, err := existing.Open(ctx, config)
	if err == nil {
		err = job.Compare(ctx)
	}
	if err != nil {
		return nil, c, err
	}
	c = job.Counts()
	if why := whyNotSum(c, len(findings)); why != "" {
		w.addViolation("%s: %s: %+v", a.name, why, c)
	}
	return findings, c, nil
}

// pages is a client for scans. If the program says so, listings show few objects at once.
func (w *world) pages() fewAPage { return fewAPage{w.newClient(), w.program.pageSize} }

type fewAPage struct {
	*oss.Client
	most int
}

func (p fewAPage) InvokeOperation(
	ctx context.Context, in *oss.OperationInput, options ...func(*oss.Options),
) (*oss.OperationOutput, error) {
	if p.most > 0 && in.OpName == "ListObjectsV2" {
		in.Parameters["max-keys"] = strconv.Itoa(p.most)
	}
	return p.Client.InvokeOperation(ctx, in, options...)
}

// mortal is the store of a process that may be killed: nothing is written after that.
type mortal struct {
	existing.Store
	*attempt
}

func (m mortal) Put(ctx context.Context, name string, content []byte) error {
	if m.killed() {
		return errKilled
	}
	return m.Store.Put(ctx, name, content)
}

// isScan reports whether an attempt is one of a scan.
func (a *attempt) isScan() bool { return a != nil && a.listed }

// judgeRequest checks that an attempt that must only read does so.
func (a *attempt) judgeRequest(req *http.Request) {
	if a.onlyReads && req.Method != http.MethodGet && req.Method != http.MethodHead {
		a.world.addViolation("%s: it must change nothing, and sends %s %s", a.name, req.Method,
			strings.TrimPrefix(req.URL.RequestURI(), "/"))
	}
}
