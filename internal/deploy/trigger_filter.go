package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"afterput/rules"
)

// filter is what one trigger filters by: it delivers the events named in events of keys that begin with prefix and end
// with suffix.
type filter struct {
	prefix, suffix string
	events         []string // in the order of followedNatively
	wants          []int    // what the filter was made for: indexes into the list of wants
	excess         string   // why it delivers more than wants ask for; "" if it does not
}

// overlaps is OSS's own test: triggers conflict if their events, their prefixes and their suffixes all overlap, where
// "" overlaps everything.
// Source: FC user guide, OSS triggers.
func (f *filter) overlaps(other *filter) bool {
	return (strings.HasPrefix(f.prefix, other.prefix) || strings.HasPrefix(other.prefix, f.prefix)) &&
		(strings.HasSuffix(f.suffix, other.suffix) || strings.HasSuffix(other.suffix, f.suffix)) &&
		slices.ContainsFunc(f.events, func(e string) bool { return slices.Contains(other.events, e) })
}

// covers reports whether f delivers everything that other does.
func (f *filter) covers(other *filter) bool {
	return strings.HasPrefix(other.prefix, f.prefix) && strings.HasSuffix(other.suffix, f.suffix) &&
		!slices.ContainsFunc(other.events, func(e string) bool { return !slices.Contains(f.events, e) })
}

// union returns the narrowest filter that delivers everything that a and b do. reason says why one filter has to
// replace the two; the union keeps it if it delivers more than they do. Their wants become its own.
func union(a, b *filter, reason string) *filter {
	more, fewer := a.wants, b.wants
	if len(more) < len(fewer) {
		more, fewer = fewer, more // many unions, one after the other, then take no square of steps
	}
	u := &filter{
		prefix: commonPrefix(a.prefix, b.prefix), suffix: commonSuffix(a.suffix, b.suffix),
		events: slices.Clone(a.events), wants: append(more, fewer...), excess: cmp.Or(a.excess, b.excess),
	}
	for _, e := range b.events {
		if !slices.Contains(u.events, e) {
			u.events = append(u.events, e)
		}
	}
	if u.excess == "" && !a.covers(u) && !b.covers(u) {
		u.excess = reason
	}
	return u
}

// excessText says which filters f replaces and why, if f delivers more than they would; otherwise it is "".
func (f *filter) excessText(wants []rules.Want) string {
	if f.excess == "" {
		return ""
	}
	const most = 5
	var replaced []string
	seen := map[string]bool{}
	slices.Sort(f.wants)
	for _, i := range f.wants {
		w := wants[i]
		text := keysText(w.Prefix, w.Suffix) + " (rule " + w.Rule + ")"
		if !seen[text] && len(replaced) < most {
			replaced = append(replaced, text)
		}
		seen[text] = true
	}
	if n := len(seen) - most; n > 0 {
		replaced = append(replaced, fmt.Sprintf("%d more", n))
	}
	return fmt.Sprintf("one filter instead of %s, because %s", strings.Join(replaced, ", "), f.excess)
}

// keysText describes the keys that begin with prefix and end with suffix.
func keysText(prefix, suffix string) string {
	if prefix == "" && suffix == "" {
		return "any key"
	}
	return prefix + "*" + suffix
}

// beforeVariables returns the part of a prefix that s.yaml can contain: Serverless Devs would expand ${…}.
func beforeVariables(prefix string) string {
	head, _, _ := strings.Cut(prefix, "${")
	return head
}

// afterVariables is beforeVariables for a suffix.
func afterVariables(suffix string) string {
	if i := strings.LastIndex(suffix, "${"); i >= 0 {
		return suffix[i+len("${"):]
	}
	return suffix
}

// commonPrefix returns what both texts begin with, in whole characters.
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

// commonSuffix returns what both texts end with, in whole characters.
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

// reversed returns the characters of a text from the last to the first.
func reversed(s string) string {
	chars := []rune(s)
	slices.Reverse(chars)
	return string(chars)
}
