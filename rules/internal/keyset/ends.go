package keyset

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// PrefixesAnyCase lists at most so many texts with one of which every text begins that begins with prefix, whatever
// its case: the prefix in every spelling, or as much of its beginning as has few enough of them.
func PrefixesAnyCase(prefix string, most int) []string {
	return endsOfText(prefix, true, most, fromStart).shortest(fromStart)
}

// SuffixesAnyCase is PrefixesAnyCase for a suffix.
func SuffixesAnyCase(suffix string, most int) []string {
	return endsOfText(suffix, true, most, fromEnd).shortest(fromEnd)
}

// regexpEnds lists at most so many texts with one of which every key begins in which an expression is found, and with
// one of which it ends.
func regexpEnds(re *syntax.Regexp, most int) (prefixes, suffixes []string) {
	prefixes, suffixes = []string{""}, []string{""}
	parts := flatten(re, nil)
	if n := len(parts); n > 0 && parts[0].Op == syntax.OpBeginText {
		prefixes = endsOfAll(parts[1:], most, fromStart).shortest(fromStart)
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		suffixes = endsOfAll(parts[:n-1], most, fromEnd).shortest(fromEnd)
	}
	return prefixes, suffixes
}

// direction is the end from which texts are read.
type direction bool

const (
	fromStart direction = false
	fromEnd   direction = true
)

// join puts what is read next beside what was read before.
func (d direction) join(before, next string) string {
	if d == fromEnd {
		return next + before
	}
	return before + next
}

// has reports whether a text begins, or ends, with another.
func (d direction) has(text, end string) bool {
	if d == fromEnd {
		return strings.HasSuffix(text, end)
	}
	return strings.HasPrefix(text, end)
}

// order lists the indexes up to n in the order in which the direction reads.
func (d direction) order(n int) []int {
	all := make([]int, n)
	for i := range all {
		if all[i] = i; d == fromEnd {
			all[i] = n - 1 - i
		}
	}
	return all
}

// ends are texts with one of which every text of some kind begins, or ends. With whole they are these texts.
type ends struct {
	texts []string
	whole bool
}

// shortest are the texts without those that begin, or end, with another one.
func (e ends) shortest(d direction) []string {
	return slices.DeleteFunc(slices.Clone(e.texts), func(text string) bool {
		return slices.ContainsFunc(e.texts, func(other string) bool { return other != text && d.has(text, other) })
	})
}

// extend adds to whole ends those of what follows, if they are not too many. It reports whether they are whole still.
func (e *ends) extend(next ends, most int, d direction) bool {
	if len(e.texts)*len(next.texts) > most {
		e.whole = false
		return false
	}
	var all []string
	for _, before := range e.texts {
		for _, text := range next.texts {
			all = append(all, d.join(before, text))
		}
	}
	slices.Sort(all)
	e.texts, e.whole = slices.Compact(all), next.whole
	return e.whole
}

// endsOfText are the ends of a text, in any case if fold is true.
func endsOfText(text string, fold bool, most int, d direction) ends {
	e := ends{[]string{""}, true}
	chars := []rune(text)
	for _, i := range d.order(len(chars)) {
		next := ends{[]string{string(chars[i])}, true}
		if fold {
			next.texts = nil
			for _, r := range alike(chars[i]) {
				next.texts = append(next.texts, string(r))
			}
		}
		if !e.extend(next, most, d) {
			break
		}
	}
	return e
}

// endsOfAll are the ends of expressions that follow one another.
func endsOfAll(all []*syntax.Regexp, most int, d direction) ends {
	e := ends{[]string{""}, true}
	for _, i := range d.order(len(all)) {
		if !e.extend(endsOf(all[i], most/len(e.texts), d), most, d) {
			break
		}
	}
	return e
}

// endsOf are the ends of what an expression matches.
func endsOf(re *syntax.Regexp, most int, d direction) ends {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return ends{[]string{""}, true}
	case syntax.OpLiteral:
		return endsOfText(string(re.Rune), re.Flags&syntax.FoldCase != 0, most, d)
	case syntax.OpCharClass:
		return endsOfClass(re.Rune, most)
	case syntax.OpCapture, syntax.OpConcat:
		return endsOfAll(re.Sub, most, d)
	case syntax.OpAlternate:
		return endsOfAny(re.Sub, most, d)
	case syntax.OpQuest:
		return endsOfAny([]*syntax.Regexp{{Op: syntax.OpEmptyMatch}, re.Sub[0]}, most, d)
	case syntax.OpPlus:
		e := endsOf(re.Sub[0], most, d)
		e.whole = false
		return e
	}
	return ends{texts: []string{""}}
}

// endsOfAny are the ends of what one of several expressions matches.
func endsOfAny(all []*syntax.Regexp, most int, d direction) ends {
	e := ends{whole: true}
	for _, sub := range all {
		one := endsOf(sub, most/len(all), d)
		e.texts, e.whole = append(e.texts, one.texts...), e.whole && one.whole
	}
	if slices.Sort(e.texts); len(e.texts) > most {
		return ends{texts: []string{""}}
	}
	e.texts = slices.Compact(e.texts)
	return e
}

// maxClass bounds the characters of a class that are listed one by one: ten digits would be ten texts, each of which
// says little more than none.
const maxClass = 3

// endsOfClass are the characters of ranges, if they are few.
func endsOfClass(ranges []rune, most int) ends {
	e := ends{whole: true}
	for i := 0; i < len(ranges); i += 2 {
		if int(ranges[i+1]-ranges[i]) >= min(maxClass, most)-len(e.texts) {
			return ends{texts: []string{""}}
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			e.texts = append(e.texts, string(r))
		}
	}
	return e
}
