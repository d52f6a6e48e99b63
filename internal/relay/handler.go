// Package relay handles invocations: it reads the payload that Function Compute delivers, plans
// copies by the rules, has them made, and reports.
package relay

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// DefaultMargin is how long before an invocation's deadline copying stops.
const DefaultMargin = 5 * time.Second

// Config is what a Handler needs.
type Config struct {
	Rules  RuleSource
	Copier *copier.Copier
	Log    *slog.Logger
	// Margin is how long before the invocation's deadline copying stops, to clean up and to send
	// the report. Default 5 s; at most a quarter of the time that the invocation has.
	Margin time.Duration
}

// Invocation is what Function Compute says about one call of the function.
type Invocation struct {
	RequestID   string
	RetryCount  int // 0 at the first attempt, RetryUnknown where FC does not say
	Credentials osscall.Credentials
	// Repeated says that its events were certainly delivered before, as in a replay.
	Repeated bool

	returned int // how often the object came back after a deletion, see cameBack

	// BucketACLs are shared by all objects; set by Handle.
	BucketACLs *copier.BucketACLs

	// aside runs wait, which waits for the restore of a source, without the record's place among those
	// that are handled at once. nil means that nothing waits.
	aside func(wait func())
}

// report is the report of the invocation before anything is done.
func (inv Invocation) report(objects int) Report {
	return Report{RequestID: inv.RequestID, RetryCount: max(0, inv.RetryCount), Objects: make([]ObjectReport, objects)}
}

// RetryUnknown is the RetryCount of an invocation that may be a retry.
const RetryUnknown = -1

// Handler handles invocations. Its methods may be called from many goroutines.
type Handler struct {
	Config
	remembered remembered
}

// New returns a Handler, whose log lines [Lines] keeps short.
func New(c Config) *Handler {
	if c.Margin == 0 {
		c.Margin = DefaultMargin
	}
	c.Log = slog.New(Lines(c.Log.Handler()))
	return &Handler{Config: c}
}

// Handle makes the copies that the rules want of one payload's objects and returns the report as
// JSON. If anything failed, it returns a [*Failure] with that report instead, so that Function
// Compute retries and its on-failure destination gets the report.
func (h *Handler) Handle(ctx context.Context, inv Invocation, payload []byte) ([]byte, error) {
	ctx = osscall.WithCredentials(ctx, inv.Credentials)
	ctx, cancel := osscall.WithMargin(ctx, h.Margin)
	defer cancel()
	inv.BucketACLs = new(copier.BucketACLs)
	objects, unread := h.parse(inv, payload)
	report := inv.report(len(objects))
	report.Error = unread
	set, version, looked, noRules := h.current(ctx, inv)
	report.Rules = version
	if noRules != nil {
		for i := range objects {
			report.Objects[i] = reportOf(&objects[i])
			report.Objects[i].Error = noRules
		}
	} else {
		b := batch{Handler: h, inv: inv, set: set, objects: objects}
		b.handle(ctx, payload, &report)
	}
	report.sumUp()
	h.log(&report)
	looked()
	return report.answer(payload)
}

// Object makes the copies that the rules want of one object, and logs them, as Handle does for the objects of a
// payload.
func (h *Handler) Object(ctx context.Context, inv Invocation, o events.Object) ObjectReport {
	ctx = osscall.WithCredentials(ctx, inv.Credentials)
	report := inv.report(1)
	set, version, looked, failed := h.current(ctx, inv)
	report.Rules = version
	if failed != nil {
		report.Objects[0] = reportOf(&o)
		report.Objects[0].Error = failed
	} else {
		report.Objects[0] = h.object(ctx, inv, set, &o)
	}
	h.log(&report)
	looked()
	return report.Objects[0]
}

