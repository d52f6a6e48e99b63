package rules

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// restoreBlock are the fields of restore.
var restoreBlock = blockTable[Restore]{"restore", []fieldSpec[Restore]{
	{"days", false, shape{kind: kindNumber},
		"For how many days the restored source can be read, 1 to 7; default 1.",
		func(l *loader, r *Restore, _ int, n *yaml.Node) { l.readRestoreDays(r, n) }},
	{"tier", false, shape{values: restoreTiers},
		"How fast ColdArchive and DeepColdArchive are restored; default Standard. DeepColdArchive has no Bulk.",
		func(l *loader, r *Restore, _ int, n *yaml.Node) {
			if tier, ok := l.choice("tier", n, restoreTiers); ok {
				r.Tier = tier
			}
		}},
}}

func (l *loader) readRestoreDays(r *Restore, n *yaml.Node) {
	s, ok := l.text("days", n)
	if !ok {
		return
	}
	days, err := strconv.Atoi(s)
	if err != nil || days < 1 || days > maxRestoreDays {
		l.problem(n, "days must be a whole number from 1 to %d: the copy is made on the first day, and Archive "+
			"accepts no more", maxRestoreDays)
		return
	}
	r.Days = days
}

// readRestore reads the field restore of a copy.
func (l *loader) readRestore(c *copyReader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Value == "false" {
		return
	}
	r := &Restore{Days: 1, Tier: defaultTier}
	if readBlock(l, &restoreBlock, n, r) {
		c.restore = r
	}
}

// linkRestore is why follow-symlinks and restore cannot be combined.
const linkRestore = "restore cannot be combined with follow-symlinks: true: when the restore of an object ends, " +
	"nothing tells which links point to it; leave one of them out"

// checkRestore refuses restore where the copy could not be made later.
func (l *loader) checkRestore(c *copySpec) {
	if c.restore == nil || !c.followSymlinks {
		return
	}
	for _, field := range []string{"restore", "follow-symlinks"} {
		if o := c.given(field); !o.defaults {
			l.problemFor(o, "%s", linkRestore)
			return
		}
	}
}
