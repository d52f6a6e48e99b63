package rules

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"afterput/rules/internal/keyset"
)

// alwaysFails warns about copies that fail for every object that their rule takes, because of what a template gives.
func (l *linter) alwaysFails(r *rule) {
	var all []objectSet // what the rule may take, computed once
	for _, c := range r.copies {
		failing := ""
		c.templates(func(field string, t *template) {
			if failing != "" || !l.mayFail(c, field, t) {
				return
			}
			if all == nil {
				all = l.allTaken(r)
			}
			fails := func(o objectSet) bool { return l.isNeverAllowed(field, l.possibleTexts(&o, t, r)) }
			if len(all) > 0 && every(all, fails) && !l.meter.Exceeded() {
				failing = field
			}
		})
		if failing != "" {
			l.warnCopy(c, failing, AlwaysFails, "the copy fails for every object of the rule: %s; correct %s, or what "+
				"match accepts", l.whyItFails(c, failing), failing)
		}
	}
}

// allTaken is what a rule may take, by source bucket.
func (l *linter) allTaken(r *rule) []objectSet {
	all := []objectSet{}
	keys := l.keysTaken(r)
	for _, bucket := range l.set.bucketsOf(r) {
		o := l.takenBy(r, anyUpload(bucket))
		if o.keys = o.keys.Intersect(keys); !o.keys.IsEmpty() {
			all = append(all, o)
		}
	}
	return all
}

// mayFail reports whether a template of a copy can give a text that its field does not allow, as far as the names of
// its placeholders tell. Sets of texts are computed only of such templates.
func (l *linter) mayFail(c *copySpec, field string, t *template) bool {
	asked := func(name string) bool {
		m := &c.rule.match
		return name == "tag" && m.given[byTagging] != 0 || name == "meta" && m.given[byMeta] != 0
	}
	placeholders := 0
	for i := range t.parts {
		switch p := &t.parts[i]; {
		case p.name == "":
			continue
		case p.cut != (cut{}), p.span != (span{}), asked(p.name),
			slices.Contains([]string{"dir", "dir.base", "base", "stem", "ext", "re"}, p.name),
			p.name == "key" && (field == "bucket" || field == "tagging"):
			return true
		}
		placeholders++
	}
	return field == "key" && t.literalLength()+placeholders*len(l.samples[c.rule]) > maxKey
}

// isNeverAllowed reports whether a field surely allows none of the texts.
func (l *linter) isNeverAllowed(field string, texts *keyset.Set) bool {
	switch field {
	case "key":
		texts = texts.Intersect(l.possible)
		return texts.IsEmpty() || leastBytes(texts) > maxKey
	case "bucket":
		return texts.Intersect(bucketNames()).IsEmpty()
	case "tagging":
		return texts.Intersect(tagValues()).IsEmpty()
	}
	return texts.IsEmpty()
}

// leastBytes is a number of bytes that every text of a set has at least.
func leastBytes(texts *keyset.Set) int {
	shortest, ok := texts.Shortest()
	chars := utf8.RuneCountInString(shortest)
	if !ok || chars*utf8.UTFMax <= maxKey {
		return 0
	}
	prefix := texts.Prefix()
	return len(prefix) + chars - utf8.RuneCountInString(prefix)
}

// bucketNames has every text that can be the name of a bucket, and longer ones.
func bucketNames() *keyset.Set {
	ends := keyset.AnyOf('a', 'z', '0', '9')
	return keyset.Concat(ends, keyset.Repeat(1, 'a', 'z', '0', '9', '-', '-'), ends)
}

// tagValues has every text that can be the value of a tag, and longer ones.
func tagValues() *keyset.Set {
	ranges := []rune{utf8.RuneSelf, unicode.MaxRune}
	for _, r := range tagCharacters {
		ranges = append(ranges, r, r)
	}
	return keyset.Repeat(0, ranges...)
}

// whyItFails is what filling in a field says for one of the rule's objects.
func (l *linter) whyItFails(c *copySpec, field string) string {
	o := object{l.firstBucket(c.rule), l.exampleOf(c.rule)}
	if fill, ok := l.planner(c, o); ok {
		var planned Copy
		fill.destination(c, &planned)
		if field != "key" && field != "bucket" {
			fill.request(c, &planned)
		}
		if planned.Err != nil {
			return "of " + quote(o.key) + ", " + planned.Err.Error()
		}
	}
	return "of " + quote(o.key) + ", OSS does not allow its " + field
}

// exampleOf is a key that a rule takes and that is easy to read.
func (l *linter) exampleOf(r *rule) string {
	return cmp.Or(l.easyKey(l.keysTaken(r)), l.samples[r])
}

// easyKey is one of some keys that is easy to read; "" if there is none.
func (l *linter) easyKey(keys *keyset.Set) string {
	for _, easy := range append([]*keyset.Set{l.named}, l.examples...) {
		if key, ok := keys.Intersect(easy).Shortest(); ok {
			return key
		}
	}
	return ""
}

// namedKeys are keys whose base begins with a small letter, as most names do.
func namedKeys() *keyset.Set { return keyset.Regexp(`^([0-9A-Za-z_-]+/)*[a-z][0-9A-Za-z_.-]*$`) }
