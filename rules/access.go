package rules

import (
	"slices"
	"strings"

	"afterput/rules/internal/keyset"
)

// Access describes what the requests of one copy read and write, as far as that is
// known without an object. Access policies are made of it.
type Access struct {
	Rule string
	Line int // of the copy, else of the rule

	Source Objects
	// Destination is where the copy goes; in place it is Source.
	Destination Objects

	// Writes says that the copy may write objects, InPlace that it may set tags and ACL of
	// the source itself. Both can be true: it may depend on the object.
	Writes, InPlace bool
	// Remote says how the destination is reached.
	Remote
	// Below is an upper bound of the sizes in bytes, itself excluded; 0 is no bound.
	Below int64

	// ReadsTags and ReadsACL are GetObjectTagging and GetObjectAcl of the source,
	// for a condition, a template or the copy.
	ReadsTags, ReadsACL bool
	// ReadsBucketACL is GetBucketAcl of the source's bucket.
	ReadsBucketACL bool
	// FollowsSymlinks says that the copy may read any object of the source's bucket, to which
	// a symbolic link points.
	FollowsSymlinks bool
	// Restores says that the source is restored if it is archived.
	Restores bool
	// SetsTags says that the destination may get tags, RemovesTags that it may get none
	// although the source has some.
	SetsTags, RemovesTags bool
	SetsACL               bool
	// Deletes says that objects of the destination may be deleted, and nothing else is done. DeletesSource says that
	// the source is deleted after the copy.
	Deletes, DeletesSource bool
	// KMSKey is the key with which the destination is encrypted; "*" if it depends on the
	// object or is the default one, "" for none.
	KMSKey string
}

// Objects are all objects of a bucket whose keys begin with Prefix. Bucket ends with *
// if its name depends on the object: only what comes before the * is certain.
type Objects struct{ Bucket, Prefix string }

// Accesses returns the access of every copy and every deletion of every enabled rule, in the file's order,
// once for each bucket and prefix from which the rule takes objects. A rule that makes no
// copy has one too if testing it takes a request: it has no destination.
func (s *Set) Accesses() []Access {
	return s.accesses(newFullAnalysis(s))
}

func (s *Set) accesses(g *analysis) []Access {
	var all []Access
	for _, r := range s.rules {
		if r.disabled {
			continue
		}
		g = g.forRule()
		for _, bucket := range s.bucketsOf(r) {
			for _, head := range r.match.prefixesTaken() {
				all = append(all, g.accessesOf(r, bucket, head)...)
			}
		}
	}
	return all
}

// accessesOf is Accesses for one rule, and the keys of one bucket that begin with head.
func (g *analysis) accessesOf(r *rule, bucket, head string) (all []Access) {
	o := g.takenBy(r, anyUpload(bucket))
	o.keys = o.keys.Intersect(keyset.StartingWith(head))
	if o.keys.IsEmpty() {
		return nil
	}
	for _, c := range r.copies {
		all = append(all, g.access(c, o, head))
	}
	for _, d := range r.deletes {
		a := g.access(d, o, head)
		all = append(all, Access{
			Rule: a.Rule, Line: a.Line, Source: a.Source, Destination: a.Destination, Deletes: true,
			Remote: g.set.RemoteOf(a.Destination.Bucket)})
	}
	if r.onlyStops() && r.needs(g.set) != nil {
		all = append(all, Access{Rule: r.name, Line: r.line, Source: Objects{bucket, head}, ReadsTags: r.testsTags()})
	}
	return all
}

// maxPolicySpellings is maxSpellings for policies: their length is limited, and each prefix takes a resource.
const maxPolicySpellings = 4

// prefixesTaken lists the prefixes of the keys that a block accepts. None of them begins
// with another one.
func (b *block) prefixesTaken() []string {
	var all []string
	for _, e := range b.keyEnds(maxKeyEnds, maxPolicySpellings) {
		all = append(all, e.prefix)
	}
	slices.Sort(all)
	var heads []string
	for _, head := range all {
		if n := len(heads); n == 0 || !strings.HasPrefix(head, heads[n-1]) {
			heads = append(heads, head)
		}
	}
	return heads
}

// access is the access of a copy for objects whose keys begin with head.
func (g *analysis) access(c *copySpec, o objectSet, head string) Access {
	if more := o.keys.Prefix(); strings.HasPrefix(more, head) {
		head = more
	}
	r := c.rule
	a := Access{
		Rule: r.name, Line: c.line, Below: r.match.below,
		Source:      Objects{o.bucket, head},
		Destination: Objects{o.bucket, head},
		Writes:      true,
		ReadsACL:    c.objectACL == aclSource,
		SetsACL:     c.objectACL != "",
		Remote:      c.remote,

		FollowsSymlinks: c.followSymlinks && r.takesLinks(),
		Restores:        c.restorable() != nil,
		DeletesSource:   c.deleteSource,
	}
	keys := o.keys
	if c.key != nil && c.key.text != "${key}" {
		keys = g.possibleTexts(&o, c.key, r)
		a.Destination.Prefix = c.key.beginning()
		if more, ok := longerHead(a.Destination.Prefix, keys.Prefix()); ok {
			a.Destination.Prefix = more
		}
	}
	_, sameHead := longerHead(a.Source.Prefix, a.Destination.Prefix)
	onItself := sameHead && !keys.Intersect(o.keys).IsEmpty()
	if c.bucket != nil {
		names := g.possibleTexts(&o, c.bucket, r)
		a.Destination.Bucket = names.Prefix()
		if !names.Minus(keyset.Literal(a.Destination.Bucket)).IsEmpty() {
			a.Destination.Bucket += "*"
		}
		a.InPlace = !names.Intersect(keyset.Literal(o.bucket)).IsEmpty() && onItself
	} else {
		a.InPlace = onItself
	}
	if surelyInPlace(c, o.bucket) {
		a.Writes = c.rewrites()
	} else {
		a.ReadsBucketACL = c.objectACL == aclSource
	}
	g.tagAccess(c, &a)
	if c.serverSideEncryption == "KMS" {
		a.KMSKey = "*"
		if c.serverSideEncryptionKeyID != nil {
			if id, constant := c.serverSideEncryptionKeyID.constant(); constant {
				a.KMSKey = id
			}
		}
	}
	return a
}

// testsTags reports whether a condition of the rule needs the object's tags.
func (r *rule) testsTags() bool {
	return slices.ContainsFunc(r.blocks(), func(b *block) bool { return b.given[byTagging] != 0 })
}

func (g *analysis) tagAccess(c *copySpec, a *Access) {
	r := c.rule
	a.ReadsTags = r.testsTags()
	for _, other := range r.copies { // a condition or a template needs them before any copy
		other.templates(func(_ string, t *template) { a.ReadsTags = a.ReadsTags || t.uses("tag") })
	}
	sets := slices.ContainsFunc(c.tagging, func(e entry) bool { return e.value != nil })
	switch c.taggingDirective {
	case DirectiveCopy:
		a.ReadsTags, a.SetsTags = true, a.Writes
	case DirectiveReplace:
		a.SetsTags, a.RemovesTags = sets, !sets
	default: // MERGE
		a.ReadsTags, a.SetsTags, a.RemovesTags = true, true, !sets
	}
}
