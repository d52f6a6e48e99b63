package rules

import (
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"afterput/events"
)

// Restore says how a source that is archived is restored before it is copied.
type Restore struct {
	// Days is for how long the restored object can be read, 1 to 7. (Archive accepts no more, and the
	// copy is made on the first of them.)
	Days int
	// Tier is the priority for ColdArchive and DeepColdArchive: Expedited, Standard or Bulk. Archive has
	// none, and DeepColdArchive has no Bulk.
	Tier string
}

const maxRestoreDays = 7

// restoreTiers are the tiers, the fastest first.
var restoreTiers = []string{"Expedited", "Standard", "Bulk"}

const defaultTier = "Standard"

// ArchiveClass is a storage class whose objects cannot be read before they are restored.
type ArchiveClass struct {
	Name string
	// ByEvent says that the end of a restore raises [events.FinishRestore].
	ByEvent bool
	Tiers   []ArchiveTier
}

// ArchiveTier is how long a restore takes and what it costs, in CNY.
type ArchiveTier struct {
	Name string // "" where the class has no tiers
	Time string
	// PerObject and PerGB are 0 where nothing is charged for it; both are where no price is known.
	PerObject, PerGB float64
}

// Cost is the cost in words.
func (t ArchiveTier) Cost() string {
	gb := strconv.FormatFloat(t.PerGB, 'g', -1, 64)
	switch {
	case t.PerGB == 0:
		return "prices of its own"
	case t.PerObject == 0:
		return "CNY " + gb + " per GB"
	}
	return "CNY " + strconv.FormatFloat(t.PerObject*10_000, 'g', 6, 64) + " per 10,000 objects and " + gb + " per GB"
}

// archiveClasses are all classes of this kind. Prices are public list prices of mainland China.
// Source: OSS help, restoring objects, limits, event notification; restore prices as third parties copy
// them (November 2026), which have none for DeepColdArchive.
var archiveClasses = []ArchiveClass{
	{"Archive", false, []ArchiveTier{{"", "about a minute", 0, 0.06}}},
	{"ColdArchive", true, []ArchiveTier{
		{"Expedited", "up to 1 hour", 30.0 / 10_000, 0.2},
		{"Standard", "2 to 5 hours", 3.0 / 10_000, 0.06},
		{"Bulk", "5 to 12 hours", 0.3 / 10_000, 0.03}}},
	{"DeepColdArchive", true, []ArchiveTier{
		{"Expedited", "up to 12 hours", 0, 0},
		{"Standard", "up to 48 hours", 0, 0}}},
}

// ArchiveClassOf returns the archive class with a name; ok is false for other storage classes.
func ArchiveClassOf(name string) (class ArchiveClass, ok bool) {
	i := slices.IndexFunc(archiveClasses, func(c ArchiveClass) bool { return c.Name == name })
	if i < 0 {
		return class, false
	}
	return archiveClasses[i], true
}

// Tier is how a class is restored at a tier; ok is false if the class does not have the tier.
func (c ArchiveClass) Tier(name string) (tier ArchiveTier, ok bool) {
	for _, t := range c.Tiers {
		if t.Name == name || t.Name == "" {
			return t, true
		}
	}
	return tier, false
}

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

// restoreText is a restore as explain shows it.
func restoreText(c *Copy) string {
	switch {
	case c.Restore == nil && c.details.spec.given("restore") != nil:
		return "false"
	case c.Restore == nil:
		return ""
	}
	return fmt.Sprintf("days=%d tier=%s", c.Restore.Days, c.Restore.Tier)
}

// uniteRestores has all copies of a plan that restore its object ask for the same: the fastest tier and
// the most days that any of them wants.
func (p *Plan) uniteRestores() {
	var all *Restore
	for i := range p.Copies {
		r := p.Copies[i].Restore
		switch {
		case r == nil:
		case all == nil:
			all = &Restore{r.Days, r.Tier}
		default:
			all.Days = max(all.Days, r.Days)
			if slices.Index(restoreTiers, r.Tier) < slices.Index(restoreTiers, all.Tier) {
				all.Tier = r.Tier
			}
		}
	}
	for i := range p.Copies {
		if p.Copies[i].Restore != nil {
			p.Copies[i].Restore = all
		}
	}
}

// onlyRestoring leaves the copies that restore their source: of the event that a restore has ended, no
// others are made. If there are others, the source is not deleted: it is theirs too.
func (p *Plan) onlyRestoring() {
	planned := len(p.Copies)
	p.Copies = slices.DeleteFunc(p.Copies, func(c Copy) bool { return c.details.spec.restore == nil })
	if len(p.Copies) < planned {
		for i := range p.Copies {
			p.Copies[i].DeleteSource = false
		}
	}
	p.shadowed = nil // has indexes of the copies
}

// mayTake reports whether a rule may take objects of a storage class.
func (r *rule) mayTake(class string) bool {
	m := &r.match
	if m.given[byStorageClass] != 0 && !slices.Contains(m.classes, class) {
		return false
	}
	return !slices.ContainsFunc(r.except, func(b *block) bool {
		return b.isOnly(byStorageClass) && slices.Contains(b.classes, class)
	})
}

// isOnly reports whether a block has this condition and no other.
func (b *block) isOnly(c condition) bool {
	for i, line := range b.given {
		if line != 0 && condition(i) != c {
			return false
		}
	}
	return b.given[c] != 0
}

// restorable are the archive classes of the objects that a copy may restore.
func (c *copySpec) restorable() (classes []ArchiveClass) {
	if c.restore == nil || !c.readsContent() {
		return nil
	}
	for _, class := range archiveClasses {
		if c.rule.mayTake(class.Name) {
			classes = append(classes, class)
		}
	}
	return classes
}

// readsContent reports whether the copy may need to read its source: a link has no content, and tags and
// ACL are set in place without it.
func (c *copySpec) readsContent() bool {
	m := &c.rule.match
	onlyLinks := m.given[byEvent] != 0 && m.events == maskOf("ObjectCreated:PutSymlink")
	return !onlyLinks && (c.bucket != nil || c.key != nil || c.rewrites())
}

// wantsFinishRestore reports whether the end of a restore leads to a copy of the rule.
func (r *rule) wantsFinishRestore() bool {
	return slices.ContainsFunc(r.copies, func(c *copySpec) bool {
		return slices.ContainsFunc(c.restorable(), func(a ArchiveClass) bool { return a.ByEvent })
	})
}

// RestoreOf is how a rule restores archived sources; ok is false if none of its copies does.
func (s *Set) RestoreOf(name string) (how Restore, ok bool) {
	for _, r := range s.rules {
		for _, c := range r.copies {
			if r.name == name && c.restore != nil {
				return *c.restore, true
			}
		}
	}
	return how, false
}

// WantsFinishRestore reports whether some rule copies an object when its restore has ended.
func (s *Set) WantsFinishRestore() bool {
	return slices.ContainsFunc(s.rules, func(r *rule) bool { return !r.disabled && r.wantsFinishRestore() })
}

// maskOfDelivered is the set of the events that an event which is delivered may stand for. The end of a
// restore stands for any upload: which of them it was is not known.
func maskOfDelivered(event string) eventMask {
	if event == events.FinishRestore {
		return anyEvent
	}
	return maskOf(event)
}
