package rules

import (
	"strings"
)

// shape says how a field's value is written.
type shape struct {
	kind kind
	// many is for values that may be, or must be, a list of the kind.
	many multiplicity
	// values are the only texts allowed, unless a pattern allows others beside
	// them; none means any.
	values []string
	// pattern is what a text must match, as an ECMA regular expression. Texts
	// without one, and without values, hold no ${.
	pattern string
	// names is what the names of entries must match, for kindEntries.
	names string
	// template is for texts that take ${placeholders}.
	template bool
	// null is for entries whose value may be null.
	null bool
	// block is the kind of block, for kindBlock.
	block func() fieldLister
}

type kind int

const (
	kindText    kind = iota
	kindNumber       // a whole number
	kindSize         // a whole number, or one with a unit
	kindBoolean      // true or false
	kindEntries      // a block of any names; shape describes their values
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

// fieldLister is any blockType.
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
	if s := didYouMean(name, names); s != "" {
		return s
	}
	for _, other := range blocks {
		for _, f := range other.list() {
			if f.name == name && other.title() != b.title() {
				return "; " + quote(name) + " is a field of " + other.title()
			}
		}
	}
	return "; its fields are " + strings.Join(names, ", ")
}
