// Package rules is the rule language of afterput: it loads a rules file, checks
// it, and says for an object which copies to make, and why. It is pure: no
// I/O, no clock, no environment; what it must know beyond the event it asks
// [Facts].
package rules

import (
	"net/netip"
	"regexp"
	"slices"

	"afterput/rules/internal/keyset"
)

// Set is a loaded rules file. It is never changed, so that any number of
// goroutines may plan with it.
type Set struct {
	name    string
	sources []string
	rules   []*rule
	index   *index
}

// Sources are the buckets whose trigger runs the function, in the file's order.
func (s *Set) Sources() []string { return slices.Clone(s.sources) }

func (s *Set) isSource(bucket string) bool { return slices.Contains(s.sources, bucket) }

// rule is one rule of the file.
type rule struct {
	index    int32 // place in the set
	name     string
	line     int
	col      int
	disabled bool
	stop     bool
	match    block
	except   []*block
	copies   []*copySpec
}

// block is what one match or except block asks of an object. Empty fields ask
// nothing.
type block struct {
	given [conditions]int // line of each condition, 0 if not asked
	col   int             // where the fields begin

	buckets    []string
	events     eventMask
	prefixes   []string
	suffixes   []string
	globs      []*keyset.Glob
	regexp     *regexp.Regexp
	atLeast    int64 // size in bytes
	below      int64 // 0 is no bound
	principals []string
	sourceIPs  []netip.Prefix
	types      []string // content types in lower case
	classes    []string
	meta       []requirement
	tags       []requirement
}

// requirement is a tag or an entry of metadata that an object must have, or must not.
type requirement struct {
	key    string
	values []string // any of these
	absent bool     // or none at all
}

// condition is one thing a block can ask, in the order they are tested: those
// that cost no request come first.
type condition int

const (
	byBucket condition = iota
	byEvent
	byPrefix
	bySuffix
	byGlob
	byRegexp
	bySize
	byPrincipal
	bySourceIP
	byContentType
	byStorageClass
	byMeta
	byTagging
	conditions
)

// copySpec is one entry under a rule's copy, with the defaults put in.
type copySpec struct {
	rule    *rule
	line    int
	col     int
	origins []origin

	bucket, key *template // nil is the source's

	storageClass string
	objectACL    string

	taggingDirective Directive
	tagging          []entry

	metadataDirective Directive
	headers           ContentHeaders
	meta              []entry

	serverSideEncryption      string
	serverSideEncryptionKeyID *template
	serverSideDataEncryption  string

	forbidOverwrite bool
	trafficLimit    int64
	requestPayer    string

	copyIf conditionalHeaders

	rewriteInPlace bool
}

// entry is one tag or one entry of metadata to set; a nil value removes it.
type entry struct {
	key   string
	value *template
}

// origin says where a field of a copy was given.
type origin struct {
	field    string
	line     int
	col      int
	defaults bool // by defaults.copy
}

// given finds where a field was given, nil if nowhere.
func (c *copySpec) given(field string) *origin {
	for i := range c.origins {
		if c.origins[i].field == field {
			return &c.origins[i]
		}
	}
	return nil
}
