package rules

import (
	"fmt"
	"slices"
	"strings"
)

// restores warns about a restore that has no effect, or whose tier a class does not have, and about one that is
// missing.
func (l *linter) restores(c *copySpec) {
	o := c.given("restore")
	switch {
	case c.restore == nil && c.takesColdAlone():
		l.warn(c.line, c.col, c.rule.name, AlwaysFails, "the copy fails for every object of the rule: OSS copies none "+
			"of the class %s before it is restored; write restore: {}, or correct storage-class under match",
			orList(c.rule.match.classes))
	case o == nil || c.restore == nil:
	case c.restorable() != nil:
		l.restoreTier(c)
	case o.defaults: // meant for other rules
	case !c.readsContent():
		l.warnCopy(c, "restore", UselessRestore, "restore has no effect: the copy does not read the content of its "+
			"source; leave it out")
	default:
		l.warnCopy(c, "restore", UselessRestore, "restore has no effect: the rule takes no object of an archive "+
			"class; leave it out, or let storage-class under match accept %s", orList(archiveNames(archiveClasses)))
	}
}

// takesColdAlone reports whether the copy reads the content of objects of classes alone that no bucket can read without
// restoring them.
func (c *copySpec) takesColdAlone() bool {
	classes := c.rule.match.classes
	return len(classes) > 0 && c.readsContent() && every(classes, func(name string) bool {
		return slices.ContainsFunc(archiveClasses, func(a ArchiveClass) bool { return a.Name == name && a.ByEvent })
	})
}

// restoreTier warns about a tier that a class does not have which the rule names.
func (l *linter) restoreTier(c *copySpec) {
	for _, class := range c.restorable() {
		if _, has := class.Tier(c.restore.Tier); !has && c.rule.match.given[byStorageClass] != 0 {
			l.warnCopy(c, "restore", RestoreTier, "tier %s: %s has no such tier, so that OSS refuses to restore its "+
				"objects; write %s, or take them with a rule of their own", c.restore.Tier, class.Name,
				orList(tierNames(class)))
		}
	}
}

// restoreCosts says once what restoring sources takes.
func (l *linter) restoreCosts() {
	var restoring []*copySpec
	for _, r := range l.live {
		for _, c := range r.copies {
			if c.restorable() != nil {
				restoring = append(restoring, c)
			}
		}
	}
	if len(restoring) == 0 {
		return
	}
	var takes []string
	for _, class := range archiveClasses {
		i := slices.IndexFunc(restoring, func(c *copySpec) bool {
			_, has := class.Tier(c.restore.Tier)
			return has && c.rule.mayTake(class.Name)
		})
		if i >= 0 {
			tier, _ := class.Tier(restoring[i].restore.Tier)
			takes = append(takes, fmt.Sprintf("%s %s and %s", strings.TrimSpace(class.Name+" "+tier.Name), tier.Time,
				tier.Cost()))
		}
	}
	l.warnOnce(restoring, RestoreCost, "restore: an archived source is copied when it has been restored, which takes "+
		"time and costs money: %s", strings.Join(takes, "; "))
}

func archiveNames(classes []ArchiveClass) (names []string) {
	for _, c := range classes {
		names = append(names, c.Name)
	}
	return names
}

func tierNames(class ArchiveClass) (names []string) {
	for _, t := range class.Tiers {
		names = append(names, t.Name)
	}
	return names
}
