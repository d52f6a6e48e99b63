package relay

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// objectsAtOnce bounds how many objects of one payload are under way together;
// EventBridge delivers up to 10,000.
const objectsAtOnce = 64

// batch is the records of one payload in one invocation.
type batch struct {
	*Handler
	inv     Invocation
	set     *rules.Set
	objects []events.Object
	earlier tried // what this instance did of them in an earlier attempt
	pace    pace
}

// handle deals with all records and completes the report. What ended well beside
// a failure is remembered for the retry, which knows it by the payload.
func (b *batch) handle(ctx context.Context, payload []byte, report *Report) {
	several, retry := len(b.objects) > 1 || report.Error != nil, b.inv.RetryCount != 0
	if several && retry {
		b.earlier = b.remembered.recall(identify(payload, report.Rules))
	}
	b.records(ctx, report.Objects)
	switch failed := report.failed(); {
	case several && failed:
		b.remembered.keep(identify(payload, report.Rules), report.Objects)
	case several && retry:
		b.remembered.forget(identify(payload, report.Rules))
	}
}

// records deals with every record and puts its report into reports, at the same
// index. What ended well in an earlier attempt is reported as it was then.
func (b *batch) records(ctx context.Context, reports []ObjectReport) {
	for i := range reports {
		if b.earlier.ending(i) == well {
			reports[i] = b.earlier.records[i]
			reports[i].earlier = true
		}
	}
	todo := b.order()
	var group errgroup.Group
	group.SetLimit(objectsAtOnce)
	for n, i := range todo {
		if n == len(todo)-1 { // here: most payloads hold one object
			reports[i] = b.record(ctx, b.objects[i])
			break
		}
		group.Go(func() error {
			reports[i] = b.record(ctx, b.objects[i])
			return nil
		})
	}
	_ = group.Wait() // no goroutine of it returns an error
}

// order is the indexes of the records that are left to do: first those that no
// attempt reached, then those that failed before.
func (b *batch) order() (todo []int) {
	var again []int
	for _, i := range sequence(len(b.objects), b.inv.RetryCount) {
		switch b.earlier.ending(i) {
		case unreached:
			todo = append(todo, i)
		case failed:
			again = append(again, i)
		}
	}
	return append(todo, again...)
}

// record deals with one record, unless that would take longer than the invocation
// has time. An object that no rule wants needs none.
func (b *batch) record(ctx context.Context, o events.Object) ObjectReport {
	if !b.pace.fits(ctx) && b.wanted(o) {
		report := reportOf(o)
		report.Error = &osscall.Error{Code: "NotReached", Kind: osscall.KindStopped,
			Message: "the invocation had no time left for this record; the next attempt begins with such records"}
		return report
	}
	began := time.Now()
	report := b.object(ctx, b.inv, b.set, o)
	if len(report.Copies) > 0 {
		b.pace.took(time.Since(began))
	}
	return report
}

// wanted reports whether an object may need a request. If there is an error
// instead of a plan, there is nothing to send.
func (b *batch) wanted(o events.Object) (wanted bool) {
	defer b.rescue(b.inv, sourceOf(o.Bucket, o.Key), func(*osscall.Error) { wanted = true })
	if o.Ignored != "" || b.Copier.Owns(o.Bucket, o.Key) {
		return false
	}
	plan, err := b.set.Plan(o, nil)
	return err == nil && len(plan.Copies) > 0
}
