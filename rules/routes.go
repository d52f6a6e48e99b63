package rules

import (
	"slices"
	"strings"
)

// Route is one way that objects take by a copy or a deletion of a rule, for a picture of the rules.
type Route struct {
	Access
	// IgnoreCase says that the case of the source's prefix does not matter.
	IgnoreCase bool
	Disabled   bool // the rule is
	// Match is what the rule takes, in words, beyond the bucket and the prefix; "" for everything.
	Match string
	// Changes are what the copy sets, in words of the language: "storage-class IA", "tagging camera, project".
	Changes []string
	// Next are the rules that may take the copy in turn, in the file's order; Cut are those of them from which copies
	// can lead back to this rule. Loading the file has shown that all such chains end.
	Next, Cut []string
}

// Routes returns the ways of objects by all rules, in the order of [Set.Accesses].
func (s *Set) Routes() (all []Route) {
	g := newFullAnalysis(s)
	for _, r := range s.rules {
		g = g.forRule()
		next := g.rulesThatFollow(r)
		specs := slices.Concat(r.copies, r.deletes)
		enabled := *r
		enabled.disabled = false
		for _, bucket := range s.bucketsOf(r) {
			for _, head := range r.match.prefixesDrawn() {
				for i, a := range g.accessesOf(&enabled, bucket, head) {
					if i < len(specs) { // else the rule makes no copy
						all = append(all, s.route(a, r, specs[i], next[specs[i]]))
					}
				}
			}
		}
	}
	return all
}

// prefixesDrawn are the prefixes that a block takes, in lower case where their case does not matter.
func (b *block) prefixesDrawn() (all []string) {
	if !b.ignoreCase {
		return b.prefixesTaken()
	}
	exact := *b // else spellings would be listed, up to where there are too many
	exact.ignoreCase = false
	for _, prefix := range exact.prefixesTaken() {
		prefix = strings.ToLower(prefix)
		if !slices.Contains(all, prefix) {
			all = append(all, prefix)
		}
	}
	return all
}

// rulesThatFollow lists, by copy of a rule, the rules that may take it in turn.
func (g *analysis) rulesThatFollow(r *rule) map[*copySpec][]*rule {
	next := map[*copySpec][]*rule{}
	for f := range g.followUps(r, r.copies) {
		sameAgain := f.made.inPlace && f.rule == r // it finds the object as it wants it
		if !sameAgain && !slices.Contains(next[f.spec], f.rule) {
			next[f.spec] = append(next[f.spec], f.rule)
		}
	}
	return next
}

func (s *Set) route(a Access, r *rule, c *copySpec, next []*rule) Route {
	route := Route{Access: a, IgnoreCase: r.match.ignoreCase, Disabled: r.disabled, Match: r.matchText(),
		Changes: c.changes()}
	for _, follower := range next {
		route.Next = append(route.Next, follower.name)
		if s.inOneCycle(r, follower) {
			route.Cut = append(route.Cut, follower.name)
		}
	}
	return route
}

// inOneCycle reports whether copies can lead from each of two rules to the other.
func (s *Set) inOneCycle(a, b *rule) bool {
	return slices.ContainsFunc(s.cycles, func(c []*rule) bool { return slices.Contains(c, a) && slices.Contains(c, b) })
}

// matchText is what a rule takes, in words.
func (r *rule) matchText() string {
	var all []string
	for c := range conditions {
		if c != byBucket && (c != byPrefix || r.match.ignoreCase) && r.match.given[c] != 0 {
			all = append(all, r.match.text(c))
		}
	}
	for _, b := range r.except {
		all = append(all, "not "+b.allText())
	}
	return strings.Join(all, "; ")
}

// changes are what a copy sets, in words.
func (c *copySpec) changes() (all []string) {
	set := func(field, value string) {
		if value != "" {
			all = append(all, field+" "+value)
		}
	}
	if c.key != nil && c.key.text != "${key}" {
		set("key", c.key.text)
	}
	set("storage-class", c.storageClass)
	if c.objectACL != aclDefault {
		set("object-acl", c.objectACL)
	}
	set("tagging", entryNames(c.tagging))
	if c.taggingDirective == DirectiveReplace && len(c.tagging) == 0 {
		set("tagging", "none")
	}
	for _, h := range contentHeaders {
		if t := c.headers[h.field]; t != nil {
			set(h.field, t.text)
		}
	}
	set("meta", entryNames(c.meta))
	set("server-side-encryption", c.serverSideEncryption)
	set("region", c.remote.Region)
	set("role", c.remote.Role)
	for field, given := range map[string]bool{
		"forbid-overwrite": c.forbidOverwrite, "follow-symlinks": c.followSymlinks,
		"rewrite-in-place": c.rewriteInPlace, "delete-source": c.deleteSource, "restore": c.restore != nil,
	} {
		if given {
			all = append(all, field)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return fieldRank(a) - fieldRank(b) })
	return all
}

// fieldRank is the place of a change's field in the language's table.
func fieldRank(change string) int {
	field, _, _ := strings.Cut(change, " ")
	return slices.IndexFunc(effectiveValues, func(v effectiveValue) bool { return v.field == field })
}

// entryNames lists the names of tags or metadata; one that is removed has a minus sign.
func entryNames(entries []entry) string {
	var names []string
	for _, e := range entries {
		if e.value == nil {
			names = append(names, "-"+e.key)
		} else {
			names = append(names, e.key)
		}
	}
	return strings.Join(names, ", ")
}
