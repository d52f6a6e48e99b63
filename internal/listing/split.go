package listing

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// alphabet is which characters the keys seen so far consist of, and where in them. Where a range of keys is divided
// depends on it, but never what is listed: a badly chosen place costs one request.
type alphabet struct {
	all characters
	at  []characters // by offset in the keys
}

// characters is a set, sorted.
type characters []rune

func (s *characters) add(c rune) {
	if at, found := slices.BinarySearch(*s, c); !found {
		*s = slices.Insert(*s, at, c)
	}
}

// between are the characters greater than c and, if limit is not 0, less than limit.
func (s characters) between(c, limit rune) characters {
	from, found := slices.BinarySearch(s, c)
	if found {
		from++
	}
	to := len(s)
	if limit != 0 {
		to, _ = slices.BinarySearch(s, limit)
	}
	return s[from:max(from, to)]
}

// like are those of all that are of the kind of one in s.
func (s characters) like(all characters) characters {
	return slices.DeleteFunc(slices.Clone(all), func(c rune) bool {
		return !slices.ContainsFunc(s, func(known rune) bool { return kindOf(c) == kindOf(known) })
	})
}

// kindOf tells characters apart that seldom occur at the same place of a key.
func kindOf(c rune) int {
	return slices.IndexFunc(kinds, func(is func(rune) bool) bool { return is(c) })
}

var kinds = []func(rune) bool{unicode.IsDigit, unicode.IsLower, unicode.IsUpper, unicode.IsLetter}

// learn adds the characters of a key.
func (a *alphabet) learn(key string) {
	for i, c := range key {
		a.all.add(c)
		for len(a.at) <= i {
			a.at = append(a.at, nil)
		}
		a.at[i].add(c)
	}
}

// gap is what is known of a range of which a page was listed.
type gap struct {
	first, last string // the keys between which that page lies
	upTo        string // the end of the range, "" for none
	bare        bool   // nothing lies behind the end, as far as was looked
}

// place is where the range may be divided, so that both halves are long: behind last and before upTo; "" for nowhere.
// All keys of the range begin with what last and upTo have in common. Behind that it is divided at the first
// character in which keys differ, as far as they are known; but not where the page's own keys differ, since what is
// left there is hardly more than a page.
func (a *alphabet) place(g gap) string {
	from := commonLength(g.last, g.upTo)
	for depth := from; depth <= min(commonLength(g.first, g.last), len(a.at)-1); depth++ {
		c, limit, ok := g.bounds(depth, from)
		if !ok {
			continue
		}
		kind := a.at[depth]
		if depth > from || g.upTo == "" {
			if len(kind) < 2 { // all keys seen have the same character here
				continue
			}
		}
		choice := kind.like(a.all).between(c, limit)
		if len(choice) == 0 && limit != 0 {
			choice = a.all.between(c, limit)
		}
		if len(choice) == 0 {
			continue
		}
		m := choice[len(choice)/2]
		if g.bare && depth == from {
			m = choice[0] // the one in the middle was in vain
		}
		if text := g.last[:depth] + string(m); g.holds(text) {
			return text
		}
	}
	return ""
}

// bounds are the characters between which a range may be divided at a depth of its last key: limit is 0 for any.
// ok is false within a character.
func (g *gap) bounds(depth, from int) (c, limit rune, ok bool) {
	if depth < len(g.last) {
		if !utf8.RuneStart(g.last[depth]) {
			return 0, 0, false
		}
		c, _ = utf8.DecodeRuneInString(g.last[depth:])
	}
	if depth == from && depth < len(g.upTo) {
		var n int
		if limit, n = utf8.DecodeRuneInString(g.upTo[depth:]); depth+n < len(g.upTo) {
			limit++ // the end's own character, cut off there, lies before the end
		}
	}
	return c, limit, true
}

func (g *gap) holds(text string) bool { return text > g.last && (g.upTo == "" || text < g.upTo) }

// probe is a text to look behind where nothing is known of the keys that follow: something lies behind it if they
// differ from last at its depth or before. "" says that there is none up to this depth. Each answer halves the depths
// that come into question: the text becomes the range's end, or what lies behind it is searched above its depth.
func (a *alphabet) probe(g gap, upTo int) (text string, depth int) {
	var depths []int
	least := func(depth int) string {
		c, limit, ok := g.bounds(depth, commonLength(g.last, g.upTo))
		if choice := a.all.between(c, limit); ok && len(choice) > 0 {
			return g.last[:depth] + string(choice[0])
		}
		return ""
	}
	for depth := commonLength(g.last, g.upTo); depth <= min(upTo, commonLength(g.first, g.last)); depth++ {
		if text := least(depth); text != "" && g.holds(text) {
			depths = append(depths, depth)
		}
	}
	if len(depths) == 0 {
		return "", 0
	}
	depth = depths[len(depths)/2]
	return least(depth), depth
}

// pages is about how many pages lie between last and upTo, if so many were listed from first to last.
func (a *alphabet) pages(listed int, first, last, upTo string) float64 {
	end := 1.0
	if upTo != "" {
		end = a.number(upTo)
	}
	at := a.number(last)
	return float64(listed) * (end - at) / max(at-a.number(first), 1e-300)
}

// number maps texts to numbers from 0 to 1, in their order: a text's characters are its digits, but for those that are
// the same in all keys seen.
func (a *alphabet) number(text string) (n float64) {
	unit := 1.0
	for i, c := range text {
		if i >= len(a.at) || unit < 1e-15 {
			break
		}
		rank, found := slices.BinarySearch(a.at[i], c)
		if found && len(a.at[i]) == 1 {
			continue
		}
		unit /= float64(len(a.at[i]) + 1)
		n += unit * float64(rank)
		if !found {
			break
		}
	}
	return n
}

// commonLength is how many bytes two texts begin with in common.
func commonLength(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
