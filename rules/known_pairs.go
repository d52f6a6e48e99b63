package rules

import (
	"slices"
	"strings"
)

// knownPairs is what is known of an object's tags or metadata.
type knownPairs struct {
	pairs    []Pair
	open     []string // present, with values that are not known
	absent   []string
	unsure   []string // of these nothing is known
	complete bool     // whatever is not named above is absent
	// sealed says that complete does not apply to the metadata of client-side
	// encryption, which copies keep.
	sealed bool
}

// lacks reports whether an entry that is not named as present is surely absent.
func (k knownPairs) lacks(key string) bool {
	return slices.Contains(k.absent, key) || k.complete && !slices.Contains(k.unsure, key) &&
		!(k.sealed && strings.HasPrefix(key, clientEncryption))
}

// replaced is what metadata-directive REPLACE leaves of an object's metadata.
func (k knownPairs) replaced() knownPairs {
	kept := knownPairs{complete: true, sealed: !k.complete || k.sealed}
	client := func(key string) bool { return strings.HasPrefix(key, clientEncryption) }
	for _, p := range k.pairs {
		if client(p.Key) {
			kept.pairs = append(kept.pairs, p)
		}
	}
	others := func(key string) bool { return !client(key) }
	kept.open = slices.DeleteFunc(slices.Clone(k.open), others)
	kept.absent = slices.DeleteFunc(slices.Clone(k.absent), others)
	kept.unsure = slices.DeleteFunc(slices.Clone(k.unsure), others)
	return kept
}

// meetsAll reports whether all requirements are met.
func (k knownPairs) meetsAll(all []requirement) truth {
	result := yes
	for i := range all {
		result = min(result, k.meets(&all[i]))
	}
	return result
}

func (k knownPairs) meets(w *requirement) truth {
	for _, p := range k.pairs {
		if p.Key == w.key {
			return truthOf(slices.Contains(w.values, p.Value))
		}
	}
	switch {
	case slices.Contains(k.open, w.key):
		if len(w.values) == 0 {
			return no
		}
		return depends
	case k.lacks(w.key):
		return truthOf(w.absent)
	}
	return depends
}

// lookUp returns a value, "" if the entry is absent; it is not ok if that is not known.
func (k knownPairs) lookUp(key string) (string, bool) {
	for _, p := range k.pairs {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", !slices.Contains(k.open, key) && k.lacks(key)
}

// with sets entries. value returns the value of an entry, if it is known.
func (k knownPairs) with(entries []entry, value func(entry) (string, bool)) knownPairs {
	set := func(key string) bool {
		return slices.ContainsFunc(entries, func(e entry) bool { return e.key == key })
	}
	result := k
	result.pairs = slices.DeleteFunc(slices.Clone(k.pairs), func(p Pair) bool { return set(p.Key) })
	result.open = slices.DeleteFunc(slices.Clone(k.open), set)
	result.absent = slices.DeleteFunc(slices.Clone(k.absent), set)
	result.unsure = slices.DeleteFunc(slices.Clone(k.unsure), set)
	for _, e := range entries {
		if e.value == nil {
			result.absent = append(result.absent, e.key)
		} else if v, known := value(e); known {
			result.pairs = append(result.pairs, Pair{e.key, v})
		} else {
			result.open = append(result.open, e.key)
		}
	}
	return result
}

// withMeta is with for metadata: of OSS, an entry whose value is empty is absent.
func (k knownPairs) withMeta(entries []entry, value func(entry) (string, bool)) knownPairs {
	result := k.with(entries, value)
	for _, e := range entries {
		if e.value == nil {
			continue
		}
		switch v, known := value(e); {
		case known && v == "":
			result = result.with([]entry{{key: e.key}}, nil)
		case !known && e.value.mayBeEmpty():
			result = result.with([]entry{{key: e.key}}, nil)
			result.absent = slices.DeleteFunc(result.absent, func(key string) bool { return key == e.key })
			result.unsure = append(result.unsure, e.key)
		}
	}
	return result
}

// acceptedBy adds the entries for which the requirements leave one value, or absence.
func (k knownPairs) acceptedBy(all []requirement) knownPairs {
	for i := range all {
		w := &all[i]
		value := entry{key: w.key}
		switch {
		case len(w.values) == 1 && !w.absent:
			value.value = &template{}
		case len(w.values) > 0:
			continue
		}
		k = k.with([]entry{value}, func(entry) (string, bool) { return w.values[0], true })
	}
	return k
}

func (k knownPairs) either(other knownPairs) knownPairs {
	both := knownPairs{complete: k.complete && other.complete, sealed: k.sealed || other.sealed}
	present := func(k knownPairs, key string) bool {
		return slices.Contains(k.open, key) || slices.ContainsFunc(k.pairs, func(p Pair) bool { return p.Key == key })
	}
	keys := slices.Concat(k.open, k.absent, k.unsure, other.open, other.absent, other.unsure)
	for _, p := range append(slices.Clone(k.pairs), other.pairs...) {
		keys = append(keys, p.Key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		one, known := k.lookUp(key)
		two, also := other.lookUp(key)
		switch here, there := present(k, key), present(other, key); {
		case here && there && known && also && one == two:
			both.pairs = append(both.pairs, Pair{key, one})
		case here && there:
			both.open = append(both.open, key)
		case !here && !there && known && also:
			both.absent = append(both.absent, key)
		default:
			both.unsure = append(both.unsure, key)
		}
	}
	return both
}
