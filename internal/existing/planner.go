package existing

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/internal/osscall"
	"afterput/rules"
)

// planner says which copies the rules want of objects that are there.
type planner struct {
	rules  *rules.Set
	copier *copier.Copier
	region string
	// inFlight is how many objects are read at most at once, where a rule needs more than a listing shows.
	inFlight int
}

// object is the event's object that an object of a listing stands for. Who uploaded it, and from where, is not known.
func (p *planner) object(bucket string, e listing.Entry) events.Object {
	o := events.Object{Event: events.UploadOf(e.Type), Region: p.region, Bucket: bucket, Key: e.Key,
		Time: e.LastModified, Listed: true}
	if e.Type != "Symlink" { // a listing does not say whether it shows the link or its target
		o.Size = events.Some(e.Size)
		if e.ETag != "" {
			o.ETag = events.Some(e.ETag)
		}
	}
	return o
}

// noFacts is what is known of an object without a request: nothing.
type noFacts struct{}

func (noFacts) Head() (rules.Head, error)   { return rules.Head{}, rules.ErrNotKnown }
func (noFacts) Tags() ([]rules.Pair, error) { return nil, rules.ErrNotKnown }
func (noFacts) ACL() (string, error)        { return "", rules.ErrNotKnown }
func (noFacts) BucketACL() (string, error)  { return "", rules.ErrNotKnown }

// wants plans the copies of the objects of one page. Objects that a rule must read are read several at once.
func (p *planner) wants(ctx context.Context, bucket string, entries []listing.Entry) ([][]want, error) {
	all := make([][]want, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.inFlight)
	for i := range entries {
		ws, certain, err := p.wantsOf(bucket, entries[i], noFacts{})
		if err != nil {
			return nil, err
		}
		if certain {
			all[i] = ws
			continue
		}
		group.Go(func() (err error) {
			src := p.copier.Source(ctx, p.object(bucket, entries[i]))
			src.RequestPayer = p.rules.RequestPayer(bucket)
			all[i], _, err = p.wantsOf(bucket, entries[i], src)
			return err
		})
	}
	return all, group.Wait()
}

// wantsOf plans the copies of one object. certain says that no fact would change them.
func (p *planner) wantsOf(bucket string, e listing.Entry, facts rules.Facts) (ws []want, certain bool, err error) {
	if p.copier.Owns(bucket, e.Key) {
		return nil, true, nil
	}
	if !utf8.ValidString(e.Key) {
		return []want{{Bucket: bucket, Source: e, Verdict: Failed, Reason: "its key is not UTF-8, as OSS wants it"}},
			true, nil
	}
	plan, err := p.rules.Plan(p.object(bucket, e), facts)
	if err != nil {
		return nil, false, fmt.Errorf("plan oss://%s/%s: %w", bucket, e.Key, err)
	}
	certain = true
	for i := range plan.Copies {
		c := &plan.Copies[i]
		w := want{Rule: c.Rule, Bucket: bucket, Source: e, ToBucket: c.Bucket, ToKey: c.Key,
			StorageClass: c.StorageClass, Moved: c.Moves, Named: c.NamesSource}
		switch {
		case c.Err == nil && c.Certain():
		case osscall.Is(c.Err, osscall.KindSuperseded):
			w.Verdict = Superseded
		case errors.Is(c.Err, rules.ErrFolderMarker):
			continue
		case c.Err != nil:
			w.Verdict, w.Reason = Failed, c.Err.Error()
		case !c.Certain():
			w.Verdict, w.Reason = Undecided, "rule "+c.Rule+" asks who uploaded the object, which only its event says"
			certain = false
		}
		if w.Verdict != "" {
			w.ToBucket, w.ToKey = "", ""
		}
		ws = append(ws, w)
	}
	return ws, certain, nil
}
