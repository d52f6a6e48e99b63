package rules

import (
	"fmt"
	"slices"
	"strings"

	"afterput/rules/internal/keyset"
)

// reportLoop reports a cycle of rules whose copies can trigger each other in an endless
// loop: with the rules and lines of one loop, and a change that would end it.
func (l *loopChecker) reportLoop(cycle []*rule, loop copyChain) {
	if len(loop) == 0 {
		var names []string
		for _, r := range cycle {
			names = append(names, fmt.Sprintf("%s (line %d)", r.name, r.line))
		}
		l.problemAt(cycle[0].line, 1, "these copies can trigger each other in an endless loop, among the rules %s: "+
			"there are too many combinations to check; write to buckets that are not among sources, or under "+
			"prefixes that no rule takes", strings.Join(names, ", "))
		return
	}
	fix := howToEndInPlace
	for i := len(loop) - 1; i >= 0; i-- {
		if !loop[i].objects.inPlace { // an exception can end it: report the loop up to here
			loop, fix = append(loop[i+1:len(loop):len(loop)], loop[:i+1]...), l.howToEnd
			break
		}
	}
	var steps []string
	for i, step := range loop {
		steps = append(steps, triggerText(step.spec, step.objects, loop[(i+1)%len(loop)].spec.rule))
	}
	line, col := loop[0].spec.position()
	l.problemAt(line, col, "these copies can trigger each other in an endless loop: %s; %s", strings.Join(steps, ", "),
		fix(loop))
}

// reportLongChain reports a chain that ends, but is longer than allowed.
func (l *loopChecker) reportLongChain(path []trigger) {
	var steps []string
	for _, e := range path {
		steps = append(steps, triggerText(e.spec, e.objects, e.to))
	}
	line, col := path[0].spec.position()
	l.problemAt(line, col, "%s: a chain may have at most %d copies after the first; let an earlier rule copy to the "+
		"last one's destination",
		strings.Join(steps, ", "), MaxHops)
}

// reportUndecided reports that it takes too many steps to find out whether there is a loop:
// with the two rules for which it takes most.
func (l *loopChecker) reportUndecided() {
	c, to := l.costliest.spec, l.costliest.to
	if to == nil { // literals alone take too many steps
		to = l.set.rules[slices.IndexFunc(l.set.rules, func(r *rule) bool { return r.makesCopies() })]
		c = to.copies[0]
	}
	excluding, other := to.name, "the two rules"
	next := "rule " + to.name
	if to == c.rule {
		next, other = "the rule itself", "the rule"
	}
	line, col := c.position()
	l.problemAt(line, col, "cannot decide whether these copies can trigger each other in an endless loop: rule %s may "+
		"write on line %d what %s takes (line %d), and to check that for all keys takes more than the allowed %d "+
		"steps; to make it decidable, write to a bucket that is not among sources, or under a prefix of its own, such "+
		"as key: done/${key}, with except: [{prefix: done/}] in rule %s, or give %s fewer and simpler globs, regular "+
		"expressions and placeholders",
		c.rule.name, c.line, next, to.lineOf(&to.match), maxAnalysis, excluding, other)
}

// triggerText says that a copy triggers a rule.
func triggerText(c *copySpec, made objectSet, next *rule) string {
	takes := "rule " + next.name
	if next == c.rule {
		takes = "the rule itself"
	}
	how := "writes"
	if made.inPlace {
		how = "rewrites in place"
	}
	return fmt.Sprintf("rule %s %s on line %d what %s takes (line %d)", c.rule.name, how, c.line, takes,
		next.lineOf(&next.match))
}

// howToEnd proposes a change that ends a loop: the first rule excludes what the last copy
// makes.
func (l *loopChecker) howToEnd(loop copyChain) string {
	first, last := loop[0].spec.rule, loop[len(loop)-1]
	where := ""
	if len(l.set.sources) > 1 && len(first.match.buckets) != 1 {
		where = "bucket: " + last.objects.bucket + ", "
	}
	head := last.objects.keys.Prefix()
	for _, prefix := range []string{head[:strings.LastIndexByte(head, '/')+1], head} {
		if prefix != "" && l.leavesSome(first, keyset.StartingWith(prefix)) {
			return fmt.Sprintf("to end it, add to rule %s: except: [{%sprefix: %q}]", first.name, where, prefix)
		}
	}
	if suffix := last.objects.commonSuffix(); suffix != "" && l.leavesSome(first, keyset.EndingWith(suffix)) {
		return fmt.Sprintf("to end it, add to rule %s: except: [{%ssuffix: %q}]", first.name, where, suffix)
	}
	if first.match.given[byBucket] == 0 && len(l.set.sources) > 1 {
		return fmt.Sprintf("to end it, list under match of rule %s the buckets it is meant for, without %s",
			first.name, last.objects.bucket)
	}
	return fmt.Sprintf("to end it, write to a bucket that is not among sources, or under a prefix of its own, such "+
		"as key: done/${key}, with except: [{prefix: done/}] in rule %s", first.name)
}

// leavesSome reports whether a rule takes other keys too.
func (l *loopChecker) leavesSome(r *rule, keys *keyset.Set) bool {
	return slices.ContainsFunc(l.set.sources, func(bucket string) bool {
		return !l.takenBy(r, anyUpload(bucket)).keys.Minus(keys).IsEmpty()
	})
}

// howToEndInPlace proposes a change that ends a loop that consists of rewrites in place.
func howToEndInPlace(loop copyChain) string {
	c := loop[0].spec
	if p := c.changingPlaceholder(); len(loop) == 1 && p != "" {
		fix := "write server-side-encryption-key-id without it"
		for _, e := range c.meta {
			if e.value != nil && strings.Contains(e.value.text, p) {
				fix = fmt.Sprintf("let rule %s match only objects that lack what it sets: meta: {%s: null}",
					c.rule.name, e.key)
			}
		}
		return fmt.Sprintf("%s can have another value each time; to end it, %s", p, fix)
	}
	return "each undoes what the other sets; to end it, remove one of them, or let them match different objects, " +
		"such as different prefixes"
}
