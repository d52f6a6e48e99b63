// Package relay joins the stages: it reads what Function Compute delivers, asks
// the rules what is to be copied, has it copied, and reports.
package relay

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/rules"
)

// DefaultMargin is how long before an invocation's deadline copying stops.
const DefaultMargin = 5 * time.Second

// Config is what a Handler needs.
type Config struct {
	Rules  RuleSource
	Copier *copier.Copier
	Log    *slog.Logger
	// Margin is how long before the invocation's deadline copying stops, so that
	// what is half done is tidied up and the report sent. Default 5 s; at most a
	// quarter of the time the invocation has.
	Margin time.Duration
}

// Invocation is what Function Compute says about one call of the function.
type Invocation struct {
	RequestID   string
	RetryCount  int // 0 at the first try, RetryUnknown where FC does not say
	Credentials copier.Credentials
	// Repeated says that what it asks for is known to have been asked for before,
	// as by a replay.
	Repeated bool
}

// report is the report of the invocation before anything was done.
func (inv Invocation) report(objects int) Report {
	return Report{RequestID: inv.RequestID, RetryCount: max(0, inv.RetryCount), Objects: make([]ObjectReport, objects)}
}

// RetryUnknown is the RetryCount of an invocation that may be a retry.
const RetryUnknown = -1

// Handler handles invocations, any number of them at once.
type Handler struct{ Config }

// objectsAtOnce bounds how many objects of one payload are under way together;
// EventBridge delivers up to 10,000.
const objectsAtOnce = 64

// New returns a Handler.
func New(c Config) *Handler {
	if c.Margin == 0 {
		c.Margin = DefaultMargin
	}
	return &Handler{Config: c}
}

// Handle does all that one payload asks for and returns the report as JSON. If
// anything failed, the error's text is the same report, so that Function Compute
// tries again and its on-failure destination holds the story.
func (h *Handler) Handle(ctx context.Context, inv Invocation, payload []byte) ([]byte, error) {
	ctx = copier.WithCredentials(ctx, inv.Credentials)
	ctx, cancel := copier.WithMargin(ctx, h.Margin)
	defer cancel()
	objects, err := events.Parse(payload)
	set, version, looked := h.Rules.Current(ctx)
	report := inv.report(len(objects))
	report.Rules = version
	if err != nil {
		report.Error = &copier.Error{Code: "BadPayload", Message: err.Error(), Permanent: true}
	}
	var group errgroup.Group
	group.SetLimit(objectsAtOnce)
	for i, o := range objects {
		if i == len(objects)-1 { // here: most payloads hold one object
			report.Objects[i] = h.object(ctx, inv, set, o)
			break
		}
		group.Go(func() error {
			report.Objects[i] = h.object(ctx, inv, set, o)
			return nil
		})
	}
	_ = group.Wait() // no goroutine of it returns an error
	h.log(&report)
	looked()
	return report.answer()
}

// Unread logs and reports an invocation whose payload could not be received.
func (h *Handler) Unread(inv Invocation, why *copier.Error) error {
	report := inv.report(0)
	report.Error = why
	h.log(&report)
	_, err := report.answer()
	return err
}

// object makes every copy the rules ask for of one object, and follows the
// object to newer versions where a copy may have come too late.
func (h *Handler) object(ctx context.Context, inv Invocation, set *rules.Set, o events.Object) ObjectReport {
	report := reportOf(o)
	if h.Copier.Owns(o.Bucket, o.Key) {
		report.Ignored = "the copy engine's own state"
	}
	if report.Ignored != "" {
		return report
	}
	for followed := false; ; followed = true {
		src := h.Copier.Source(ctx, o)
		src.Retried, src.Followed = inv.RetryCount != 0, followed
		plan, err := set.Plan(o, src)
		if err != nil {
			report.Error = &copier.Error{Code: "NotASource", Message: err.Error(), Permanent: true}
			return report
		}
		copies := h.copyAll(ctx, src, plan.Copies)
		report.Copies = append(report.Copies, copies...)
		newer, err := h.newer(ctx, inv, set, src, plan.Copies, copies)
		report.Requests += src.Requests()
		if err != nil {
			report.Error = copier.Classify("look again", err)
			return report
		}
		if newer == nil {
			return report
		}
		o = *newer
	}
}

// copyAll makes the planned copies side by side.
func (h *Handler) copyAll(ctx context.Context, src *copier.Source, plans []rules.Copy) []CopyReport {
	copies := make([]CopyReport, len(plans))
	var all sync.WaitGroup
	one := func(i int) {
		p := &plans[i]
		copies[i] = CopyReport{Rule: p.Rule, Destination: "oss://" + p.Bucket + "/" + p.Key, Outcome: h.Copier.Copy(ctx, src, p)}
	}
	for i := range plans {
		if i == len(plans)-1 { // here: most objects are copied once
			one(i)
			break
		}
		all.Go(func() { one(i) })
	}
	all.Wait()
	return copies
}
