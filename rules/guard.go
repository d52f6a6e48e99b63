package rules

import (
	"fmt"
	"slices"
	"strings"
)

// guard refuses a set whose copies could go round for ever. A copy into a
// source bucket raises an event that runs the function again; who is to say
// that this ends is the loader, before the first object. It computes with sets
// of objects instead of objects: all uploads that a rule may take, all that its
// copies can make of them, which rules may take those, and so on. Whatever
// cannot be ruled out counts as possible. That a copy raises an event no rule
// asks for is relied on only where a rule names neither of the two events a
// copy may raise.
func (l *loader) guard(s *Set) {
	g := newGuardian(s)
	for _, r := range s.rules {
		for _, c := range r.copies {
			l.inPlace(s, c)
		}
	}
	told := map[*rule]bool{}
	for _, chain := range g.endless() {
		loop := chain.loop()
		if slices.ContainsFunc(loop, func(link link) bool { return told[link.spec.rule] }) {
			continue
		}
		for _, link := range loop {
			told[link.spec.rule] = true
		}
		l.tell(g, chain, loop)
	}
}

// link is one copy of a chain, and what it makes.
type link struct {
	spec *copySpec
	made written
}

// chain is copies that follow from one another.
type chain []link

// maxSteps bounds the unrolling of chains. Beyond it what may go round is taken
// to do so; far beyond it, what may follow at all.
const maxSteps = 2000

// endless finds, for every rule that starts one, a chain of more than maxHops
// copies behind its first.
func (g *guardian) endless() []chain {
	var all []chain
	deep := g.deepRules()
	for _, r := range g.set.rules {
		if !deep[r.index] {
			continue
		}
		for _, bucket := range g.set.sources {
			if found := g.unroll(r, anyUpload(bucket), nil); found != nil {
				all = append(all, found)
				break
			}
		}
	}
	return all
}

