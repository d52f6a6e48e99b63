package randomrules

import "strings"

// keys are templates of keys that people write; others are made of any placeholders.
var keys = []string{"${key}", "a/${key}", "${dir:-top}/${base}", "b/${stem}.${ext:-x}", "${bucket}/${key}",
	"${key#a/}", "${key%.x}", "${time.year}/${base}", "${size}/${etag}", "${tag.t:-none}/${key}", "${meta.m}/${base}",
	"${rule}", "$$${event}", "${hash}/${key}", "${time.weekday}/${base:0:2}", "${key,,}",
	"${dir.base:-${bucket}}/${base^^}"}

// The parts of placeholders, in the order in which they are written.
var (
	names = []string{"key", "dir", "dir.base", "base", "stem", "ext", "bucket", "region", "size", "etag", "event",
		"rule", "hash", "time.year", "time.month", "time.day", "time.hour", "time.minute", "time.second",
		"time.weekday", "time.date", group, "tag.t", "meta.m", "env.STAGE"}
	cuts    = []string{"#a", "#a/", "#中", "%x", "%.x", "%文"}
	spans   = []string{":0:2", ":1:1", ":2:9", ": -1", ": -3"}
	letters = []string{",,", "^^"}
)

// group is the placeholder of the group that some of the regexps have.
const group = "re.name"

// keyTemplate makes a value of key.
func (r *Random) keyTemplate() string {
	if r.chance(60) {
		return quoted(OneOf(r, keys))
	}
	head, tail := OneOf(r, []string{"", "a/", "k"}), OneOf(r, []string{"", "/x", "." + r.placeholder(1)})
	return quoted(head + r.placeholder(2) + tail)
}

// placeholder makes any placeholder, with defaults nested at most so deep.
func (r *Random) placeholder(depth int) string {
	text := OneOf(r, names)
	hasDefault := text == "env.STAGE" // nothing sets it
	for _, forms := range [][]string{cuts, spans, letters} {
		if r.chance(15) {
			text += OneOf(r, forms)
		}
	}
	switch {
	case depth > 0 && r.chance(15):
		text += ":-" + r.placeholder(depth-1)
	case hasDefault || r.chance(30):
		text += ":-" + OneOf(r, []string{"x", "b/c", "中", "$$", ""})
	}
	return "${" + text + "}"
}

// withGroup replaces the placeholder of the group in a block of copy by another, unless the regexp under match has the
// group.
func withGroup(match, block string) string {
	if strings.Contains(match, "(?<name>") {
		return block
	}
	return strings.ReplaceAll(block, "${"+group, "${base")
}

// text makes values of one of the texts, in which %s is any placeholder.
func text(texts ...string) func(r *Random) string {
	return func(r *Random) string {
		return quoted(strings.ReplaceAll(OneOf(r, texts), "%s", r.placeholder(1)))
	}
}

// entries makes tags or metadata to set, of two names.
func entries(one, other string) func(r *Random) string {
	values := []string{"{}", "{ONE: a}", "{ONE: VALUE, OTHER: b}", "{OTHER: VALUE}", "{ONE: null}",
		"{ONE: null, OTHER: b}"}
	return func(r *Random) string {
		value := OneOf(r, []string{"${bucket}", "${tag.t:-none}", r.placeholder(1)})
		return strings.NewReplacer("ONE", one, "OTHER", other, "VALUE", quoted(value)).Replace(OneOf(r, values))
	}
}
