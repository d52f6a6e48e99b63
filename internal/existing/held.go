package existing

import (
	"context"
	"unicode/utf8"

	"afterput/internal/listing"
)

// held says what a destination's bucket holds, for keys in ascending order. It lists what lies between them, or leaves
// it out where the next key lies beyond a whole page.
type held struct {
	lister *listing.Lister
	bucket string

	page  []listing.Entry
	next  int // in page
	asked int // objects of the page that were asked for
	rest  listing.Range
	more  bool
	ahead chan aheadPage
}

// aheadPage is the page that follows, requested before it is needed.
type aheadPage struct {
	page []listing.Entry
	rest listing.Range
	more bool
	err  error
}

func newHeld(l *listing.Lister, bucket string) *held {
	return &held{lister: l, bucket: bucket, more: true}
}

// at gives the object with this key; ok is false if there is none.
func (h *held) at(ctx context.Context, key string) (e listing.Entry, ok bool, err error) {
	for {
		for h.next < len(h.page) && h.page[h.next].Key < key {
			h.next++
		}
		if h.next < len(h.page) {
			if e = h.page[h.next]; e.Key != key {
				return e, false, nil
			}
			h.asked++
			h.next++
			return e, true, nil
		}
		if !h.more {
			return e, false, nil
		}
		if err := h.list(ctx, key); err != nil {
			return e, false, err
		}
	}
}

// list lists the next page. If half of the one before was asked for, the page behind is requested at the same time.
func (h *held) list(ctx context.Context, key string) error {
	dense := h.asked*2 > len(h.page) && len(h.page) > 0
	var p aheadPage
	if h.ahead != nil {
		p = <-h.ahead
		h.ahead = nil
	} else {
		from := h.rest
		if before := textBefore(key); before > from.After {
			from.After = before
		}
		p = h.request(ctx, from)
	}
	if p.err != nil {
		return p.err
	}
	h.page, h.rest, h.more, h.next, h.asked = p.page, p.rest, p.more, 0, 0
	if dense && h.more {
		ahead := make(chan aheadPage, 1)
		h.ahead = ahead
		go func() { ahead <- h.request(ctx, p.rest) }()
	}
	return nil
}

func (h *held) request(ctx context.Context, from listing.Range) (p aheadPage) {
	p.page, p.rest, p.more, p.err = h.lister.Page(ctx, h.bucket, "", from, listing.MaxKeys)
	return p
}

// textBefore is a text before a key, with hardly any other key between the two: a listing that begins behind it begins
// with the key, if that exists.
func textBefore(key string) string {
	last, n := utf8.DecodeLastRuneInString(key)
	head := key[:len(key)-n]
	if last == utf8.RuneError && n == 1 { // not UTF-8
		return head
	}
	if before := last - 1; last > 1 && utf8.ValidRune(before) && len(head)+5 < 1024 {
		return head + string(before) + string(utf8.MaxRune)
	}
	return head
}
