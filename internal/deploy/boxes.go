package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"afterput/rules"
)

// box is a filter in the making.
type box struct {
	prefix, suffix string
	events         []string // in the order of rules.UploadEvents
	from           []int    // the wants it was made of
	why            string   // what made it let more through than they are; "" if it does not
}

// overlaps is OSS's own test: triggers conflict if their events, their prefixes
// and their suffixes all match, "" matching everything.
// Source: FC user guide, OSS triggers.
func (a *box) overlaps(b *box) bool {
	return (strings.HasPrefix(a.prefix, b.prefix) || strings.HasPrefix(b.prefix, a.prefix)) &&
		(strings.HasSuffix(a.suffix, b.suffix) || strings.HasSuffix(b.suffix, a.suffix)) &&
		slices.ContainsFunc(a.events, func(e string) bool { return slices.Contains(b.events, e) })
}

// covers is whether a lets all through that b does.
func (a *box) covers(b *box) bool {
	return strings.HasPrefix(b.prefix, a.prefix) && strings.HasSuffix(b.suffix, a.suffix) &&
		!slices.ContainsFunc(b.events, func(e string) bool { return !slices.Contains(a.events, e) })
}

// join is the smallest filter that lets both through. why is what it takes to
// make one of them, if that lets more through than they do.
func join(a, b *box, why string) *box {
	j := &box{prefix: commonPrefix(a.prefix, b.prefix), suffix: commonSuffix(a.suffix, b.suffix), why: cmp.Or(a.why, b.why)}
	j.events = slices.Clone(a.events)
	for _, e := range b.events {
		if !slices.Contains(j.events, e) {
			j.events = append(j.events, e)
		}
	}
	if j.why == "" && !a.covers(j) && !b.covers(j) {
		j.why = why
	}
	j.from = slices.Concat(a.from, b.from)
	return j
}

// classes puts the events together that the same wants ask for, each with one
// box for every filter wanted.
func classes(wants []rules.Want, events []string) [][]*box {
	var all [][]*box
	seen := map[string]int{}
	for _, event := range events {
		var key []byte
		var own []*box
		at := map[[2]string]*box{}
		for i, w := range wants {
			if !slices.Contains(w.Events, event) {
				continue
			}
			key = append(key, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
			ends := [2]string{plainHead(w.Prefix), plainTail(w.Suffix)}
			if at[ends] == nil {
				at[ends] = &box{prefix: ends[0], suffix: ends[1], events: []string{event}}
				own = append(own, at[ends])
			}
			at[ends].from = append(at[ends].from, i)
		}
		if n, ok := seen[string(key)]; ok {
			for _, b := range all[n] {
				b.events = append(b.events, event)
			}
		} else if own != nil {
			seen[string(key)] = len(all)
			all = append(all, own)
		}
	}
	return all
}

// apart joins boxes until no two overlap.
func apart(boxes []*box, why string) []*box {
	var done []*box
	for _, b := range boxes {
		done = add(done, b, why)
	}
	return done
}

// add adds a box to some that do not overlap, and joins those that it does.
func add(boxes []*box, b *box, why string) []*box {
	for {
		i := slices.IndexFunc(boxes, b.overlaps)
		if i < 0 {
			return append(boxes, b)
		}
		b = join(boxes[i], b, why)
		boxes = slices.Delete(boxes, i, i+1)
	}
}

// grouped makes one box of those that differ in their events alone.
func grouped(boxes []*box) []*box {
	var all []*box
	at := map[[2]string]int{}
	for _, b := range boxes {
		ends := [2]string{b.prefix, b.suffix}
		if n, ok := at[ends]; ok {
			all[n] = join(all[n], b, "")
			continue
		}
		at[ends] = len(all)
		all = append(all, b)
	}
	return all
}

// nearest are the pairs of boxes whose joins keep most of what they ask for, all
// equally much.
func nearest(boxes []*box) (pairs [][2]*box) {
	type place struct {
		*box
		suffix string // backwards
	}
	order := make([]place, len(boxes))
	for n, b := range boxes {
		order[n] = place{b, backwards(b.suffix)}
	}
	best := -1
	// What has most in common stands side by side in one order or the other.
	for _, compare := range []func(a, b place) int{
		func(a, b place) int { return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.suffix, b.suffix)) },
		func(a, b place) int { return cmp.Or(cmp.Compare(a.suffix, b.suffix), cmp.Compare(a.prefix, b.prefix)) },
	} {
		slices.SortFunc(order, compare)
		for n := 1; n < len(order); n++ {
			a, b := order[n-1], order[n]
			kept := len(commonPrefix(a.prefix, b.prefix)) + len(commonPrefix(a.suffix, b.suffix))
			if kept > best {
				best, pairs = kept, nil
			}
			if kept == best {
				pairs = append(pairs, [2]*box{a.box, b.box})
			}
		}
	}
	return pairs
}

// plainHead is a prefix as far as s.yaml can say it: Serverless Devs would
// expand ${…}.
func plainHead(prefix string) string {
	head, _, _ := strings.Cut(prefix, "${")
	return head
}

func plainTail(suffix string) string {
	if i := strings.LastIndex(suffix, "${"); i >= 0 {
		return suffix[i+len("${"):]
	}
	return suffix
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// commonPrefix is what both begin with, whole characters only.
func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return a[:n]
}

func commonSuffix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for n > 0 && !utf8.RuneStart(a[len(a)-n]) {
		n--
	}
	return a[len(a)-n:]
}

// excess says what the box lets through beyond what it was made of.
func (a *box) excess(wants []rules.Want) string {
	if a.why == "" {
		return ""
	}
	var filters []string
	for _, i := range a.from {
		w := wants[i]
		f := filterText(w.Prefix, w.Suffix) + " (rule " + w.Rule + ")"
		if !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	const most = 5
	if n := len(filters); n > most {
		filters = append(filters[:most], fmt.Sprintf("%d more", n-most))
	}
	return fmt.Sprintf("one filter instead of %s, because %s", strings.Join(filters, ", "), a.why)
}

// filterText says a filter in words.
func filterText(prefix, suffix string) string {
	switch {
	case prefix == "" && suffix == "":
		return "any key"
	case suffix == "":
		return prefix + "*"
	case prefix == "":
		return "*" + suffix
	}
	return prefix + "*" + suffix
}

func triggerCount(n int) string {
	if n == 1 {
		return "one trigger of this kind"
	}
	return fmt.Sprintf("%d triggers", n)
}
