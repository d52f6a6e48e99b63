package rules

import (
	"afterput/rules/internal/keyset"
)

// keysTaken is the set of the keys that a rule may take.
func (l *linter) keysTaken(r *rule) *keyset.Set {
	return l.keysLeftBy(r.except, &r.match, l.keysOf(&r.match).Intersect(l.possible))
}

// possibleKeys are the keys that OSS allows, lengths aside.
func possibleKeys() *keyset.Set {
	return keyset.Any(1).Minus(keyset.Union(keyset.StartingWith("/"), keyset.StartingWith(`\`)))
}

// keyConditions are the conditions on the key.
var keyConditions = []condition{byPrefix, bySuffix, byGlob, byRegexp}

// keysLeftBy removes the keys that except blocks surely exclude.
func (l *linter) keysLeftBy(except []*block, match *block, keys *keyset.Set) *keyset.Set {
	var excluding []*block
	for _, b := range except {
		if l.implies(match, b) {
			excluding = append(excluding, b)
		}
	}
	if len(excluding) == 0 {
		return keys
	}
	return keys.Minus(l.keysOfAll(excluding)...)
}
