package rules

import (
	"slices"
	"strings"
)

// shape says how a field's value is written.
type shape struct {
	kind kind
	// many says whether the value may be, or must be, a list.
	many multiplicity
	// values are the allowed texts; a pattern may allow others in addition. Without
	// values any text is allowed.
	values []string
	// pattern is an ECMA regular expression that a text must match. Texts without a
	// pattern and without values must not contain ${.
	pattern string
	// says is what a text must be, for one that does not match pattern: a noun phrase.
	says string
	// least and most are the bounds of a number; 0 is none.
	least, most int64
	// names is the regular expression for the names of entries, for kindEntries.
	names string
	// template says that texts may contain ${placeholders}.
	template bool
	// null says that the value of an entry may be null.
	null bool
	// emptyIf is the field of the same block that, if true, allows an empty list.
	emptyIf string
	// unless is the field of the same block without which a required field is required.
	unless string
	// block is the kind of block, for kindBlock.
	block func() fieldLister
	// orFalse says that false may take the place of a block: it overrides one of the defaults.
	orFalse bool
}

type kind int

const (
	kindText    kind = iota
	kindNumber       // a whole number
	kindSize         // a whole number, or one with a unit
	kindBoolean      // true or false
	kindEntries      // a block with any names; the shape describes their values
	kindBlock        // a block with a table of its own
)

type multiplicity int

const (
	singleValue multiplicity = iota
	valueOrList
	listOnly
)

// fieldInfo is a field without the type it is read into.
type fieldInfo struct {
	name     string
	required bool
	shape    shape
	doc      string
}

// fieldLister is a blockTable of any type.
type fieldLister interface {
	title() string
	list() []fieldInfo
}

// fieldNames are the names of a block's fields.
func fieldNames(b fieldLister) []string {
	var names []string
	for _, f := range b.list() {
		names = append(names, f.name)
	}
	return names
}

// suggestField ends the message about a name that is not a field of a block: with the
// nearest field, else with the block that the field belongs to, else with the fields
// of the block.
func suggestField(name string, b fieldLister, blocks []fieldLister) string {
	names := fieldNames(b)
	if field, value, joined := strings.Cut(name, ":"); joined && slices.Contains(names, field) {
		return ": a space is missing after the colon: write " + quote(field+": "+value)
	}
	if metadata, header := strings.CutPrefix(strings.ToLower(name), "x-oss-meta-"); header &&
		slices.Contains(names, "meta") {
		return "; write meta: {" + metadata + ": …}"
	}
	if bare, header := strings.CutPrefix(strings.ToLower(name), "x-oss-"); header && slices.Contains(names, bare) {
		return "; write " + quote(bare) + ", without x-oss-"
	}
	if s := didYouMean(name, names); s != "" {
		return s
	}
	if s := belongsTo(strings.ToLower(name), b, blocks); s != "" {
		return s
	}
	return "; its fields are " + strings.Join(names, ", ")
}

// belongsTo says of which other blocks a name is a field, "" for none, and what to write if it would select the objects
// of a single copy.
func belongsTo(name string, b fieldLister, blocks []fieldLister) string {
	var titles []string
	for _, other := range blocks {
		if other.title() != b.title() && slices.Contains(fieldNames(other), name) {
			titles = append(titles, other.title())
		}
	}
	if titles == nil {
		return ""
	}
	s := "; " + quote(name) + " is a field of " + andList(titles)
	selects := name == "match" || name == "except" || titles[0] == "match"
	if selects && (b.title() == "copy" || b.title() == "delete") {
		s += ", for all copies of a rule: write it there, or write a second rule if it is meant for this one alone"
	}
	return s
}
