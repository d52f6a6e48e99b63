package rules

import (
	"fmt"
	"strings"
)

// text is a condition in words: "size at least 64KiB".
func (b *block) text(c condition) string {
	return conditionNames[c] + " " + b.valueText(c)
}

// allText is all conditions of a block in words.
func (b *block) allText() string {
	var all []string
	for c := range conditions {
		if b.given[c] != 0 {
			all = append(all, b.text(c))
		}
	}
	return strings.Join(all, ", ")
}

// valueText is the value of a condition in words; characters that would be overlooked are
// written as code points.
func (b *block) valueText(c condition) string { return withCodePoints(b.plainValueText(c)) }

func (b *block) plainValueText(c condition) string {
	switch c {
	case byBucket:
		return someOf(b.buckets)
	case byEvent:
		return someOf(b.events.names())
	case byPrefix, bySuffix, byGlob:
		if text := someOf(b.texts(c)); b.ignoreCase {
			return text + ", ignoring case"
		}
		return someOf(b.texts(c))
	case byRegexp:
		return b.regexp.String()
	case bySize:
		return b.sizeText()
	case byPrincipal:
		return someOf(b.principals)
	case bySourceIP:
		var nets []string
		for _, n := range b.sourceIPs {
			s := n.String()
			if n.IsSingleIP() {
				s = n.Addr().String()
			}
			nets = append(nets, s)
		}
		return someOf(nets)
	case byContentType:
		return someOf(b.types)
	case byStorageClass:
		return someOf(b.classes)
	case byMeta:
		return requirementsText(b.meta)
	}
	return requirementsText(b.tags)
}

// sizeText is the sizes that the block accepts, in words.
func (b *block) sizeText() string {
	switch {
	case b.below == 0:
		return "at least " + formatSize(b.atLeast)
	case b.atLeast == 0:
		return "below " + formatSize(b.below)
	}
	return "at least " + formatSize(b.atLeast) + " and below " + formatSize(b.below)
}

// failureText says how the object misses a condition.
func (b *block) failureText(c condition, q *query) string {
	o := q.object
	must := ", must be " + b.valueText(c)
	head, _ := q.facts.Head()
	switch c {
	case byBucket:
		return "bucket is " + o.Bucket + must
	case byEvent:
		return "event is " + o.Event + must
	case byPrefix:
		return "key does not begin with " + b.valueText(c)
	case bySuffix:
		return "key does not end with " + b.valueText(c)
	case byGlob:
		return "key does not match the glob " + b.valueText(c)
	case byRegexp:
		return "key does not match the regexp " + b.valueText(c)
	case bySize:
		size := head.Size
		if o.Size.Known {
			size = o.Size.Value
		}
		return "size is " + formatSize(size) + must
	case byPrincipal:
		return "principal is " + orNotKnown(o.Principal) + must
	case bySourceIP:
		return "source-ip is " + orNotKnown(o.SourceIP) + must
	case byContentType:
		value := head.Headers.ContentType
		if o.ContentType.Known {
			value = o.ContentType.Value
		}
		return "content-type is " + orNotKnown(value) + must
	case byStorageClass:
		return "storage-class is " + orNotKnown(head.StorageClass) + must
	case byMeta:
		return requirementFailure("meta", b.meta, head.Meta)
	}
	tags, _ := q.facts.Tags()
	return requirementFailure("tag", b.tags, tags)
}

// requirementFailure names the first entry that is not as wanted.
func requirementFailure(what string, all []requirement, pairs []Pair) string {
	have := knownPairs{pairs: pairs, complete: true}
	for i := range all {
		w := &all[i]
		if have.meets(w) == yes {
			continue
		}
		is := "absent"
		for _, p := range pairs {
			if p.Key == w.key {
				is = quote(p.Value)
			}
		}
		return fmt.Sprintf("%s %s is %s, must be %s", what, w.key, is, withCodePoints(w.valuesText()))
	}
	return ""
}

func (w *requirement) valuesText() string {
	values := w.values
	if w.absent {
		values = append(values[:len(values):len(values)], "absent")
	}
	return someOf(values)
}

func requirementsText(all []requirement) string {
	var texts []string
	for i := range all {
		texts = append(texts, all[i].key+"="+all[i].valuesText())
	}
	return strings.Join(texts, ", ")
}
