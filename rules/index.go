package rules

import (
	"slices"

	"afterput/rules/internal/keyset"
)

// index finds the rules that an object may match without testing the others: by bucket,
// then by literal prefixes of the key, then by literal suffixes.
type index struct {
	anywhere *trie            // rules that name no bucket
	buckets  map[string]*trie // by source bucket; nil where no rule names it
	// folded has the rules whose match ignores case; its keys are folded. It is nil if there are none.
	folded *index
}

func newIndex(sources []string, rules []*rule) *index {
	x := emptyIndex(sources)
	for _, r := range rules {
		if r.disabled {
			continue
		}
		of := x
		if r.match.ignoreCase {
			if x.folded == nil {
				x.folded = emptyIndex(sources)
			}
			of = x.folded
		}
		of.enter(r)
	}
	return x
}

func emptyIndex(sources []string) *index {
	x := &index{anywhere: &trie{}, buckets: map[string]*trie{}}
	for _, b := range sources {
		x.buckets[b] = nil
	}
	return x
}

// enter adds a rule under its buckets.
func (x *index) enter(r *rule) {
	if r.match.given[byBucket] == 0 {
		x.anywhere.enter(r)
	}
	for _, b := range r.match.buckets {
		if x.buckets[b] == nil {
			x.buckets[b] = &trie{}
		}
		x.buckets[b].enter(r)
	}
}

// candidates appends the rules that may match an object, in the file's order. It is not ok
// if the bucket is not a source.
func (x *index) candidates(bucket, key string, found []int32) (_ []int32, ok bool) {
	own, ok := x.buckets[bucket]
	if !ok {
		return nil, false
	}
	found = x.anywhere.find(key, found)
	if own != nil {
		found = own.find(key, found)
	}
	if x.folded != nil {
		found, _ = x.folded.candidates(bucket, keyset.Fold(key), found)
	}
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	return found, true
}

// rulesNear returns the rules that may match some key of one of the buckets with one of these ends, in the file's
// order, and how many steps that took.
func (x *index) rulesNear(buckets []string, ends []keyEnds) (found []int32, steps int) {
	n := nearby{}
	x.near(&n, buckets, ends, func(text string) string { return text })
	if x.folded != nil {
		x.folded.near(&n, buckets, ends, keyset.Fold)
	}
	slices.Sort(n.found)
	return slices.Compact(n.found), n.steps
}

// near collects the rules that may match some key with one of these ends, read as the index has its keys.
func (x *index) near(n *nearby, buckets []string, ends []keyEnds, read func(string) string) {
	for _, e := range ends {
		n.tail = reversed(read(e.suffix))
		head := read(e.prefix)
		n.under(x.anywhere, head)
		for _, b := range buckets {
			n.steps++
			if own := x.buckets[b]; own != nil {
				n.under(own, head)
			}
		}
	}
}
