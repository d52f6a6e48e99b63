package rules

import "slices"

// index finds the rules that an object may match without testing the others: by bucket,
// then by literal prefixes of the key, then by literal suffixes.
type index struct {
	anywhere *trie            // rules that name no bucket
	buckets  map[string]*trie // by source bucket; nil where no rule names it
}

func newIndex(sources []string, rules []*rule) *index {
	x := &index{anywhere: &trie{}, buckets: map[string]*trie{}}
	for _, b := range sources {
		x.buckets[b] = nil
	}
	for _, r := range rules {
		if r.disabled {
			continue
		}
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
	return x
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
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	return found, true
}

// rulesNear returns the rules that may match some key with one of these ends, in the
// file's order, and how many steps that took.
func (x *index) rulesNear(bucket string, ends []keyEnds) (found []int32, steps int) {
	n := nearby{}
	for _, e := range ends {
		n.tail = reversed(e.suffix)
		n.under(x.anywhere, e.prefix)
		if own := x.buckets[bucket]; own != nil {
			n.under(own, e.prefix)
		}
	}
	slices.Sort(n.found)
	return slices.Compact(n.found), n.steps
}
