package rules

import (
	"slices"
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
	return b.events.names()
}
