package existing

import (
	"strings"

	"afterput/rules"
)

// ArchiveTier is an archive class and the tier at which it is restored, such as "ColdArchive Bulk".
type ArchiveTier string

// tier is how the class is restored.
func (a ArchiveTier) tier() (tier rules.ArchiveTier, ok bool) {
	class, name, _ := strings.Cut(string(a), " ")
	archive, ok := rules.ArchiveClassOf(class)
	if !ok {
		return tier, false
	}
	return archive.Tier(name)
}

// restoredAt is how the source of a copy is restored; ok is false if it is not archived, or not to be restored.
func restoredAt(set *rules.Set, w *want) (at ArchiveTier, ok bool) {
	if _, archived := rules.ArchiveClassOf(w.Source.StorageClass); !archived {
		return "", false
	}
	how, ok := set.RestoreOf(w.Rule)
	return ArchiveTier(w.Source.StorageClass + " " + how.Tier), ok
}

// toRestore adds the source of a copy that is to be made, if it is restored first. A source of several copies
// counts for each of them, though it is restored once.
func (c *Counts) toRestore(set *rules.Set, w *want) {
	at, ok := restoredAt(set, w)
	if !ok {
		return
	}
	if c.Restores == nil {
		c.Restores = make(map[ArchiveTier]Tally)
	}
	t := c.Restores[at]
	t.add(w.Source.Size)
	c.Restores[at] = t
}

// restores adds what restoring takes to an estimate.
func (e *Estimate) restores(all map[ArchiveTier]Tally) {
	for at, t := range all {
		e.Restores += t.Copies
		if tier, ok := at.tier(); ok {
			e.RestoresCNY += tier.PerObject*float64(t.Copies) + tier.PerGB*float64(t.Bytes)/1e9
		}
	}
}