// asked leaves out the planned copies that are not asked for: the others than Only, unless the object is moved, which
// takes all of them; and those of which it is not known whether the rules want them, since the object was listed and
// its event is not known. undecided has their destinations, as far as they are known.
func asked(o events.Object, copies []rules.Copy) (wanted []rules.Copy, undecided []string) {
	if o.Only == nil && !o.Listed {
		return copies, nil
	}
	wanted = slices.DeleteFunc(copies, func(c rules.Copy) bool {
		to := osscall.URL(c.Bucket, c.Key)
		if o.Listed && c.Err == nil && !c.Certain() {
			undecided = append(undecided, to)
			return true
		}
		return o.Only != nil && !c.Moves && !slices.Contains(o.Only, to)
	})
	return wanted, undecided
}

// parse reads the payload. unread says what could not be read; objects has the rest.
func (h *Handler) parse(inv Invocation, payload []byte) (objects []events.Object, unread *osscall.Error) {
	defer h.rescue(inv, "", func(e *osscall.Error) { unread = e })
	objects, err := events.Parse(payload)
	if err != nil {
		unread = &osscall.Error{Code: "BadPayload", Message: err.Error(), Permanent: true}
	}
	return objects, unread
}

// current gives the rules in force. failed is set if their source panics. looked waits until a
// check for newer rules is over.
func (h *Handler) current(
	ctx context.Context, inv Invocation,
) (set *rules.Set, version string, looked func(), failed *osscall.Error) {
	looked = func() {}
	defer h.rescue(inv, "", func(e *osscall.Error) { failed = e })
	set, version, looked = h.Rules.Current(ctx)
	return set, version, looked, nil
}

// Unread logs and reports an invocation whose payload could not be received.
func (h *Handler) Unread(inv Invocation, why *osscall.Error) error {
	report := inv.report(0)
	report.Error = why
	h.log(&report)
	_, err := report.answer(nil)
	return err
}

// object makes every copy that the rules want of one object. If a copy may have landed over one of
// a newer version, it goes on with that version.
func (h *Handler) object(
	ctx context.Context, inv Invocation, set *rules.Set, first *events.Object,
) (report ObjectReport) {
	report = reportOf(first)
	defer h.rescueObject(inv, first, func(e *osscall.Error) { report.Error = e })
	switch {
	case h.Copier.Owns(first.Bucket, first.Key):
		report.Ignored = ownState
	case isFollowed(set, first):
		return h.removed(ctx, inv, set, *first)
	}
	if report.Ignored != "" {
		return report
	}
	o := *first
	for followed := 0; ; followed++ {
		newer := h.version(ctx, inv, set, o, followed > 0, &report)
		if newer == nil {
			return report
		}
		if followed == mostFollowed {
			report.Error = &osscall.Error{Code: "KeepsChanging", Kind: osscall.KindLost,
				Message: fmt.Sprintf("the object was overwritten %d times while it was being copied; "+
					"the next attempt copies its newest version", followed+1)}
			return report
		}
		o = *newer
	}
}

// version makes the copies of one version of an object, the event's or one that followed it, and adds them to the
// report. It returns the version to go on with, nil if there is none or the report says what failed.
func (h *Handler) version(
	ctx context.Context, inv Invocation, set *rules.Set, o events.Object, followed bool, report *ObjectReport,
) (newer *events.Object) {
	src := h.source(ctx, inv, set, o)
	src.Followed = followed
	src.Later = true // during the second look
	if !followed && o.Restored {
		if !h.restored(set, src, report) {
			return nil
		}
		o = src.Object
	}
	plan, err := set.Plan(o, src)
	if err != nil {
		report.Error = notASource(err)
		return nil
	}
	plan.Copies, report.undecided = asked(o, plan.Copies)
	copies := h.copyAll(ctx, inv, src, plan.Copies)
	report.Copies = append(report.Copies, copies...)
	if !followed {
		report.learnSize(copies)
	}
	newer, gone, err := h.secondLook(ctx, inv, set, src, plan.Copies, copies)
	src.Wait()
	var moved *CopyReport
	if err == nil && newer == nil && !gone {
		moved = h.move(ctx, inv, set, src, plan.Copies, report)
	}
	report.Requests += src.Requests()
	if p := src.Panicked(); err == nil && p != nil && !panicked(copies) {
		err = p
	}
	if err != nil {
		report.Error = osscall.Classify("look again", err)
		return nil
	}
	if moved != nil {
		report.Copies = append(report.Copies, *moved)
	}
	if gone { // and its removal may have been handled before these copies landed
		if err := h.followRemoval(ctx, inv, set, o, report); err != nil {
			report.Error = osscall.Classify("look at the source", err)
		}
	}
	return newer
}