// unroll follows the copies a rule makes of objects until nothing more follows
// or the chain is too long, which it then gives.
func (g *guardian) unroll(r *rule, o written, before chain) chain {
	g.work++
	taken := g.taken(r, o)
	if taken.keys.none() {
		return nil
	}
	for _, c := range r.copies {
		if !g.mayWriteSource(c) || inPlace(c, taken.bucket) {
			if len(before) > maxHops && !inPlace(c, taken.bucket) {
				return append(before[:len(before):len(before)], link{spec: c})
			}
			continue
		}
		for _, made := range g.copied(c, taken) {
			longer := append(before[:len(before):len(before)], link{c, made})
			if len(longer) > maxHops+1 || g.work > maxSteps && longer.returns() || g.work > 10*maxSteps {
				return longer
			}
			for _, i := range g.set.index.near(made.bucket, made.keys.head()) {
				if found := g.unroll(g.set.rules[i], made, longer); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// returns is whether the chain's last copy was in it before.
func (c chain) returns() bool {
	last := c[len(c)-1].spec
	return slices.ContainsFunc(c[:len(c)-1], func(l link) bool { return l.spec == last })
}

// loop is the part of a chain that comes round to where it began: from a copy
// to the one before it comes again. A chain that is only long is given whole.
func (c chain) loop() chain {
	for length := 1; length < len(c); length++ {
		for from := 0; from+length < len(c); from++ {
			if c[from].spec == c[from+length].spec {
				return c[from : from+length]
			}
		}
	}
	return c
}

// deepRules marks the rules from which chains may be too long, going by which
// rule can trigger which: a quick answer for the many that trigger none.
func (g *guardian) deepRules() []bool {
	rules := g.set.rules
	next := make([][]int32, len(rules))
	for i, r := range rules {
		if r.disabled || !slices.ContainsFunc(r.copies, g.mayWriteSource) {
			continue
		}
		for _, bucket := range g.set.sources {
			taken := g.taken(r, anyUpload(bucket))
			if taken.keys.none() {
				continue
			}
			for _, c := range r.copies {
				if !g.mayWriteSource(c) || inPlace(c, bucket) {
					continue
				}
				for _, made := range g.copied(c, taken) {
					for _, j := range g.set.index.near(made.bucket, made.keys.head()) {
						if !g.taken(rules[j], made).keys.none() {
							next[i] = append(next[i], j)
						}
					}
				}
			}
		}
		slices.Sort(next[i])
		next[i] = slices.Compact(next[i])
	}
	// After n rounds reach is the rules that a chain of n hops starts from.
	reach := make([]bool, len(rules))
	for i := range reach {
		reach[i] = true
	}
	for range maxHops + 1 {
		further := make([]bool, len(rules))
		for i := range rules {
			further[i] = slices.ContainsFunc(next[i], func(j int32) bool { return reach[j] })
		}
		reach = further
	}
	return reach
}

// mayWriteSource is whether a copy may write to a source bucket.
func (g *guardian) mayWriteSource(c *copySpec) bool {
	if c.bucket == nil {
		return true
	}
	bucket, constant := c.bucket.constant()
	return !constant || g.set.isSource(bucket)
}

// tell reports a chain with the rules and lines that it goes over, and a change
// that would end it.
func (l *loader) tell(g *guardian, whole, loop chain) {
	first := loop[0].spec
	line, col := first.line, 1
	if o := first.given("key"); o != nil {
		line, col = o.line, o.col
	} else if o := first.given("bucket"); o != nil {
		line, col = o.line, o.col
	}
	var steps []string
	for i, step := range loop {
		next := loop[(i+1)%len(loop)].spec.rule
		takes := fmt.Sprintf("what rule %s takes (line %d)", next.name, next.match.line(next))
		if next == step.spec.rule {
			takes = fmt.Sprintf("what the rule itself takes (line %d)", next.match.line(next))
		}
		steps = append(steps, fmt.Sprintf("rule %s writes on line %d %s", step.spec.rule.name, step.spec.line, takes))
	}
	switch {
	case len(loop) == len(whole) && len(whole) <= maxHops+1:
		l.problemAt(line, col, "there are too many ways in which copies may follow from one another, among them: %s; write to buckets that are not among sources, or to prefixes that no rule takes",
			strings.Join(steps[:len(steps)-1], ", "))
		return
	case len(loop) == len(whole):
		l.problemAt(line, col, "%s: chains of more than %d copies are not followed; let an earlier rule copy to where the last one does",
			strings.Join(steps[:len(steps)-1], ", "), maxHops)
		return
	}
	l.problemAt(line, col, "copies would go round for ever: %s; %s", strings.Join(steps, ", "), g.mend(loop))
}

// line is where a match block stands, or its rule if it asks for nothing.
func (b *block) line(r *rule) int {
	line := 0
	for _, n := range b.given {
		if n != 0 && (line == 0 || n < line) {
			line = n
		}
	}
	if line == 0 {
		return r.line
	}
	return line
}

// mend names a change that ends a loop: the first rule leaves out what the last
// copy makes.
func (g *guardian) mend(loop chain) string {
	first, last := loop[0].spec.rule, loop[len(loop)-1]
	head := last.made.keys.head()
	if i := strings.LastIndexByte(head, '/'); i >= 0 {
		head = head[:i+1]
	}
	begins := following(oneText(head), allTexts(0))
	for _, bucket := range g.set.sources {
		if taken := g.taken(first, anyUpload(bucket)); head != "" && !taken.keys.minus(begins).none() {
			where := ""
			if len(g.set.sources) > 1 && len(first.match.buckets) != 1 {
				where = "bucket: " + last.made.bucket + ", "
			}
			return fmt.Sprintf("to end it, add to rule %s: except: [{%sprefix: %q}]", first.name, where, head)
		}
	}
	if first.match.given[byBucket] == 0 && len(g.set.sources) > 1 {
		return fmt.Sprintf("to end it, name under match of rule %s the buckets it is meant for, without %s", first.name, last.made.bucket)
	}
	return fmt.Sprintf("to end it, write to a bucket that is not among sources, or under a prefix of its own, such as key: done/${key}, with except: [{prefix: done/}] in rule %s", first.name)
}
