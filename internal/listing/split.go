package listing

import (
	"slices"
	"unicode/utf8"
)

// alphabet is the set of characters that the keys listed so far consist of. Where a range of keys is divided depends on
// it, but never what is listed: a badly chosen place costs one request.
type alphabet struct{ sorted []rune }

// learn adds the characters of a key.
func (a *alphabet) learn(key string) {
	for _, c := range key {
		if at, found := slices.BinarySearch(a.sorted, c); !found {
			a.sorted = slices.Insert(a.sorted, at, c)
		}
	}
}

// above is the character in the middle of those that are greater than c and, if limit is not 0, less than limit;
// 0 if there is none.
func (a *alphabet) above(c, limit rune) rune {
	from, found := slices.BinarySearch(a.sorted, c)
	if found {
		from++
	}
	to := len(a.sorted)
	if limit != 0 {
		to, _ = slices.BinarySearch(a.sorted, limit)
	}
	if from >= to {
		return 0
	}
	return a.sorted[(from+to)/2]
}

// places are where a range may be divided: texts that lie behind its beginning and before its end. first and last are
// the keys between which its latest page lies. A page spans few of the keys that follow it, so that they differ from it
// not far before the place where the page's own keys differ: the first text differs there, each further one one
// character earlier.
func (a *alphabet) places(first, last, upTo string) []string {
	var texts []string
	for depth := commonLength(first, last); depth >= 0; depth-- {
		if depth < len(last) && !utf8.RuneStart(last[depth]) {
			continue
		}
		c, _ := utf8.DecodeRuneInString(last[depth:])
		if depth == len(last) {
			c = 0
		}
		limit := rune(0)
		if len(upTo) > depth && upTo[:depth] == last[:depth] {
			limit, _ = utf8.DecodeRuneInString(upTo[depth:])
			limit++ // the end's own character, cut off there, lies before the end
		}
		if m := a.above(c, limit); m != 0 {
			text := last[:depth] + string(m)
			if text > last && (upTo == "" || text < upTo) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// commonLength is how many bytes two texts begin with in common.
func commonLength(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
