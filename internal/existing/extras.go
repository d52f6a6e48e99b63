package existing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"afterput/internal/listing"
	"afterput/internal/osscall"
	"afterput/internal/sorted"
	"afterput/rules"
)

// Extras finds the objects of the destinations that no source explains: under the places where the rules may write,
// objects that are not the destination of any wanted copy. It follows Compare of all objects of the sources.
func (j *Job) Extras(ctx context.Context) error {
	for _, place := range j.destinations() {
		if err := j.extrasOf(ctx, place); err != nil {
			return fmt.Errorf("list %s: %w", osscall.URL(place.Bucket, place.Prefix), err)
		}
	}
	return nil
}

// destinations are the places where the rules may write, none within another. Buckets whose names depend on the object
// are left out, since it is not known which exist, and so is what is changed in place: each object there is a source.
func (j *Job) destinations() (places []rules.Objects) {
	for _, a := range j.Rules.Accesses() {
		if !strings.HasSuffix(a.Destination.Bucket, "*") && a.Destination != a.Source {
			places = append(places, a.Destination)
		}
	}
	slices.SortFunc(places, func(a, b rules.Objects) int {
		return strings.Compare(a.Bucket+"\x00"+a.Prefix, b.Bucket+"\x00"+b.Prefix)
	})
	within := func(a, b rules.Objects) bool { return a.Bucket == b.Bucket && strings.HasPrefix(b.Prefix, a.Prefix) }
	return slices.CompactFunc(places, within)
}

// extrasOf compares what lies in one place with the destinations of the wanted copies, both in the order of keys.
func (j *Job) extrasOf(ctx context.Context, place rules.Objects) error {
	after := objectKey(place.Bucket, place.Prefix)
	after = after[:len(after)-min(1, len(place.Prefix))] // the copy under the prefix itself comes behind it
	merge, err := sorted.Open(ctx, j.Store, j.state.Wants, after, nil)
	if err != nil {
		return err
	}
	wanted := wantedKeys{merge: merge}
	at := listing.Range{}
	for more := true; more; {
		var page []listing.Entry
		if page, at, more, err = j.Lister.Page(ctx, place.Bucket, place.Prefix, at, listing.MaxKeys); err != nil {
			return err
		}
		for _, e := range page {
			explained, err := wanted.have(string(objectKey(place.Bucket, e.Key)))
			if err == nil && !explained && !j.Copier.Owns(place.Bucket, e.Key) {
				err = j.extra(place.Bucket, e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// wantedKeys are the sorted keys of the wanted destinations, read as far as they were asked for.
type wantedKeys struct {
	merge *sorted.Merge
	next  string // "" before the first
	ended bool
}

// have reports whether a key is among them. It must not come before the one asked for last.
func (w *wantedKeys) have(key string) (bool, error) {
	for !w.ended && w.next < key {
		r, ok, err := w.merge.Next()
		if err != nil {
			return false, err
		}
		w.next, w.ended = string(r.Key), !ok
	}
	return w.next == key, nil
}

// extra counts an object that no source explains.
func (j *Job) extra(bucket string, e listing.Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	t := j.state.Counts.Extra
	t.add(e.Size)
	j.state.Counts.Extra = t
	if j.Found == nil {
		return nil
	}
	return j.Found(Finding{Verdict: Extra, Destination: osscall.URL(bucket, e.Key), Size: e.Size})
}
