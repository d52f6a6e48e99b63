package existing

import (
	"maps"
	"slices"
)

// Tally counts copies and the bytes of their sources.
type Tally struct {
	Copies int64 `json:"copies"`
	Bytes  int64 `json:"bytes"`
}

func (t *Tally) add(size int64) { t.Copies++; t.Bytes += size }

// Counts sum up a job. They add up: each object seen is unwanted, or each of its copies has one verdict.
type Counts struct {
	Objects  int64                        `json:"objects"`  // seen in the sources and selected
	Unwanted int64                        `json:"unwanted"` // of them, objects that no rule wants
	Rules    map[string]map[Verdict]Tally `json:"rules,omitempty"`
	Requests int64                        `json:"requests"`
	Extra    Tally                        `json:"extra,omitzero"` // objects of the destinations that no source explains
	// Sampled is how many objects of the sources a sample has looked at, where there are more; 0 for all of them.
	Sampled int64 `json:"sampled,omitempty"`
	// ToDo is what the copies that are to be made take, by rule and by the storage class that they get; "" where the
	// rule leaves it to the destination's bucket.
	ToDo map[string]map[string]Load `json:"to_do,omitempty"`
	Done Done                       `json:"done,omitzero"`
	// Restores are those of them whose source is archived and restored first, by its class and the tier.
	Restores map[ArchiveTier]Tally `json:"restores,omitempty"`
}

// Done counts what became of the copies that were to be made.
type Done struct {
	Copied    Tally `json:"copied,omitzero"`
	Unchanged Tally `json:"unchanged,omitzero"` // found in place after all
	Skipped   Tally `json:"skipped,omitzero"`   // skipped, superseded, or existing where the rule forbids overwriting
	Restoring Tally `json:"restoring,omitzero"` // of archived sources, which can be copied when they are restored
	Moved     Tally `json:"moved,omitzero"`     // sources whose copies were in place, and which were deleted
	Failed    Tally `json:"failed,omitzero"`
	Handed    Tally `json:"handed,omitzero"` // given to the deployed function
	Batches   int64 `json:"batches,omitempty"`
}

// sum adds other counts.
func (d *Done) sum(o Done) {
	for _, t := range []struct{ to, from *Tally }{
		{&d.Copied, &o.Copied}, {&d.Unchanged, &o.Unchanged}, {&d.Skipped, &o.Skipped}, {&d.Failed, &o.Failed},
		{&d.Handed, &o.Handed}, {&d.Restoring, &o.Restoring}, {&d.Moved, &o.Moved},
	} {
		t.to.Copies += t.from.Copies
		t.to.Bytes += t.from.Bytes
	}
	d.Batches += o.Batches
}

func (c *Counts) count(w *want, v Verdict) {
	if c.Rules == nil {
		c.Rules = make(map[string]map[Verdict]Tally)
	}
	if c.Rules[w.Rule] == nil {
		c.Rules[w.Rule] = make(map[Verdict]Tally)
	}
	t := c.Rules[w.Rule][v]
	t.add(w.Source.Size)
	c.Rules[w.Rule][v] = t
}

// Of sums up one verdict over all rules.
func (c Counts) Of(v Verdict) (sum Tally) {
	for _, r := range c.Rules {
		sum.Copies += r[v].Copies
		sum.Bytes += r[v].Bytes
	}
	return sum
}

// Wanted sums up the copies that a rule wants; "" for all rules.
func (c Counts) Wanted(rule string) (sum Tally) {
	for name, verdicts := range c.Rules {
		if rule != "" && name != rule {
			continue
		}
		for _, t := range verdicts {
			sum.Copies += t.Copies
			sum.Bytes += t.Bytes
		}
	}
	return sum
}

// clone is a copy that further counting does not change.
func (c *Counts) clone() Counts {
	n := *c
	n.Rules = make(map[string]map[Verdict]Tally, len(c.Rules))
	for rule, tallies := range c.Rules {
		n.Rules[rule] = maps.Clone(tallies)
	}
	n.ToDo = make(map[string]map[string]Load, len(c.ToDo))
	for rule, loads := range c.ToDo {
		n.ToDo[rule] = maps.Clone(loads)
	}
	n.Restores = maps.Clone(c.Restores)
	return n
}

// toDo adds a copy that is to be made.
func (c *Counts) toDo(w *want, l Load) {
	if c.ToDo == nil {
		c.ToDo = make(map[string]map[string]Load)
	}
	if c.ToDo[w.Rule] == nil {
		c.ToDo[w.Rule] = make(map[string]Load)
	}
	sum := c.ToDo[w.Rule][w.StorageClass]
	sum.sum(l)
	c.ToDo[w.Rule][w.StorageClass] = sum
}

// Copies is how many copies are to be made, and how large their sources are.
func (c Counts) Copies() (sum Tally) {
	for _, classes := range c.ToDo {
		for _, l := range classes {
			sum.Copies += l.Copies
			sum.Bytes += l.Bytes
		}
	}
	return sum
}

// RuleNames are the rules with a wanted copy, sorted. Keys without an object are counted under "", which is none.
func (c Counts) RuleNames() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.Rules)), func(name string) bool { return name == "" })
}
