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
	// extra is about how many requests dividing has cost: one for each place behind which nothing was, and half of one
	// for each range, whose last page is rarely full.
	extra  float64
	failed bool
}

// active is a range that is not listed to its end.
type active struct {
	Range
	owned       bool
	claimed     string  // the last key of the page that is being taken: the range cannot end before it
	first, last string  // keys of the latest page
	bare        bool    // nothing lies behind the end, as far as was looked
	begin       string  // its first key
	pages       int     // of it that were listed
	left        float64 // about how many are left
	dividing    bool    // somebody looks where to divide it
	whole       bool    // it cannot be divided before another page is listed
}

func (r *active) gap() gap { return gap{r.first, r.last, r.UpTo, r.bare} }

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

// divisible is the range of which most seems to be left, if dividing one is affordable.
func (s *walking) divisible() *active {
	var longest *active
	for _, r := range s.ranges {
		if r.owned && r.pages > 0 && !r.dividing && !r.whole && (longest == nil || r.left > longest.left) {
			longest = r
		}
	}
	if !s.affordable() {
		return nil
	}
	return longest
}

// affordable reports whether dividing has cost few requests so far, those that are under way included.
func (s *walking) affordable() bool {
	const freely, oneIn = 12, 25
	extra := s.extra
	for _, r := range s.ranges {
		if r.dividing {
			extra++
		}
	}
	return extra < freely+float64(s.pages)/oneIn
}

// divide looks behind the places where r may be divided, until something lies there. It returns that half, its first
// page taken, or nil.
func (s *walking) divide(ctx context.Context, r *active) (half *active, err error) {
	defer func() { s.divided(r, half) }()
	for again := true; again && err == nil; {
		s.mu.Lock()
		text := s.letters.place(r.gap())
		s.mu.Unlock()
		if text == "" {
			return s.search(ctx, r)
		}
		if half, again, err = s.cut(ctx, r, text); again {
			s.mu.Lock()
			again = s.affordable()
			s.mu.Unlock()
		}
	}
	return half, err
}

// search divides a range of which nothing is known but its latest page, if it seems to be long: it looks for the first
// character in which the keys that follow differ. Of the ranges that it finds, it returns the last.
func (s *walking) search(ctx context.Context, r *active) (last *active, err error) {
	const long = 8 // pages
	s.mu.Lock()
	depth := len(r.last)
	if len(s.ranges) > 1 && r.pages < long {
		depth = -1
	}
	s.mu.Unlock()
	for again := true; ; {
		s.mu.Lock()
		text, at := s.letters.probe(r.gap(), depth)
		r.whole = r.whole || text == ""
		s.mu.Unlock()
		if text == "" {
			return last, nil
		}
		var half *active
		half, again, err = s.cut(ctx, r, text)
		if err != nil || half == nil && !again {
			return last, err
		}
		if half != nil {
			s.leave(last)
			last, r, depth = half, half, at-1
		}
	}
}

// divided ends the division of a range, and of the half that was found; nil for none.
func (s *walking) divided(r, half *active) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.dividing, r.whole = false, half == nil
	if half != nil {
		half.dividing = false
	}
	s.changed.Broadcast()
}

// leave leaves a range that was divided to others; nil is none.
func (s *walking) leave(r *active) {
	if r == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.owned, r.dividing = false, false
	s.changed.Broadcast()
}

// cut ends a range, which is being divided, at a text. What lies behind it is a range of its own, which is being
// divided too: it is returned with its first page taken, unless that was all. again says that nothing lies there.
func (s *walking) cut(ctx context.Context, r *active, text string) (half *active, again bool, err error) {
	s.mu.Lock()
	upTo := r.UpTo
	s.mu.Unlock()
	entries, rest, more, err := s.Lister.Page(ctx, s.Bucket, s.Prefix, Range{After: text, UpTo: upTo}, MaxKeys)
	if err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	if max(r.After, r.claimed) >= text || !slices.Contains(s.ranges, r) { // its worker has come by meanwhile
		s.extra++
		s.mu.Unlock()
		return nil, false, nil
	}
	r.UpTo = text
	if len(entries) == 0 {
		r.bare = true
		r.left = s.letters.pages(r.pages, r.begin, r.last, r.UpTo)
		s.extra++
		s.mu.Unlock()
		return nil, true, nil
	}
	half = &active{Range: Range{After: text, UpTo: upTo}, owned: true, dividing: true, bare: r.bare}
	r.bare = false
	s.extra += 0.5
	s.ranges = append(s.ranges, half)
	r.left = s.letters.pages(r.pages, r.begin, r.last, r.UpTo)
	s.mu.Unlock()
	if more, err = s.taken(ctx, half, entries, rest.After, more); err != nil || !more {
		return nil, false, err
	}
	return half, false, nil
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
	r.pages++
	r.whole = false
	if n := len(entries); n > 0 {
		if r.begin == "" {
			r.begin = entries[0].Key
		}
		r.first, r.last = entries[0].Key, entries[n-1].Key
		s.letters.learn(r.first)
		s.letters.learn(r.last)
		s.letters.learn(entries[n/2].Key)
		r.left = s.letters.pages(r.pages, r.begin, r.last, r.UpTo)
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
	} else {
		s.extra++
	}
	return entries[:n], n < len(entries)
}
