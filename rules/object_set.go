package rules

import (
	"slices"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// objectSet is a set of objects that uploads or copies may have made: all objects of one
// bucket whose keys are in a set, and what is known of every one of them.
type objectSet struct {
	bucket string
	keys   *keyset.Set
	ends   []keyEnds // every key has one of these
	known  *knownObject
	events eventMask
	// inPlace says that a copy changed the objects in place.
	inPlace bool
	// given is the template that gave the objects their keys, nil for uploads.
	given *template
}

// anyUpload is every object that may be uploaded to a bucket.
func anyUpload(bucket string) objectSet {
	return objectSet{bucket: bucket, keys: keyset.Any(1), ends: []keyEnds{{}}, known: &knownObject{},
		events: anyEvent}
}

func (o *objectSet) query() *query {
	return &query{object: &events.Object{Bucket: o.bucket}, events: o.events, facts: &factCache{}, predicted: o.known}
}

// possibleTexts is the set of the texts that a template can give for the objects.
func (a *analysis) possibleTexts(o *objectSet, t *template, r *rule) *keyset.Set {
	a.meter.Spend(8 * len(t.parts))
	var all []*keyset.Set
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			all = append(all, keyset.Literal(p.literal))
			continue
		}
		l := a.possibleValues(o, p, r)
		l = p.applyToAll(l).Intersect(keyset.Any(1)) // an empty value without a default fails the copy
		if p.fallback != nil {
			l = keyset.Union(l, a.possibleTexts(o, p.fallback, r))
		}
		all = append(all, l)
	}
	return keyset.Concat(all...)
}

// applyToAll is [templatePart.apply] for every value of a set.
func (p *templatePart) applyToAll(values *keyset.Set) *keyset.Set {
	switch p.cut.end {
	case '#':
		values = values.CutPrefix(p.cut.text)
	case '%':
		values = values.CutSuffix(p.cut.text)
	}
	switch {
	case p.span.offset < 0:
		values = values.Last(-p.span.offset)
	case p.span.length > 0:
		values = values.Slice(p.span.offset, p.span.length)
	}
	switch p.letters {
	case lowerCase:
		return values.Lower()
	case upperCase:
		return values.Upper()
	}
	return values
}

// possibleValues is the set of the values that a placeholder can have.
func (a *analysis) possibleValues(o *objectSet, p *templatePart, r *rule) *keyset.Set {
	digits := func(n int) *keyset.Set {
		return keyset.Concat(slices.Repeat([]*keyset.Set{keyset.AnyOf('0', '9')}, n)...)
	}
	switch p.name {
	case "key":
		return o.keys
	case "dir", "base", "stem", "ext", "dir.base":
		return o.keys.Part(keyset.Part(p.name))
	case "bucket":
		return keyset.Literal(o.bucket)
	case "rule":
		return keyset.Literal(r.name)
	case "region":
		return keyset.Repeat(1, 'a', 'z', '0', '9', '-', '-')
	case "hash":
		return keyset.Concat(slices.Repeat([]*keyset.Set{keyset.AnyOf('0', '9', 'a', 'f')}, hashLength)...)
	case "size":
		return keyset.Repeat(1, '0', '9')
	case "etag":
		return keyset.Repeat(1, '0', '9', 'A', 'Z', 'a', 'z', '-', '-')
	case "event":
		return keyset.Repeat(1, 'A', 'Z', 'a', 'z', ':', ':')
	case "time":
		switch p.arg {
		case "year":
			return digits(4)
		case "weekday":
			return keyset.AnyOf('1', '7')
		case "date":
			return keyset.Concat(digits(4), keyset.Literal("-"), digits(2), keyset.Literal("-"), digits(2))
		}
		return digits(2)
	case "re":
		return a.group(r.match.regexp.String(), p.arg)
	case "tag":
		if value, known := o.known.tags.lookUp(p.arg); known {
			return keyset.Literal(value)
		}
	case "meta":
		if value, known := o.known.meta.lookUp(p.arg); known {
			return keyset.Literal(value)
		}
	}
	return keyset.Any(1)
}

// group is the set of what a named group of a regular expression can match.
func (a *analysis) group(pattern, name string) *keyset.Set {
	id := name + "=" + pattern
	if a.sets[id] == nil {
		a.keep(id, keyset.RegexpGroup(pattern, name).CountedBy(a.meter))
	}
	return a.sets[id]
}
