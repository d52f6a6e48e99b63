package rules

import (
	"slices"
	"strconv"
	"time"
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
	Name    string // "" where the class has no tiers
	Time    string
	Longest time.Duration
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
	{"Archive", false, []ArchiveTier{{"", "about a minute", time.Minute, 0, 0.06}}},
	{"ColdArchive", true, []ArchiveTier{
		{"Expedited", "up to 1 hour", time.Hour, 30.0 / 10_000, 0.2},
		{"Standard", "2 to 5 hours", 5 * time.Hour, 3.0 / 10_000, 0.06},
		{"Bulk", "5 to 12 hours", 12 * time.Hour, 0.3 / 10_000, 0.03}}},
	{"DeepColdArchive", true, []ArchiveTier{
		{"Expedited", "up to 12 hours", 12 * time.Hour, 0, 0},
		{"Standard", "up to 48 hours", 48 * time.Hour, 0, 0}}},
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
