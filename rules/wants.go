package rules

import (
	"slices"
	"strings"

	"afterput/rules/internal/keyset"
)

// Want is a set of events that some object of a rule may raise: those of all
// keys of a bucket that begin with Prefix and end with Suffix, "" being any.
// There may be objects among them that the rule does not take.
type Want struct {
	Rule   string
	Line   int // of the rule
	Bucket string
	// Events are their names without "oss:". A rule that names none wants
	// [UploadEvents].
	Events []string
	Prefix string
	Suffix string
	// Beyond are the conditions of the rule, by their fields' names, that events,
	// Prefix and Suffix do not express: what else they let through.
	Beyond []string
}

// beyond are the conditions that no filter of a trigger can express.
var beyond = []condition{byGlob, byRegexp, bySize, byContentType, byPrincipal, bySourceIP, byStorageClass, byMeta, byTagging}

// UploadEvents are the events that leave a whole new object behind in the bucket
// where somebody made it. Those of objects that OSS itself replicates are others,
// for a rule to name.
func UploadEvents() []string { return slices.Clone(eventNames[:uploadEventCount]) }

// uploadEventCount is how many of eventNames, the first, are raised where an object is
// made.
const uploadEventCount = 6

// Wants gives what events the rules want, in the file's order, a bucket after
// the other. Together they hold every event that some rule takes, but those of
// names that OSS may add.
func (s *Set) Wants() []Want {
	var all []Want
	for _, r := range s.rules {
		if r.disabled {
			continue
		}
		events := r.match.eventNames()
		ends := r.match.keyEnds()
		var more []string
		for _, c := range beyond {
			if r.match.given[c] != 0 {
				more = append(more, conditionNames[c])
			}
		}
		if len(r.except) > 0 {
			more = append(more, "except")
		}
		for _, bucket := range s.sources {
			if r.match.given[byBucket] != 0 && !slices.Contains(r.match.buckets, bucket) {
				continue
			}
			for _, e := range ends {
				all = append(all, Want{r.name, r.line, bucket, events, e.prefix, e.suffix, more})
			}
		}
	}
	return all
}

// eventNames are the events a block asks for.
func (b *block) eventNames() []string {
	if b.given[byEvent] == 0 {
		return UploadEvents()
	}
	var names []string
	for _, name := range eventNames {
		if b.events&maskOf(name) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// keyEnds is what keys begin and end with.
type keyEnds struct{ prefix, suffix string }

// maxKeyEnds bounds how many a block is taken apart into.
const maxKeyEnds = 4096

// keyEnds are what the keys that a block accepts begin and end with: one of these.
// None means that no key fits.
func (b *block) keyEnds() []keyEnds {
	ends := []keyEnds{{}}
	narrow := func(all []keyEnds) {
		if len(all) == 0 || len(all)*len(ends) > maxKeyEnds {
			return
		}
		var narrower []keyEnds
		for _, e := range ends {
			for _, a := range all {
				head, ok := longerHead(e.prefix, a.prefix)
				tail, fits := longerTail(e.suffix, a.suffix)
				if ok && fits {
					narrower = append(narrower, keyEnds{head, tail})
				}
			}
		}
		ends = narrower
	}
	var prefixes, suffixes, globs []keyEnds
	for _, s := range b.prefixes {
		prefixes = append(prefixes, keyEnds{prefix: s})
	}
	for _, s := range b.suffixes {
		suffixes = append(suffixes, keyEnds{suffix: s})
	}
	for _, g := range b.globs {
		globs = append(globs, keyEnds{g.Prefix(), g.Suffix()})
	}
	narrow(prefixes)
	narrow(suffixes)
	narrow(globs)
	if b.regexp != nil {
		head, tail := keyset.RegexpEnds(b.regexp.String())
		narrow([]keyEnds{{head, tail}})
	}
	return ends
}

// longerHead is what keys begin with that begin with both.
func longerHead(a, b string) (string, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	return a, strings.HasPrefix(a, b)
}

func longerTail(a, b string) (string, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	return a, strings.HasSuffix(a, b)
}

// Events are all events that a rule can name, those of [UploadEvents] first.
func Events() []string { return slices.Clone(eventNames) }
