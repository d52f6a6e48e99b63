package rules

import (
	"slices"
	"time"

	"afterput/events"
)

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

// LongestRestore is how long the restores that the rules ask for may take, of classes whose end raises an event; 0 if
// there are none. what names the class of the longest, and its tier.
func (s *Set) LongestRestore() (longest time.Duration, what string) {
	for _, r := range s.rules {
		for _, c := range r.copies {
			for _, class := range c.restorable() {
				tier, has := class.Tier(c.restore.Tier)
				if has && class.ByEvent && !r.disabled && tier.Longest > longest {
					longest, what = tier.Longest, class.Name+" "+tier.Name
				}
			}
		}
	}
	return longest, what
}

// wantedEvents lists the events that the rule needs.
func (r *rule) wantedEvents() (names []string) {
	if len(r.copies) > 0 {
		names = slices.Clone(r.match.eventNames())
	}
	if r.wantsFinishRestore() {
		names = append(names, events.FinishRestore)
	}
	if len(r.deletes) > 0 {
		names = append(names, RemovalEvents()...)
	}
	return names
}
