package relay

import (
	"context"
	"sync"
	"time"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// objectsAtOnce is how many objects of one payload are handled at once at most; EventBridge delivers
// up to 10,000.
const objectsAtOnce = 64

// batch is the records of one payload in one invocation.
type batch struct {
	*Handler
	inv     Invocation
	set     *rules.Set
	objects []events.Object
	earlier tried // what an earlier attempt on this instance did
	pace    pace
}

// handle handles all records and completes the report. If one of several fails, the others that
// succeeded are remembered, by the payload, for the retry.
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

// records handles every record and puts its report into reports, at the same index. A record that
// succeeded in an earlier attempt is reported as it was then.
func (b *batch) records(ctx context.Context, reports []ObjectReport) {
	for i := range reports {
		if b.earlier.result(i) == succeeded {
			reports[i] = b.earlier.records[i]
			reports[i].earlier = true
		}
	}
	todo := b.order()
	handled := make(places, objectsAtOnce)
	if len(todo) == 1 { // without a goroutine: most payloads have one object
		reports[todo[0]] = b.record(ctx, &b.objects[todo[0]], handled.take())
		return
	}
	var all sync.WaitGroup
	for _, i := range todo {
		own := handled.take()
		all.Go(func() {
			defer own.leave()
			reports[i] = b.record(ctx, &b.objects[i], own)
		})
	}
	all.Wait()
}

// order gives the indexes of the records that are left to handle: first those that no attempt
// reached, then those that failed.
func (b *batch) order() (todo []int) {
	all := sequence(len(b.objects), b.inv.RetryCount)
	if b.earlier.results == nil {
		return all
	}
	var again []int
	for _, i := range all {
		switch b.earlier.result(i) {
		case unreached:
			todo = append(todo, i)
		case failed:
			again = append(again, i)
		}
	}
	return append(todo, again...)
}

// record handles one record, unless that is expected to take longer than the invocation has left.
// An object that no rule wants takes no time.
func (b *batch) record(ctx context.Context, o *events.Object, own *place) ObjectReport {
	if !b.pace.fits(ctx) && b.wanted(o) {
		report := reportOf(o)
		report.Error = &osscall.Error{Code: "NotReached", Kind: osscall.KindStopped,
			Message: "the invocation had no time left for this record; the next attempt begins with such records"}
		return report
	}
	began := time.Now()
	inv := b.inv
	inv.aside = own.aside
	report := b.object(ctx, inv, b.set, o)
	if len(report.Copies) > 0 {
		b.pace.took(time.Since(began) - time.Duration(own.waited.Load()))
	}
	return report
}

// wanted reports whether handling an object may need a request. It needs none if planning fails.
func (b *batch) wanted(o *events.Object) (wanted bool) {
	defer b.rescueObject(b.inv, o, func(*osscall.Error) { wanted = true })
	if o.Ignored != "" || b.Copier.Owns(o.Bucket, o.Key) {
		return false
	}
	plan, err := b.set.Plan(*o, nil)
	return err == nil && len(plan.Copies) > 0
}
