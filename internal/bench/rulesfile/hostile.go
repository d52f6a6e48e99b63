package rulesfile

import "strings"

// Hostile returns files of at most size bytes, as far as their patterns allow, that try to take much time or memory:
// some are not YAML, others are rules.
func Hostile(size int) []File {
	w := writer(size)
	return append(append(w.texts(), w.rules()...), w.chains()...)
}

// writer writes hostile files of at most so many bytes.
type writer int

// fill repeats a text between two others up to the size of the file; each %d in it is the number of the repetition.
func (w writer) fill(before, text, after string) []byte {
	return []byte(before + numbered(w.repetitions(before, text, after), text) + after)
}

// fillValues is fill for a file that is not refused for its number of values.
func (w writer) fillValues(before, text, after string) []byte {
	const most = 390_000
	n := (most - values(before) - values(after)) / max(1, values(text))
	return []byte(before + numbered(max(1, min(n, w.repetitions(before, text, after))), text) + after)
}

// repetitions is how often a text fits between two others, at least once.
func (w writer) repetitions(before, text, after string) int {
	return max(1, (int(w)-len(before)-len(after))/(len(text)+3*strings.Count(text, "%d")))
}

// values is at least as many as the loader counts in a text.
func values(text string) int {
	n := 0
	for _, s := range []string{": ", "- ", ",", ",", "\n", "[", "{", "?"} {
		n += strings.Count(text, s)
	}
	return n
}

// inRule is a rule around a part of it that is repeated.
func (w writer) inRule(name, before, text, after string) File {
	return w.file(name, head+"rules:\n  - name: a\n    "+before, text, after)
}

// rule is a file of one rule, with numbers, again and again.
func (w writer) rule(name, rule string) File {
	return w.file(name, head+"rules:\n", "  - {name: r%d, "+rule+"}\n", "")
}

// file is a file of many values: as many as are accepted, or as the file has room for.
func (w writer) file(name, before, text, after string) File {
	return File{name, func() []byte { return w.fillValues(before, text, after) }}
}
