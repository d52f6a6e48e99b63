package listing

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Walk lists a bucket with several requests in flight, each in a range of keys of its own. Where the ranges lie is
// found by looking: who has nothing left to list divides the range of another. A page that shows where a range can be
// divided is listed once all the same, so that dividing costs a request only where nothing lies behind the place that
// was tried.
type Walk struct {
	Lister *Lister
	Bucket string
	Prefix string
	// Workers is how many requests are in flight at most.
	Workers int
	// Page takes the objects of one page. It is called from several goroutines, for each object once, in the order of
	// keys within a range. What it returns is called afterwards, by one goroutine at a time, with the ranges that are
	// then left to be listed: everything outside of them has been taken. It must not wait for anything.
	Page func(ctx context.Context, entries []Entry) (taken func(left []Range), err error)
	// Between is called after each page, from several goroutines; nil for none.
	Between func(ctx context.Context) error
}

// walking is a Walk under way.
type walking struct {
	*Walk
	mu      sync.Mutex
	changed *sync.Cond
	ranges  []*active
	letters alphabet
	pages   int // listed
	empty   int // places behind which nothing was
	failed  bool
}

// active is a range that is not listed to its end.
type active struct {
	Range
	owned       bool
	claimed     string // the last key of the page that is being taken: the range cannot end before it
	first, last string // keys of the latest page
	full        int    // pages since it was last divided
	dividing    bool   // somebody looks where to divide it
	whole       bool   // it cannot be divided
}

// Run lists ranges, or all keys if there are none. It ends with the first error of a request or of Page.
func (w *Walk) Run(ctx context.Context, ranges []Range) error {
	if len(ranges) == 0 {
		ranges = []Range{{}}
	}
	s := &walking{Walk: w}
	s.changed = sync.NewCond(&s.mu)
	for _, r := range ranges {
		s.ranges = append(s.ranges, &active{Range: r})
	}
	group, ctx := errgroup.WithContext(ctx)
	for range w.Workers {
		group.Go(func() error {
			err := s.work(ctx)
			s.mu.Lock()
			s.failed = s.failed || err != nil
			s.mu.Unlock()
			s.changed.Broadcast()
			return err
		})
	}
	return group.Wait()
}

// work lists ranges until none is left.
func (s *walking) work(ctx context.Context) error {
	for {
		r, divide := s.take()
		if r == nil {
			return nil
		}
		if divide {
			half, err := s.divide(ctx, r)
			if err != nil {
				return err
			}
			if r = half; r == nil {
				continue
			}
		}
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.mu.Lock()
			at := r.Range
			s.mu.Unlock()
			entries, rest, left, err := s.Lister.Page(ctx, s.Bucket, s.Prefix, at, MaxKeys)
			if err != nil {
				return err
			}
			if more, err = s.taken(ctx, r, entries, rest.After, left); err != nil {
				return err
			}
		}
	}
}

// take gives a range that nobody lists; or one that somebody lists, to divide it; or nil once nothing is left.
func (s *walking) take() (r *active, divide bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.failed || len(s.ranges) == 0 {
			return nil, false
		}
		for _, r := range s.ranges {
			if !r.owned {
				r.owned = true
				return r, false
			}
		}
		if r := s.divisible(); r != nil {
			r.dividing = true
			return r, true
		}
		s.changed.Wait()
	}
}

// divisible is the range that seems to be the longest, if dividing one is worth a try: few of the tries so far have
// been in vain.
func (s *walking) divisible() *active {
	const freely = 8
	if s.empty > freely+s.pages/20 {
		return nil
	}
	var longest *active
	for _, r := range s.ranges {
		if r.owned && r.full > 0 && !r.dividing && !r.whole && (longest == nil || r.full > longest.full) {
			longest = r
		}
	}
	return longest
}

// divide looks behind the places where r may be divided, until something lies there. It returns that half, its first
// page taken, or nil.
func (s *walking) divide(ctx context.Context, r *active) (*active, error) {
	s.mu.Lock()
	places, upTo := s.letters.places(r.first, r.last, r.UpTo), r.UpTo
	s.mu.Unlock()
	for _, place := range places[:min(len(places), 4)] {
		entries, rest, more, err := s.Lister.Page(ctx, s.Bucket, s.Prefix, Range{After: place, UpTo: upTo}, MaxKeys)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		if max(r.After, r.claimed) >= place || !slices.Contains(s.ranges, r) { // its worker has come by meanwhile
			r.dividing = false
			s.mu.Unlock()
			return nil, nil
		}
		r.UpTo = place
		if len(entries) == 0 {
			s.empty++
			upTo = place
			s.mu.Unlock()
			continue
		}
		half := &active{Range: Range{After: place, UpTo: upTo}, owned: true}
		s.ranges = append(s.ranges, half)
		r.dividing, r.full = false, 0
		s.mu.Unlock()
		more, err = s.taken(ctx, half, entries, rest.After, more)
		if err != nil || !more {
			return nil, err
		}
		return half, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.dividing, r.whole = false, len(places) == 0
	r.full = 0
	return nil, nil
}

// taken passes a page on. The range may have been divided meanwhile: then what lies beyond its end is somebody else's.
// It reports whether something of the range is left.
func (s *walking) taken(ctx context.Context, r *active, entries []Entry, after string, more bool) (bool, error) {
	entries, cut := s.claim(r, entries)
	taken, err := s.Page(ctx, entries)
	if err != nil {
		return false, err
	}
	more = s.advance(r, entries, after, more && !cut, taken)
	if s.Between != nil {
		err = s.Between(ctx)
	}
	return more, err
}

// advance moves the beginning of a range behind a page.
func (s *walking) advance(r *active, entries []Entry, after string, more bool, taken func([]Range)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages++
	r.After = after
	r.full++
	if n := len(entries); n > 0 {
		r.first, r.last = entries[0].Key, entries[n-1].Key
		s.letters.learn(r.first)
		s.letters.learn(r.last)
		s.letters.learn(entries[n/2].Key)
	}
	if more = more && (r.UpTo == "" || r.After < r.UpTo); !more {
		s.ranges = slices.DeleteFunc(s.ranges, func(o *active) bool { return o == r })
	}
	left := make([]Range, len(s.ranges))
	for i, o := range s.ranges {
		left[i] = o.Range
	}
	s.changed.Broadcast()
	taken(left)
	return more
}

// claim leaves out what lies beyond the range's end, and keeps the range from being divided before the rest.
func (s *walking) claim(r *active, entries []Entry) (own []Entry, cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(entries)
	for n > 0 && !r.holds(entries[n-1].Key) {
		n--
	}
	if n > 0 {
		r.claimed = entries[n-1].Key
	}
	return entries[:n], n < len(entries)
}
