package rules

import (
	"fmt"
	"slices"
	"strings"
)

// checkGroups looks for the groups of ${re.GROUP} in the rule's regexp; with bucketOnly only for those of the
// copy's bucket.
func (l *loader) checkGroups(c *copySpec, bucketOnly bool) {
	var groups []string
	if re := c.rule.match.regexp; re != nil {
		groups = re.groupNames()
	}
	c.templates(func(field string, t *template) {
		for p := range t.placeholders() {
			if l.tooMany() {
				return
			}
			if p.name != "re" || slices.Contains(groups, p.arg) || bucketOnly && field != "bucket" {
				continue
			}
			l.problemOfGroup(c, field, p.arg, groups)
		}
	})
}

// problemOfGroup reports that a field uses a group which the rule's regexp, with these groups, does not have.
func (l *loader) problemOfGroup(c *copySpec, field, group string, groups []string) {
	o := c.given(field)
	in := field
	if o.defaults {
		in = fmt.Sprintf("defaults %s, used by rule %s", field, c.rule.name)
	}
	switch {
	case c.rule.match.given[byRegexp] == 0:
		l.problemFor(o, "%s: ${re.%s} needs a regexp under match", in, group)
	case c.rule.match.regexp == nil: // reported already
	case len(groups) == 0:
		l.problemFor(o, "%s: the regexp has no group for ${re.%s}: name one with (?<%s>…)", in, group,
			groupName(group))
	case nearest(group, groups) != "":
		l.problemFor(o, "%s: the regexp has no group %s%s", in, quote(group), didYouMean(group, groups))
	default:
		l.problemFor(o, "%s: the regexp has no group %s; it has %s", in, quote(group), strings.Join(groups, ", "))
	}
}

// groupName is a name that a regexp accepts.
func groupName(s string) string {
	if strings.Trim(s, "0123456789") == "" {
		return "name"
	}
	return s
}
