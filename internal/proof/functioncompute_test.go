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

// mostTries is how often an invocation may be tried before it counts as never
// succeeding. Function Compute gives up after three; here the properties are
// judged, so it goes on.
const mostTries = 30

// deliver hands a payload to an instance when its time has come.
func (w *world) deliver(ctx context.Context, d delivery, announced []payload) {
	if len(announced) == 0 {
		return
	}
	pause(ctx, d.after)
	p := announced[len(announced)-1]
	if d.batched && len(announced) > 1 {
		var err error
		if p, err = together(announced[0], p); err != nil {
			w.wrong("payloads: %v", err)
		}
	}
	w.invoke(ctx, d, p)
}

// invoke runs an invocation as Function Compute does: again, with a count, until
// it succeeds. A retry runs when all that the tries before sent has taken effect,
// or never will; that is assumed in docs/design.md.
func (w *world) invoke(ctx context.Context, d delivery, p payload) {
	w.mu.Lock()
	w.invoked++
	n := w.invoked
	w.mu.Unlock()
	if n >= len(keys) {
		w.wrong("invocations without end")
		return
	}
	for count := 0; count < mostTries; count++ {
		t := &try{world: w, name: fmt.Sprintf("invocation %d.%d", n, count), key: keys[n],
			dead: make(chan struct{}), began: time.Now()}
		if count > 0 {
			t.stood = w.standing()
		}
		if count < len(d.strikes) {
			t.strike = &d.strikes[count]
		}
		within, cancel := context.WithTimeout(context.WithValue(ctx, tryKey{}, t), d.timeout)
		t.cancel = cancel
		w.begins(t, p)
		w.logf("%s begins, of %s", t.name, names(p))
		answer, err := w.instance(d.instance).Handle(within, relay.Invocation{
			RequestID: t.name, RetryCount: count, Credentials: osscall.Credentials{AccessKeyID: t.key, AccessKeySecret: t.key, SecurityToken: t.key},
		}, p.body)
		t.end()
		cancel()
		if t.killed() {
			w.replace(d.instance)
		} else {
			w.read(t, p, answer, err)
		}
		t.flying.Wait()
		<-w.weather.faults.Settled(t.key)
		if err == nil && !t.killed() {
			return
		}
		pause(ctx, min(time.Second<<count, 20*time.Second)+time.Duration(n)*time.Microsecond)
	}
	w.wrong("invocation %d does not succeed in %d tries", n, mostTries)
}

// begins is when a try of a payload begins.
func (w *world) begins(t *try, p payload) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries[t.key] = t
	for _, r := range p.records {
		if r.upload != nil {
			w.history.handles(r.upload)
		}
	}
}

func names(p payload) (all []string) {
	for _, r := range p.records {
		s := r.key
		if r.upload != nil {
			s = fmt.Sprintf("%s#%d", r.key, r.upload.n)
		}
		all = append(all, s)
	}
	return all
}

// read judges the report of a try: every object of the payload is in it, with
// every copy that the rules ask for; nothing that passes is called permanent;
// and what nobody wants cost no request.
func (w *world) read(t *try, p payload, answer []byte, err error) {
	if err != nil {
		var failure *relay.Failure
		if !errors.As(err, &failure) {
			w.wrong("%s: an error that is no report: %v", t.name, err)
			return
		}
		answer = []byte(failure.Error())
	}
	report, bad := relay.ReadReport(answer)
	if bad != nil || len(report.Objects) != len(p.records) {
		w.wrong("%s: the payload has %d objects, the report is %s (%v)", t.name, len(p.records), answer, bad)
		return
	}
	if t.panicked.Load() && !slices.ContainsFunc(report.Objects, func(o relay.ObjectReport) bool {
		return slices.ContainsFunc(errorsOf(o), func(e *osscall.Error) bool { return e.Code == "Panic" })
	}) {
		w.wrong("%s: a copy that panicked is not reported as failed: %s", t.name, answer)
	}
	wanted := false
	for i, r := range p.records {
		o := report.Objects[i]
		w.logf("%s reports %s", t.name, outcomes(o))
		if o.Bucket != source || o.Key != r.key || r.upload == nil && fromUser(r.key) && o.Ignored == "" {
			w.wrong("%s: the report has %+v for %s", t.name, o, r.key)
		}
		for _, e := range errorsOf(o) {
			if e.Permanent {
				w.wrong("%s: %s is reported as permanent: %v", t.name, r.key, e)
			}
			if e.Code != "Stopped" && r.upload != nil && t.clean() && (w.program.faultless() || w.inPlace(r.upload)) {
				w.wrong("%s: fails although nothing was faulty: %v", t.name, e)
			}
		}
		for j := range w.rules.wants {
			if want := &w.rules.wants[j]; r.upload != nil && want.selects(r.upload) {
				wanted = true
				at := "oss://" + want.bucket + "/" + want.at(r.upload)
				if !slices.ContainsFunc(o.Copies, func(c relay.CopyReport) bool { return c.Rule == want.rule && c.Destination == at }) {
					w.wrong("%s: the report lacks the copy of rule %s to %s", t.name, want.rule, at)
				}
			}
		}
	}
	if !wanted && t.sent > 0 {
		w.wrong("%s: %d requests for what no rule wants", t.name, t.sent)
	}
}

func errorsOf(o relay.ObjectReport) (all []*osscall.Error) {
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

func outcomes(o relay.ObjectReport) string {
	s := o.Key
	if o.Ignored != "" {
		s += " ignored"
	}
	for _, c := range o.Copies {
		s += fmt.Sprintf("; %s %s", c.Destination, c.Outcome.Result)
	}
	for _, e := range errorsOf(o) {
		s += "; " + e.Error()
	}
	return s
}

var stateID = regexp.MustCompile(`"upload_id":"(\w+)"`)

// judge judges the whole, now that all is quiet.
func (w *world) judge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = append(w.wrongs, w.history.judge(w.rules.wants)...)
	named := slices.Collect(maps.Values(w.named))
	for _, bucket := range []string{source, mirror, second} {
		for _, u := range w.Uploads(bucket) {
			if !slices.Contains(named, u.ID) && !w.excused(u.ID) {
				w.wrongs = append(w.wrongs, fmt.Sprintf("%s/%s: upload %s of %s is left open and nothing names it", bucket, u.Key, u.ID, w.owners[u.ID].name))
			}
		}
	}
}

// excused says that an upload may be open although nothing names it: nobody was
// told its id; or whoever was told was killed before a state object named it; or
// was not answered when it aborted it, or, where nothing is to be remembered, when it
// copied a part; all of which is left to the bucket's lifecycle rule.
func (w *world) excused(id string) bool {
	owner := w.owners[id]
	return owner == nil || w.deaf[id] || w.program.forget && w.partless[id] || owner.killed() && !w.ever[id]
}
