package rules

import (
	"cmp"
	"slices"
)

// RuleInfo describes a rule.
type RuleInfo struct {
	Name     string `json:"name"`
	Line     int    `json:"line"`
	Disabled bool   `json:"disabled"`
	Stop     bool   `json:"stop"`
	Copies   int    `json:"copies"`
	Needs    []Need `json:"needs,omitempty"`
}

// Need is a request that a rule takes beyond its copies, for each object that passes its
// free conditions.
type Need struct {
	// Request is HeadObject, GetObjectTagging, GetObjectAcl, GetBucketAcl, GetSymlink or RestoreObject.
	Request string   `json:"request"`
	Why     []string `json:"why"` // "storage-class", "${tag.project}", …
	// OnlyIf says when the request is made, such as "the event lacks it"; "" is always.
	OnlyIf string `json:"only_if,omitempty"`
}

// Rules describes every rule, in the file's order.
func (s *Set) Rules() []RuleInfo {
	infos := make([]RuleInfo, len(s.rules))
	for i, r := range s.rules {
		infos[i] = RuleInfo{r.name, r.line, r.disabled, r.stop, len(r.copies), r.needs(s)}
	}
	return infos
}

// ifEventLacksIt limits a need to events without the fact.
const ifEventLacksIt = "the event lacks it"

// ifACLIsDefault limits a need to objects that have the ACL of their bucket.
const ifACLIsDefault = "the source's ACL is default"

// conditionNeeds are the requests that conditions may take.
var conditionNeeds = map[condition]Need{
	bySize:         {Request: headObject, OnlyIf: ifEventLacksIt},
	byContentType:  {Request: headObject, OnlyIf: ifEventLacksIt},
	byStorageClass: {Request: headObject},
	byMeta:         {Request: headObject},
	byTagging:      {Request: getObjectTagging},
}

// placeholderNeeds are the requests that placeholders may take.
var placeholderNeeds = map[string]Need{
	"size": {Request: headObject, OnlyIf: ifEventLacksIt},
	"etag": {Request: headObject, OnlyIf: ifEventLacksIt},
	"meta": {Request: headObject},
	"tag":  {Request: getObjectTagging},
}

// copyNeeds are the requests that copies may take for what they set. In place, the copy
// engine compares the object first, and sends again what a rewrite would reset.
var copyNeeds = []struct {
	when    func(c *copySpec, inPlace bool) bool
	request string
	why     string
	onlyIf  string
}{
	{func(c *copySpec, inPlace bool) bool { return inPlace }, headObject, "in place", ""},
	{func(c *copySpec, inPlace bool) bool { return inPlace && c.taggingDirective != DirectiveCopy },
		getObjectTagging, "tagging in place", ""},
	{func(c *copySpec, inPlace bool) bool { return inPlace && c.objectACL != "" },
		getObjectACL, "object-acl in place", ""},
	{func(c *copySpec, inPlace bool) bool { return inPlace && c.rewrites() && c.objectACL == "" },
		getObjectACL, "in place", "it has to be rewritten"},
	{func(c *copySpec, _ bool) bool { return c.metadataDirective == directiveMerge }, headObject, "metadata MERGE", ""},
	{func(c *copySpec, _ bool) bool { return c.taggingDirective == directiveMerge },
		getObjectTagging, "tagging MERGE", ""},
	{func(c *copySpec, _ bool) bool { return c.objectACL == aclSource }, getObjectACL, "object-acl source", ""},
	{followsSymlinks, getSymlink, "follow-symlinks", ifLink},
	{followsSymlinks, headObject, "follow-symlinks", ifLink},
	{restores, restoreObject, "restore", ifArchived},
	{restores, headObject, "restore", ifArchived},
}

// ifLink limits a need to links, and to objects whose events do not say that they are none.
const ifLink = "the source may be a symbolic link"

// ifArchived limits a need to objects that cannot be read.
const ifArchived = "the source is archived"

func restores(c *copySpec, _ bool) bool { return c.restorable() != nil }

func followsSymlinks(c *copySpec, inPlace bool) bool {
	return c.followSymlinks && !inPlace && c.rule.takesLinks()
}

// needs lists the requests that a rule makes beyond its copies.
func (r *rule) needs(s *Set) []Need {
	var all needList
	for i, b := range r.blocks() {
		prefix := ""
		if i > 0 {
			prefix = b.exceptName() + " "
		}
		for c := range conditions {
			if n, costs := conditionNeeds[c]; costs && b.given[c] != 0 {
				all.add(n.Request, prefix+conditionNames[c], n.OnlyIf)
			}
		}
	}
	for _, c := range r.copies {
		all.addCopy(c, s.bucketsOf(r))
	}
	slices.SortStableFunc(all, func(a, b Need) int {
		return cmp.Or(cmp.Compare(len(a.OnlyIf), len(b.OnlyIf)), -cmp.Compare(a.Request, b.Request))
	})
	return all
}

// needList collects needs, one for each request and what limits it.
type needList []Need

// add adds a reason to the need of a request.
func (all *needList) add(request, why, onlyIf string) {
	i := slices.IndexFunc(*all, func(n Need) bool { return n.Request == request && n.OnlyIf == onlyIf })
	if i < 0 {
		*all = append(*all, Need{Request: request, OnlyIf: onlyIf})
		i = len(*all) - 1
	}
	if n := &(*all)[i]; !slices.Contains(n.Why, why) {
		n.Why = append(n.Why, why)
	}
}

// addCopy adds what a copy of objects from these buckets needs.
func (all *needList) addCopy(c *copySpec, buckets []string) {
	inPlace := slices.ContainsFunc(buckets, func(b string) bool { return surelyInPlace(c, b) })
	for _, n := range copyNeeds {
		if n.when(c, inPlace) {
			all.add(n.request, n.why, n.onlyIf)
		}
	}
	elsewhere := slices.ContainsFunc(buckets, func(b string) bool { return !surelyInPlace(c, b) })
	if c.objectACL == aclSource && elsewhere {
		all.add(getBucketACL, "object-acl source", ifACLIsDefault)
	}
	c.templates(func(_ string, t *template) { all.addTemplate(t, "") })
}

// addTemplate adds what the placeholders of a template need, onlyIf it is filled in at all.
func (all *needList) addTemplate(t *template, onlyIf string) {
	for i := range t.parts {
		p := &t.parts[i]
		if n, costs := placeholderNeeds[p.name]; costs {
			all.add(n.Request, "${"+p.fullName()+"}", cmp.Or(onlyIf, n.OnlyIf))
		}
		if p.fallback != nil {
			all.addTemplate(p.fallback, cmp.Or(onlyIf, "${"+p.canonical()+"} is empty"))
		}
	}
}
