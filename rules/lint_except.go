package rules

import "slices"

// uselessExcepts warns about except blocks of a rule that exclude nothing, because they accept no object that match
// does.
func (l *linter) uselessExcepts(r *rule) {
	for _, b := range r.except {
		if b.defaults || !disjointBesidesKey(&r.match, b) &&
			!l.keysOf(&r.match).Intersect(l.keysOf(b)).Intersect(l.possible).IsEmpty() {
			continue
		}
		about := ""
		if slices.ContainsFunc(keyConditions, func(c condition) bool { return b.given[c] != 0 }) {
			about = " (it is about the whole key, like match)"
		}
		l.warn(r.lineOf(b), b.col, r.name, UselessExcept, "except excludes nothing: match accepts no object that has "+
			"%s; correct it%s, or leave it out", b.allText(), about)
	}
}

// uselessDefault warns about a block of defaults.except that accepts no key.
func (l *linter) uselessDefault(b *block) {
	if l.keysOf(b).Intersect(l.possible).IsEmpty() {
		l.warn(b.line(), b.col, "", UselessExcept, "defaults.except excludes nothing: no object has %s; correct it, "+
			"or leave it out", b.allText())
	}
}
