package rules

import (
	"cmp"
	"slices"
)

// rule is one rule of the file.
type rule struct {
	index    int32 // place in the set
	name     string
	line     int // of the name
	col      int
	begins   int // the line
	disabled bool
	stop     bool
	match    block
	except   []*block // its own, then those of the defaults
	copies   []*copySpec
	deletes  []*copySpec // of each, only the destination and withoutVersioning are set

	copyLine, copyCol int // where the file says copy: []; 0 if it does not
}

// onlyStops reports whether the rule makes and deletes no copy, and only keeps objects from the rules below.
func (r *rule) onlyStops() bool { return !r.makesCopies() && len(r.deletes) == 0 }

// makesCopies reports whether the rule makes copies of the objects that it takes.
func (r *rule) makesCopies() bool { return len(r.copies) > 0 }

// blocks are the rule's match block and its except blocks.
func (r *rule) blocks() []*block { return append([]*block{&r.match}, r.except...) }

// ownBlocks are the blocks that the rule does not share with other rules.
func (r *rule) ownBlocks() []*block {
	return slices.DeleteFunc(r.blocks(), func(b *block) bool { return b.defaults })
}

// lineOf is the line of one of the rule's blocks: that of its first condition, else the
// rule's own.
func (r *rule) lineOf(b *block) int { return cmp.Or(b.line(), r.line) }

// takesLinks reports whether the rule may take symbolic links.
func (r *rule) takesLinks() bool {
	return r.match.given[byEvent] == 0 || r.match.events&^objectEvents != 0
}
