package rules

import (
	"slices"
	"strconv"
	"strings"

	"afterput/rules/internal/keyset"
)

// Filter describes a trigger: which events it delivers to the function.
type Filter struct {
	Bucket string
	Events []string // without "oss:"
	// A key must begin with one of Prefixes and end with one of Suffixes. An empty list
	// accepts any key.
	Prefixes, Suffixes []string
}

// Misdelivery is an event that a rule needs and that does not reach the function exactly
// once.
type Misdelivery struct {
	Rule   string
	Line   int // of the rule
	Bucket string
	Event  string
	Key    string // an example
	// By are the two filters, counted from 0, that both deliver it; none if no filter does.
	By []int
}

// Misdeliveries checks that exactly one of the filters delivers each event of which some rule
// makes copies. It returns one example for each rule, bucket and kind of failure.
func (s *Set) Misdeliveries(filters []Filter) []Misdelivery {
	d := &delivery{analysis: newFullAnalysis(s), filters: filters, possible: possibleKeys(),
		keys: make([]*keyset.Set, len(filters))}
	var all []Misdelivery
	for _, r := range s.rules {
		if r.disabled || r.onlyStops() {
			continue
		}
		for _, bucket := range s.sources {
			if r.match.given[byBucket] == 0 || slices.Contains(r.match.buckets, bucket) {
				all = append(all, d.misdeliveriesOf(r, bucket)...)
			}
		}
	}
	return all
}

type delivery struct {
	*analysis
	filters  []Filter
	possible *keyset.Set   // the keys that OSS allows
	keys     []*keyset.Set // of each filter; nil until needed
}

func (d *delivery) keysThrough(i int) *keyset.Set {
	if d.keys[i] == nil {
		var heads, tails []*keyset.Set
		for _, s := range distinct(d.filters[i].Prefixes) {
			heads = append(heads, keyset.StartingWith(s))
		}
		for _, s := range distinct(d.filters[i].Suffixes) {
			tails = append(tails, keyset.EndingWith(s))
		}
		d.keys[i] = keyset.Union(heads...).Intersect(keyset.Union(tails...))
	}
	return d.keys[i]
}

// misdeliveriesOf returns what goes wrong with the events of one rule in one bucket: one
// example that no filter delivers, and one that two deliver.
func (d *delivery) misdeliveriesOf(r *rule, bucket string) (all []Misdelivery) {
	ends := r.match.keyEnds(maxKeyEnds, maxSpellings)
	var missed, twice bool
	seen := map[string]bool{} // combinations of filters, and what decides by the event
	for _, event := range r.wantedEvents() {
		through := d.filtersFor(bucket, event)
		combination := d.combination(r, event, through)
		if seen[combination] {
			continue
		}
		seen[combination] = true
		bad := Misdelivery{Rule: r.name, Line: r.line, Bucket: bucket, Event: event}
		if !missed && !d.surelyDelivered(ends, through) {
			if bad.Key, missed = d.missedKey(r, bucket, event, through); missed {
				all = append(all, bad)
			}
		}
		if !twice {
			if bad.Key, bad.By, twice = d.doubleKey(r, bucket, event, through); twice {
				all = append(all, bad)
			}
		}
	}
	return all
}

// filtersFor lists the filters that deliver an event of a bucket for some keys.
func (d *delivery) filtersFor(bucket, event string) (through []int) {
	for i := range d.filters {
		if d.filters[i].Bucket == bucket && slices.Contains(d.filters[i].Events, event) {
			through = append(through, i)
		}
	}
	return through
}

// missedKey returns a key whose event the rule takes and none of the filters delivers.
func (d *delivery) missedKey(r *rule, bucket, event string, through []int) (key string, found bool) {
	var covered []*keyset.Set
	for _, i := range through {
		covered = append(covered, d.keysThrough(i))
	}
	return d.keysTaken(r, bucket, event).Minus(keyset.Union(covered...)).Shortest()
}

// doubleKey returns a key whose event the rule takes and two of the filters deliver, with
// these two.
func (d *delivery) doubleKey(r *rule, bucket, event string, through []int) (key string, by []int, found bool) {
	for n, i := range through {
		for _, j := range through[n+1:] {
			if !d.overlap(i, j) {
				continue
			}
			both := d.keysTaken(r, bucket, event).Intersect(d.keysThrough(i)).Intersect(d.keysThrough(j))
			if key, found = both.Shortest(); found {
				return key, []int{i, j}, true
			}
		}
	}
	return "", nil, false
}

// keysTaken is the set of the keys whose event the rule may take.
func (d *delivery) keysTaken(r *rule, bucket, event string) *keyset.Set {
	o := anyUpload(bucket)
	o.events = maskOfDelivered(event)
	return d.takenBy(r, o).keys.Intersect(d.possible)
}

// surelyDelivered reports whether one of the filters delivers all keys with these ends,
// for each of them: then nothing has to be computed.
func (d *delivery) surelyDelivered(ends []keyEnds, through []int) bool {
	return !slices.ContainsFunc(ends, func(e keyEnds) bool {
		return !slices.ContainsFunc(through, func(i int) bool {
			f := &d.filters[i]
			return slices.ContainsFunc(distinct(f.Prefixes),
				func(s string) bool { return strings.HasPrefix(e.prefix, s) }) &&
				slices.ContainsFunc(distinct(f.Suffixes), func(s string) bool { return strings.HasSuffix(e.suffix, s) })
		})
	})
}

// overlap reports whether two filters may deliver the same key.
func (d *delivery) overlap(i, j int) bool {
	a, b := &d.filters[i], &d.filters[j]
	heads := slices.ContainsFunc(distinct(a.Prefixes), func(p string) bool {
		return slices.ContainsFunc(distinct(b.Prefixes), func(q string) bool { _, ok := longerHead(p, q); return ok })
	})
	return heads && slices.ContainsFunc(distinct(a.Suffixes), func(p string) bool {
		return slices.ContainsFunc(distinct(b.Suffixes), func(q string) bool { _, ok := longerTail(p, q); return ok })
	})
}

// combination names what the result for an event depends on: the filters, and which
// blocks of the rule and of the rules above it name the event.
func (d *delivery) combination(r *rule, event string, through []int) string {
	var b strings.Builder
	for _, i := range through {
		b.WriteString(strconv.Itoa(i) + ",")
	}
	b.WriteString("|")
	note := func(block *block) {
		if block.given[byEvent] != 0 && block.events&maskOfDelivered(event) != 0 {
			b.WriteByte('1')
		} else {
			b.WriteByte('0')
		}
	}
	for _, block := range r.except {
		note(block)
	}
	for _, upper := range d.stops {
		if upper.index < r.index {
			note(&upper.match)
		}
	}
	return b.String()
}