// panicked reports whether one of the copies has failed with a panic.
func panicked(copies []CopyReport) bool {
	return slices.ContainsFunc(copies, func(c CopyReport) bool {
		return c.Error != nil && c.Error.Kind == osscall.KindPanic
	})
}

// mostFollowed is how many newer versions of an object one invocation goes on with.
const mostFollowed = 10

// source is what this invocation makes the copies of an object from.
func (h *Handler) source(ctx context.Context, inv Invocation, set *rules.Set, o events.Object) *copier.Source {
	src := h.Copier.Source(ctx, o)
	src.Retried = inv.RetryCount != 0 || inv.Repeated || o.MayBeCopied
	src.Repeated = inv.RetryCount > 0 || inv.Repeated || o.MayBeCopied
	src.RequestPayer = set.RequestPayer(o.Bucket)
	src.BucketACLs = inv.BucketACLs
	src.Aside = inv.aside
	return src
}

// copyAll makes the planned copies at the same time; a change of the object in place after all
// others, and only if they have succeeded: it could make the source one that cannot be copied any
// more, such as an archived one, or one that the other copies' rules do not take at a retry.
func (h *Handler) copyAll(ctx context.Context, inv Invocation, src *copier.Source, plans []rules.Copy) []CopyReport {
	copies := make([]CopyReport, len(plans))
	if len(plans) == 0 {
		return copies
	}
	one := func(i int) {
		c := &copies[i]
		defer h.rescue(inv, c.Destination, func(e *osscall.Error) {
			c.Outcome = copier.Outcome{Result: copier.Failed, Error: e}
		})
		c.Outcome = h.Copier.Copy(ctx, src, &plans[i])
	}
	// At most one: no two copies of a plan have the same destination.
	inPlace := slices.IndexFunc(plans, func(p rules.Copy) bool {
		return p.Bucket == src.Object.Bucket && p.Key == src.Object.Key
	})
	last := len(plans) - 1
	if last == inPlace {
		last--
	}
	var all sync.WaitGroup
	for i := range plans {
		copies[i].Rule, copies[i].Destination = plans[i].Rule, osscall.URL(plans[i].Bucket, plans[i].Key)
		switch i {
		case inPlace:
		case last: // without a goroutine: most objects are copied once
			one(i)
		default:
			all.Go(func() { one(i) })
		}
	}
	all.Wait()
	if inPlace < 0 {
		return copies
	}
	if failed := slices.IndexFunc(copies, func(c CopyReport) bool { return c.Result == copier.Failed }); failed >= 0 {
		copies[inPlace].Outcome = copier.Outcome{Result: copier.Failed, Error: waitsFor(&copies[failed])}
		return copies
	}
	waiting := slices.IndexFunc(copies, func(c CopyReport) bool { return c.Result == copier.Restoring })
	if waiting >= 0 {
		copies[inPlace].Outcome = waitsForRestore(&plans[inPlace], copies[waiting].Destination)
		return copies
	}
	one(inPlace)
	return copies
}

// waitsFor is the error of a change in place that was not begun, since another copy of the object
// has failed.
func waitsFor(failed *CopyReport) *osscall.Error {
	return &osscall.Error{Op: "in place", Code: "OtherCopyFailed", Kind: failed.Error.Kind,
		Permanent: failed.Error.Permanent, Message: fmt.Sprintf("the object is changed only after its other copies "+
			"have been made, and the copy to %s has failed", failed.Destination)}
}
