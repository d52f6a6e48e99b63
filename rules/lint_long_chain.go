package rules

import (
	"errors"
	"slices"
	"strings"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// longChains notes rules whose copies can trigger each other in a chain that ends, but has more copies than may
// follow from the first one, so that the first one fails. It is a note, since most such keys are unlikely: a text that
// the rules cut off is in them again and again. Chains without repetition are refused when the file is loaded.
func (l *linter) longChains() {
	for _, cycle := range l.set.cycles {
		if chain, from, ok := l.longChain(cycle); ok {
			line, col := chain[0].spec.position()
			l.warn(line, col, chain[0].spec.rule.name, LongChain, "the copy fails for some objects, such as %s: more "+
				"than %d copies would follow from it, each triggered by the one before: %s; copy to the last "+
				"destination at once, or exclude such keys", quote(from.String()), MaxHops, linksText(chain))
		}
	}
}

// longChainLength is how many copies are followed: the first, one more than may follow from it, and one of which an
// example may be left as it is.
const longChainLength = MaxHops + 3

// longChain finds a chain that is too long, of rules of one cycle, and an object from which it surely follows.
func (l *linter) longChain(cycle []*rule) (chain copyChain, from object, found bool) {
	checker := &loopChecker{analysis: newFullAnalysis(l.set), reporter: &reporter{}}
	members := map[*rule]bool{}
	for _, r := range cycle {
		members[r] = true
	}
	for _, r := range cycle[:min(len(cycle), fewRules)] {
		for _, bucket := range l.set.bucketsOf(r) {
			checker.steps = 0
			chain := checker.followCopies(r, anyUpload(bucket), members, longChainLength, nil)
			if checker.meter.Exceeded() {
				return nil, object{}, false
			}
			if chain == nil {
				continue
			}
			if from, ok := l.sourceOf(bucket, chain); ok && l.chainIsCut(chain[0].spec, from) {
				return chain, from, true
			}
		}
	}
	return nil, object{}, false
}

// linksText names the copies of a chain by their rules and lines, each once.
func linksText(chain copyChain) string {
	var steps []string
	for i, link := range chain[:len(chain)-1] {
		step := triggerText(link.spec, link.objects, chain[i+1].spec.rule)
		if !slices.Contains(steps, step) {
			steps = append(steps, step)
		}
	}
	return strings.Join(steps, ", ")
}

// chainIsCut reports whether planning a copy of an object finds that the chain that would follow is too long.
func (l *linter) chainIsCut(c *copySpec, o object) bool {
	mask := c.rule.match.events
	i := slices.IndexFunc(eventNames, func(name string) bool { return mask == 0 || maskOf(name)&mask != 0 })
	plan, err := l.set.Plan(events.Object{Bucket: o.bucket, Key: o.key, Event: eventNames[i], Time: exampleTime}, nil)
	return err == nil && slices.ContainsFunc(plan.Copies, func(p Copy) bool {
		return p.details.spec == c && errors.Is(p.Err, errLongChain)
	})
}

// sourceOf finds an object of a bucket from which a chain of copies follows. It goes through the chain backwards: from
// a key that the last copy takes to one of which the copy before makes that key.
func (l *linter) sourceOf(bucket string, chain copyChain) (object, bool) {
	key := ""
	for i := range slices.Backward(chain) {
		c := chain[i].spec
		keys := l.keysTaken(c.rule)
		if i < len(chain)-1 {
			keys = keys.Intersect(l.keysCopiedTo(c, key))
		}
		found := false
		for _, easy := range l.examples {
			if key, found = keys.Intersect(easy).Shortest(); found {
				break
			}
		}
		if !found {
			return object{}, false
		}
	}
	return object{bucket, key}, true
}

// keysCopiedTo is a set of keys of which a copy makes a certain key; not all such keys.
func (l *linter) keysCopiedTo(c *copySpec, key string) *keyset.Set {
	parts := keyParts(c)
	keys := keyset.Any(1)
	if len(parts) > 2 && parts[0].isDir() && strings.HasPrefix(parts[1].literal, "/") {
		dir := keyset.Dir.Of(key)
		keys = keyset.Dir.Keys(dir)
		rest := slices.Clone(parts[1:])
		rest[0].literal = rest[0].literal[1:]
		parts, key = rest, strings.TrimPrefix(key, dir+"/")
	}
	i := slices.IndexFunc(parts, func(p templatePart) bool { return p.name != "" })
	if i < 0 {
		return keys
	}
	value, ok := strings.CutPrefix(key, literalOf(parts[:i]))
	value, also := strings.CutSuffix(value, literalOf(parts[i+1:]))
	if !ok || !also {
		return keyset.None()
	}
	return keys.Intersect(l.keysWithValue(c, &parts[i], value)).CountedBy(l.meter)
}

// literalOf is the text of literals.
func literalOf(parts []templatePart) string {
	text := ""
	for _, p := range parts {
		text += p.literal
	}
	return text
}

// keysWithValue is a set of keys for which a placeholder gives a certain text.
func (l *linter) keysWithValue(c *copySpec, p *templatePart, text string) *keyset.Set {
	values := []string{text}
	switch p.cut.end {
	case '#':
		values = []string{p.cut.text + text}
	case '%':
		values = []string{text + p.cut.text}
	}
	switch p.name {
	case "key":
		return unionOf(values, keyset.Literal)
	case "dir", "base", "stem", "ext", "dir.base":
		return unionOf(values, keyset.Part(p.name).Keys)
	case "re":
		return keyset.RegexpWith(c.rule.match.regexp.String(), map[string][]string{p.arg: values})
	}
	return keyset.None()
}
