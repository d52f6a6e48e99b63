package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"afterput/rules/internal/keyset"
)

// maxEnds bounds the pairs of a set of objects.
const maxEnds = 64

// maxComparedEnds bounds the pairs of two lists that are compared, each with each.
const maxComparedEnds = 8 * maxEnds

// stepsOfSpelling is about how many steps it takes to spell a prefix or a suffix in another case.
const stepsOfSpelling = 20

// endsOf lists prefixes and suffixes of the keys that a block accepts.
func (a *analysis) endsOf(b *block) []keyEnds {
	k := a.of(b)
	if k.ends == nil {
		k.ends = b.keyEnds(maxEnds, maxSpellings)
		if b.ignoreCase {
			a.meter.Spend(stepsOfSpelling * len(k.ends))
		}
	}
	return k.ends
}

// commonEnds lists the pairs of keys that have one of either list. Of lists that are too
// long to be combined it is one.
func (a *analysis) commonEnds(one, other []keyEnds) []keyEnds {
	a.meter.Spend(min(len(one)*len(other), maxComparedEnds) / 4)
	if len(one)*len(other) <= maxComparedEnds {
		if common := commonEnds(one, other); len(common) <= maxEnds {
			return common
		}
	}
	return slices.Clone(other)
}

// haveCommonEnds reports whether commonEnds lists any.
func (a *analysis) haveCommonEnds(one, other []keyEnds) bool {
	a.meter.Spend(min(len(one)*len(other), maxComparedEnds) / 4)
	if len(one)*len(other) > maxComparedEnds {
		return true
	}
	return slices.ContainsFunc(one, func(e keyEnds) bool {
		return slices.ContainsFunc(other, func(f keyEnds) bool {
			_, begins := longerHead(e.prefix, f.prefix)
			_, ends := longerTail(e.suffix, f.suffix)
			return begins && ends
		})
	})
}

// acceptsAll reports whether the conditions on the key surely accept all keys with these
// ends.
func (b *block) acceptsAll(e keyEnds) bool {
	head, tail := b.fold(e.prefix), b.fold(e.suffix)
	return b.given[byGlob] == 0 && b.given[byRegexp] == 0 &&
		(b.given[byPrefix] == 0 ||
			slices.ContainsFunc(b.heads, func(s string) bool { return strings.HasPrefix(head, s) })) &&
		(b.given[bySuffix] == 0 ||
			slices.ContainsFunc(b.tails, func(s string) bool { return strings.HasSuffix(tail, s) }))
}

// acceptAll reports whether one of the blocks surely accepts all keys with these ends.
func acceptAll(blocks []*block, e keyEnds) bool {
	return slices.ContainsFunc(blocks, func(b *block) bool { return b.acceptsAll(e) })
}

// endsOfTexts lists prefixes and suffixes of the texts that a template can give for the
// objects.
func (o *objectSet) endsOfTexts(t *template, r *rule) []keyEnds {
	all := make([]keyEnds, len(o.ends))
	for i, e := range o.ends {
		for j := range t.parts {
			value, exact := o.endsOfValue(&t.parts[j], r, e)
			all[i].prefix += value.prefix
			if !exact {
				break
			}
		}
		for j := range slices.Backward(t.parts) {
			value, exact := o.endsOfValue(&t.parts[j], r, e)
			all[i].suffix = value.suffix + all[i].suffix
			if !exact {
				break
			}
		}
	}
	return all
}

// commonSuffix is a text that all keys of the objects end with, possibly "".
func (o *objectSet) commonSuffix() string {
	suffix := o.ends[0].suffix
	for _, e := range o.ends[1:] {
		for !strings.HasSuffix(e.suffix, suffix) {
			_, n := utf8.DecodeRuneInString(suffix)
			suffix = suffix[n:]
		}
	}
	return suffix
}

// endsOfValue is a prefix and a suffix of the values of a part of a template, given those
// of the keys. With exact, they are the whole value.
func (o *objectSet) endsOfValue(p *templatePart, r *rule, key keyEnds) (value keyEnds, exact bool) {
	text := p.literal
	switch {
	case p.name == "" || p.isPlain() && (p.name == "bucket" || p.name == "rule"):
		switch p.name {
		case "bucket":
			text = o.bucket
		case "rule":
			text = r.name
		}
		return keyEnds{text, text}, true
	case p.fallback != nil, p.span != span{}:
		return keyEnds{}, false
	}
	switch p.name {
	case "key":
		value = key
	case string(keyset.Dir):
		if i := strings.LastIndexByte(key.prefix, '/'); i >= 0 {
			value.prefix = key.prefix[:i]
		}
	case string(keyset.Base):
		value.suffix = key.suffix[strings.LastIndexByte(key.suffix, '/')+1:]
	}
	switch p.cut.end {
	case '#':
		value.prefix, value.suffix = afterCut(value.prefix, p.cut.text, strings.CutPrefix), ""
	case '%':
		value.prefix, value.suffix = "", afterCut(value.suffix, p.cut.text, strings.CutSuffix)
	}
	return keyEnds{p.letters.apply(value.prefix), p.letters.apply(value.suffix)}, false
}

// afterCut is what remains of a known end after a prefix or a suffix was cut off; "" if that
// is not certain.
func afterCut(end, text string, cut func(s, text string) (string, bool)) string {
	if rest, ok := cut(end, text); ok {
		return rest
	}
	if _, undecided := cut(text, end); undecided {
		return ""
	}
	return end
}
