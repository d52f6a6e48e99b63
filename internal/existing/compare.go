package existing

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/internal/osscall"
	"afterput/internal/sorted"
	"afterput/rules"
)

// compareBatch is how many wanted copies are compared at a time. The job remembers where it stands after saveEvery of
// them, and after saveAfter: where requests are slow, or where hardly any object is wanted, much has been done by then.
const (
	compareBatch = 1000
	saveEvery    = 100_000
	saveAfter    = 30 * time.Second
)

// compare compares all wanted copies with the destinations, several parts of them at the same time.
func (j *Job) compare(ctx context.Context) error {
	if err := j.sortInventories(ctx); err != nil {
		return err
	}
	err := j.rewrite(ctx, j.state.Wants, func(runs []sorted.Run) { j.state.Wants = runs })
	if err != nil {
		return err
	}
	if j.state.Parts == nil {
		parts, err := j.divide(ctx)
		if err != nil {
			return err
		}
		j.state.Parts = parts
	}
	whole := ctx
	group, ctx := errgroup.WithContext(ctx)
	for i := range j.state.Parts {
		if p := &j.state.Parts[i]; !p.Done {
			group.Go(func() error { return (&comparison{Job: j, part: p}).run(ctx) })
		}
	}
	err = group.Wait()
	return j.end(whole, err, &j.state.Findings, HandingOver)
}

// divide cuts the wanted copies into parts of about the same length, as many as memory allows. A part costs up to one
// request more, and is worth it where few of a bucket's objects are wanted, so that each takes a request.
func (j *Job) divide(ctx context.Context) ([]part, error) {
	const most, least = 10, 5 * compareBatch // parts, and wanted copies of a part
	records := int64(0)
	for _, r := range j.state.Wants {
		records += r.Records
	}
	readers := j.Memory / perReader / max(1, sorted.Together(j.state.Wants))
	n := min(int64(j.Workers), most, records/least, int64(readers))
	parts := []part{{}}
	if n < 2 {
		return parts, nil
	}
	places, err := sorted.Places(ctx, j.Store, j.state.Wants, int(n))
	if err != nil {
		return nil, err
	}
	for _, key := range places {
		parts[len(parts)-1].UpTo = key
		parts = append(parts, part{After: key})
	}
	return parts, nil
}

// comparison compares the wanted copies of one part.
type comparison struct {
	*Job
	part   *part
	held   holder
	bucket string // of held

	batch []compared // the memory of the latest
}

// compared is a wanted copy and what comparing it has found.
type compared struct {
	want
	look   bool // a listing cannot tell, or is not enough
	exists bool // any object counts as the copy, since the rule forbids overwriting
}

func (c *comparison) run(ctx context.Context) error {
	merge, err := sorted.Open(ctx, c.Store, c.state.Wants, c.part.After, c.part.UpTo)
	if err != nil {
		return err
	}
	for {
		batch, last, err := c.read(ctx, merge)
		if err != nil {
			return err
		}
		done := last == nil
		if err := c.look(ctx, batch); err != nil {
			return err
		}
		if err := c.took(ctx, batch, last, done); err != nil || done {
			return err
		}
	}
}

// read compares the next wanted copies, for what listings show. last is the key up to which it has come; nil for the
// part's end.
func (c *comparison) read(ctx context.Context, merge *sorted.Merge) (batch []compared, last []byte, err error) {
	batch = c.batch[:0]
	defer func() { c.batch = batch }()
	same := 0 // how many at the end of the batch are of one destination
	var key []byte
	end := func() error {
		err := c.decide(ctx, batch[len(batch)-same:])
		same = 0
		return err
	}
	for {
		r, ok, err := merge.Next()
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			return batch, nil, end()
		}
		if key == nil || !bytes.Equal(r.Key, key) {
			if err := end(); err != nil {
				return nil, nil, err
			}
			if len(batch) >= compareBatch {
				merge.Unread()
				return batch, key, nil
			}
			key = append(key[:0], r.Key...)
		}
		w, err := c.codec.want(r.Value)
		if err != nil {
			return nil, nil, err
		}
		batch, same = append(batch, compared{want: w}), same+1
	}
}

// decide compares the wanted copies of one destination: the newest source's counts, since its event came last.
func (c *comparison) decide(ctx context.Context, same []compared) error {
	if len(same) == 0 {
		return nil
	}
	newest := 0
	for i := range same {
		if same[i].Source.LastModified.After(same[newest].Source.LastModified) {
			newest = i
		}
	}
	for i := range same {
		if i != newest && same[i].Verdict == "" {
			same[i].Verdict = Shadowed
			by := osscall.URL(same[newest].Bucket, same[newest].Source.Key)
			same[i].Reason = "the newer " + by + " is copied there"
		}
	}
	w := &same[newest]
	if w.Verdict != "" {
		return nil
	}
	if inv := c.inventoryOf(w.ToBucket); inv != nil && !w.Source.LastModified.Before(inv.Created()) {
		w.Verdict, w.Reason = Superseded, "put after the inventory of "+w.ToBucket+" was made: its event copies it"
		return nil
	}
	e, ok, err := c.at(ctx, w.ToBucket, w.ToKey)
	if err != nil {
		return err
	}
	if !ok {
		w.Verdict = Missing
		if _, restores := restoredAt(c.Rules, &w.want); restores {
			w.Reason = "its source is " + w.Source.StorageClass + ", and is restored first"
		}
		return nil
	}
	var sure bool
	w.Verdict, w.Reason, sure = w.verdict(e)
	w.look = !sure || c.Deep && w.Verdict == Same
	if (w.look || w.Verdict != Same) && c.forbidsOverwrite(&w.want) {
		w.Verdict, w.Reason, w.look, w.exists = Same, "", false, true
	}
	return nil
}

