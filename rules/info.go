package rules

import (
	"cmp"
	"slices"
)

// RuleInfo is what can be told of a rule without an object.
type RuleInfo struct {
	Name     string `json:"name"`
	Line     int    `json:"line"`
	Disabled bool   `json:"disabled"`
	Stop     bool   `json:"stop"`
	Copies   int    `json:"copies"`
	Needs    []Need `json:"needs,omitempty"`
}

// Need is a request that a rule makes beyond the copies themselves, for each
// object that passes its free conditions.
type Need struct {
	Request string   `json:"request"` // HeadObject, GetObjectTagging, GetObjectAcl
	Why     []string `json:"why"`     // "storage-class", "${tag.project}", …
	// OnlyIf limits it: "the event lacks it". Empty is always.
	OnlyIf string `json:"only_if,omitempty"`
}

// Rules tells of every rule, in the file's order.
func (s *Set) Rules() []RuleInfo {
	infos := make([]RuleInfo, len(s.rules))
	for i, r := range s.rules {
		infos[i] = RuleInfo{r.name, r.line, r.disabled, r.stop, len(r.copies), r.needs(s)}
	}
	return infos
}

func (r *rule) needs(s *Set) []Need {
	const unlessTold = "the event lacks it"
	var all []Need
	need := func(request, why, onlyIf string) {
		for i := range all {
			if all[i].Request == request && all[i].OnlyIf == onlyIf {
				if !slices.Contains(all[i].Why, why) {
					all[i].Why = append(all[i].Why, why)
				}
				return
			}
		}
		all = append(all, Need{request, []string{why}, onlyIf})
	}
	for i, b := range append([]*block{&r.match}, r.except...) {
		of := ""
		if i > 0 {
			of = "except "
		}
		for _, c := range []condition{bySize, byContentType} {
			if b.given[c] != 0 {
				need(headObject, of+conditionNames[c], unlessTold)
			}
		}
		for _, c := range []condition{byStorageClass, byMeta} {
			if b.given[c] != 0 {
				need(headObject, of+conditionNames[c], "")
			}
		}
		if b.given[byTagging] != 0 {
			need(getObjectTagging, of+"tagging", "")
		}
	}
	for _, c := range r.copies {
		if slices.ContainsFunc(s.bucketsOf(r), func(b string) bool { return surelyInPlace(c, b) }) {
			need(headObject, "in place", "")
			if c.taggingDirective != DirectiveCopy {
				need(getObjectTagging, "tagging in place", "")
			}
			if c.objectACL != "" {
				need(getObjectACL, "object-acl in place", "")
			}
			if c.rewrites() && c.objectACL == "" {
				need(getObjectACL, "in place", "it has to be rewritten")
			}
		}
		if c.metadataDirective == directiveMerge {
			need(headObject, "metadata MERGE", "")
		}
		if c.taggingDirective == directiveMerge {
			need(getObjectTagging, "tagging MERGE", "")
		}
		if c.objectACL == aclSource {
			need(getObjectACL, "object-acl source", "")
		}
		c.templates(func(_ string, t *template) {
			for i := range t.parts {
				p := &t.parts[i]
				switch p.name {
				case "tag":
					need(getObjectTagging, "${"+p.fullName()+"}", "")
				case "meta":
					need(headObject, "${"+p.fullName()+"}", "")
				case "size", "etag":
					need(headObject, "${"+p.fullName()+"}", unlessTold)
				}
			}
		})
	}
	slices.SortStableFunc(all, func(a, b Need) int {
		return cmp.Or(cmp.Compare(len(a.OnlyIf), len(b.OnlyIf)), -cmp.Compare(a.Request, b.Request))
	})
	return all
}