// forbidsOverwrite reports whether the rule of a wanted copy leaves an object that exists as it is.
func (c *comparison) forbidsOverwrite(w *want) bool {
	plan, err := c.Rules.Plan(c.planner.object(w.Bucket, w.Source), noFacts{})
	return err == nil && slices.ContainsFunc(plan.Copies, func(p rules.Copy) bool {
		return p.Bucket == w.ToBucket && p.Key == w.ToKey && p.ForbidOverwrite
	})
}

// at gives what the destination holds.
func (c *comparison) at(ctx context.Context, bucket, key string) (listing.Entry, bool, error) {
	if c.held == nil || c.bucket != bucket {
		if err := c.hold(ctx, bucket, key); err != nil {
			return listing.Entry{}, false, err
		}
	}
	e, ok, err := c.held.at(ctx, key)
	if err != nil {
		err = fmt.Errorf("list %s: %w", bucket, err)
	}
	return e, ok, err
}

// holder says what a bucket holds, for keys in ascending order.
type holder interface {
	at(ctx context.Context, key string) (e listing.Entry, ok bool, err error)
}

// hold begins with a bucket.
func (c *comparison) hold(ctx context.Context, bucket, key string) (err error) {
	c.bucket = bucket
	runs, sortedBefore := c.state.Held[bucket]
	if !sortedBefore {
		c.held = newHeld(c.Lister, bucket)
		return nil
	}
	c.held, err = newInventoried(ctx, c.Job, runs, key)
	return err
}

// look reads the objects of which a listing does not show enough.
func (c *comparison) look(ctx context.Context, batch []compared) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.Workers)
	for i := range batch {
		if batch[i].look {
			group.Go(func() error { return c.lookAt(ctx, &batch[i]) })
		}
	}
	return group.Wait()
}

func (c *comparison) lookAt(ctx context.Context, w *compared) error {
	src := c.Copier.Source(ctx, c.planner.object(w.Bucket, w.Source))
	src.RequestPayer = c.Rules.RequestPayer(w.Bucket)
	defer func() { c.requests.Add(int64(src.Requests())) }()
	plan, err := c.Rules.Plan(c.planner.object(w.Bucket, w.Source), src)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(plan.Copies, func(p rules.Copy) bool { return p.Bucket == w.ToBucket && p.Key == w.ToKey })
	if i < 0 { // what the rule asks of the object has changed
		w.Verdict = Superseded
		return nil
	}
	differ, sent, err := c.Copier.Differences(ctx, src, &plan.Copies[i])
	c.requests.Add(int64(sent))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case osscall.Is(err, osscall.KindSuperseded):
		w.Verdict, w.Reason = Superseded, ""
	case err != nil:
		w.Verdict, w.Reason = Failed, err.Error()
	case slices.Contains(differ, copier.DiffersAll):
		w.Verdict, w.Reason = Missing, ""
	case slices.Contains(differ, copier.DiffersTime):
		w.Verdict, w.Reason = Older, "put before the source was"
	case slices.Contains(differ, copier.DiffersContent), c.Deep && len(differ) > 0:
		w.Verdict, w.Reason = Different, "other "+text(differ)
	}
	return nil
}

func text(differ []copier.Difference) string {
	names := make([]string, len(differ))
	for i, d := range differ {
		names[i] = string(d)
	}
	return strings.Join(names, ", ")
}

// took counts a batch, and keeps what is to be handed over.
func (c *comparison) took(ctx context.Context, batch []compared, last []byte, done bool) error {
	for i := range batch {
		batch[i].findUnmoved()
	}
	if err := c.count(batch, last, done); err != nil {
		return err
	}
	return c.flush(ctx, &c.state.Findings)
}

func (c *comparison) count(batch []compared, last []byte, done bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range batch {
		w := &batch[i].want
		c.state.Counts.count(w, w.Verdict)
		if slices.Contains(c.Keep, w.Verdict) {
			c.state.Counts.toRestore(c.Rules, w)
			record := len(events.Append(nil, c.planner.object(w.Bucket, w.Source)))
			streamed, sent := c.streams(w.ToBucket)
			load := loadOf(w, c.requestsFor(&batch[i], streamed), record)
			load.transfer(w, streamed, sent)
			c.state.Counts.toDo(w, load)
			c.buffer.Add(c.codec.bySource(w))
		}
		if c.Found != nil && w.Verdict != Same {
			if err := c.Found(findingOf(w)); err != nil {
				return err
			}
		}
	}
	c.part.Done = done
	if !done {
		c.part.After = last
	}
	c.compared += len(batch)
	c.report()
	return nil
}

// streams reports whether the content of copies to a bucket passes through whoever makes them, and whether it is sent
// to another region.
func (c *comparison) streams(bucket string) (streamed, sent bool) {
	to := c.Rules.RemoteOf(bucket)
	sent = to.Region != "" && to.Region != c.Region
	return sent || to.Role != "", sent
}

func findingOf(w *want) Finding {
	f := Finding{Verdict: w.Verdict, Rule: w.Rule, Source: osscall.URL(w.Bucket, w.Source.Key), Size: w.Source.Size,
		Reason: w.Reason}
	if w.ToBucket != "" {
		f.Destination = osscall.URL(w.ToBucket, w.ToKey)
	}
	return f
}

func join(verdicts []Verdict) string {
	names := make([]string, len(verdicts))
	for i, v := range verdicts {
		names[i] = string(v)
	}
	return strings.Join(names, ",")
}
