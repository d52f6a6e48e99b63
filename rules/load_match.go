package rules

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules/internal/keyset"
)

// conditionField makes a field of match for one condition. Reading it records its line.
func conditionField(name string, c condition, s shape, doc string,
	fill func(*loader, *block, *yaml.Node)) fieldSpec[block] {
	return fieldSpec[block]{name, false, s, doc, func(l *loader, b *block, line int, n *yaml.Node) {
		b.given[c] = line
		fill(l, b, n)
	}}
}

func anyText(string) error { return nil }

var matchBlock blockTable[block]

// An initializer of matchBlock could not refer to matchFields: the functions in it read
// blocks, by way of matchBlock.
func init() { matchBlock = blockTable[block]{"match", matchFields} }

// readMatch reads a match or an except block.
func (l *loader) readMatch(b *block, n *yaml.Node) bool {
	b.col = n.Column
	if !readBlock(l, &matchBlock, n, b) {
		return false
	}
	b.heads, b.tails = b.prefixes, b.suffixes
	if b.ignoreCase {
		b.foldCase()
		if b.given[byPrefix]|b.given[bySuffix]|b.given[byGlob] == 0 {
			l.problem(n, "ignore-case applies to prefix, suffix and glob, and this block has none: leave it out; a "+
				"regexp ignores case with (?i)")
		}
	}
	return true
}

// readExcept reads a list of except blocks.
func (l *loader) readExcept(n *yaml.Node) (blocks []*block) {
	if l.exceeds("except", n, maxExcept, "combine entries of one prefix, suffix or glob into one with a list") {
		return nil
	}
	l.list("except", n, func(item *yaml.Node) {
		b := &block{}
		if l.readMatch(b, item) && len(item.Content) == 0 {
			l.problem(item, "an empty except block excludes every object: give it a field, or remove it")
		}
		blocks = append(blocks, b)
	})
	return blocks
}

var sizeBlock = blockTable[block]{"size", []fieldSpec[block]{
	{"at-least", false, shape{kind: kindSize}, "The smallest size that matches.",
		func(l *loader, b *block, _ int, n *yaml.Node) { b.atLeast = l.readSizeValue("at-least", n) }},
	{"below", false, shape{kind: kindSize}, "The smallest size that is too large.",
		func(l *loader, b *block, _ int, n *yaml.Node) {
			if b.below = l.readSizeValue("below", n); b.below == 0 {
				l.problem(n, "below: 0 matches no object: write at least 1")
			}
		}},
}}

func (l *loader) readSize(b *block, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		l.problem(n, "size needs bounds: write {at-least: %s} or {below: %s}", "64KiB", "5GiB")
		return
	}
	before := len(l.problems)
	if !readBlock(l, &sizeBlock, n, b) || len(l.problems) > before {
		return
	}
	switch {
	case len(n.Content) == 0:
		l.problem(n, "size needs at-least, below or both")
	case b.below > 0 && b.atLeast >= b.below:
		l.problem(n, "no size is at least %s and below %s", formatSize(b.atLeast), formatSize(b.below))
	}
}

func (l *loader) readSizeValue(what string, n *yaml.Node) int64 {
	s, ok := l.nonEmptyText(what, n)
	if !ok {
		return 1
	}
	size, err := ParseSize(s)
	if err != nil {
		l.problem(n, "%s: %s", what, err)
		return 1
	}
	return size
}

// requirements reads the tags or metadata that an object must have.
func (l *loader) requirements(what string, n *yaml.Node, check func(string) error) []requirement {
	pairs, ok := l.pairs(what, n)
	if !ok {
		return nil
	}
	if len(pairs) == 0 {
		l.problem(n, "%s is empty: write a key and its value, or null for a key that must be absent", what)
	}
	if len(pairs) > maxRequirements {
		l.problem(n, "%s has %d entries, the limit is %d", what, len(pairs), maxRequirements)
		return nil
	}
	var all []requirement
	for _, p := range pairs {
		w := requirement{key: p.key.Value}
		if what == "meta" {
			w.key = strings.ToLower(w.key)
		}
		if err := check(w.key); err != nil {
			l.problem(p.key, "%s: %s", what, err)
			continue
		}
		l.each(what+" "+quote(w.key), p.value, func(item *yaml.Node) {
			if isNull(item) {
				w.absent = true
			} else if s, ok := l.text(what+" "+quote(w.key), item); ok && s == "" && what == "meta" {
				l.problem(item, "meta %s: OSS keeps no empty metadata value, so none is ever matched; write null "+
					"to match objects without it", quote(w.key))
			} else if ok {
				w.values = append(w.values, s)
			}
		})
		all = append(all, w)
	}
	return all
}

// checkIsSource refuses a bucket that is not one of sources.
func (l *loader) checkIsSource(name string) error {
	switch {
	case slices.Contains(l.sources, name):
		return nil
	case nearest(name, l.sources) != "":
		return fmt.Errorf("%s is not one of sources%s", quote(name), didYouMean(name, l.sources))
	}
	return fmt.Errorf("%s is not one of sources: add it there, otherwise its events are refused", quote(name))
}

// typeCharacters are those of a content type on either side of its slash.
// Source: RFC 6838, section 4.2.
const typeCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+"

func checkContentType(s string) error {
	kind, sub, _ := strings.Cut(s, "/")
	if kind == "" || sub == "" || strings.Trim(kind, typeCharacters) != "" ||
		sub != "*" && strings.Trim(sub, typeCharacters) != "" {
		return errors.New(quote(s) + " is not a valid content type: write type/subtype such as image/png, or type/* " +
			"for all subtypes")
	}
	return nil
}

func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%s is neither an address nor a CIDR block such as 10.0.0.0/8", quote(s))
	}
	if p != p.Masked() {
		return p, fmt.Errorf("%s has bits set beyond its prefix length: write %s", quote(s), p.Masked())
	}
	return p, nil
}

// readRegexp reads a regular expression. Its size is checked, since compiling it could take more memory than there is.
func (l *loader) readRegexp(b *block, n *yaml.Node, s string) {
	if l.sizes.regexps < 0 {
		return
	}
	if err := keyset.CheckLength(s); err != nil {
		l.problem(n, "regexp: %s", err)
		return
	}
	info, err := keyset.InspectRegexp(s, maxSpellings)
	if err != nil {
		l.problem(n, "regexp: %s", regexpError(s, err))
		return
	}
	if info.Size > maxRegexp {
		l.problem(n, "regexp: the pattern has more than %d instructions when it is compiled: use smaller numbers in "+
			"{}, and fewer classes of characters", maxRegexp)
		return
	}
	if l.sizes.regexps += info.Size; l.sizes.regexps > maxRegexps {
		l.limit(n, &l.sizes.regexps, "the regular expressions of the file have more than %d instructions in all when "+
			"they are compiled: use fewer, or simpler ones", maxRegexps)
		return
	}
	re := newExpression(s, info.Groups)
	if name := re.repeatedGroup(); name != "" {
		l.problem(n, "regexp: two groups are named %s, and ${re.%s} would be the first of them: give each a "+
			"name of its own", name, name)
		return
	}
	b.regexp = re
	b.regexpHeads, b.regexpTails = info.Prefixes, info.Suffixes
}

var matchFields = []fieldSpec[block]{
	conditionField("bucket", byBucket, shape{many: valueOrList, pattern: sourcePattern, says: wantBucket},
		"The bucket of the object, one of sources; ${env.NAME} is filled in. Default: any of them.",
		func(l *loader, b *block, n *yaml.Node) {
			l.each("bucket", n, func(item *yaml.Node) {
				if s, ok := l.sourceName("bucket", "bucket", item, l.checkIsSource); ok {
					b.buckets = append(b.buckets, s)
				}
			})
		}),
	{"ignore-case", false, shape{kind: kindBoolean}, "true: prefix, suffix and glob of this block ignore case.",
		func(l *loader, b *block, _ int, n *yaml.Node) { b.ignoreCase, _ = l.boolean("ignore-case", n) }},
	conditionField("prefix", byPrefix, shape{many: valueOrList},
		"A literal prefix of the key.",
		func(l *loader, b *block, n *yaml.Node) {
			b.prefixes = l.texts("prefix", n, func(s string) error {
				if strings.HasPrefix(s, "/") || strings.HasPrefix(s, `\`) {
					return fmt.Errorf("%s matches nothing: no OSS key begins with %c", quote(s), s[0])
				}
				return nil
			})
		}),
	conditionField("suffix", bySuffix, shape{many: valueOrList},
		"A literal suffix of the key.",
		func(l *loader, b *block, n *yaml.Node) { b.suffixes = l.texts("suffix", n, anyText) }),
	conditionField("glob", byGlob, shape{many: valueOrList},
		"A pattern on the whole key: * and ? stop at /, ** does not, {a,b} is either.",
		func(l *loader, b *block, n *yaml.Node) {
			l.texts("glob", n, func(s string) error {
				if l.sizes.globs < 0 {
					return nil
				}
				globs, err := keyset.ParseGlob(s)
				if err != nil {
					return fmt.Errorf("%s: %w", quote(s), err)
				}
				b.globs = append(b.globs, globs...)
				if l.sizes.globs += globSize(globs); l.sizes.globs > maxGlobs {
					l.limit(n, &l.sizes.globs, "the globs of the file have more than %d bytes in all, each "+
						"alternative of braces for itself: use fewer braces", maxGlobs)
				}
				return nil
			})
		}),
	conditionField("regexp", byRegexp, shape{pattern: `^.+$`, says: "a regular expression, on one line"},
		"An RE2 pattern found in the key; ^ and $ anchor it. Named groups become ${re.NAME}.",
		func(l *loader, b *block, n *yaml.Node) {
			if n.Kind == yaml.SequenceNode {
				l.problem(n, "regexp takes one pattern, not a list: join them with |")
				return
			}
			s, ok := l.nonEmptyText("regexp", n)
			if !ok {
				return
			}
			l.readRegexp(b, n, s)
		}),
	conditionField("size", bySize, shape{kind: kindBlock, block: func() fieldLister { return &sizeBlock }},
		"The object's size: at-least is included, below is excluded.",
		func(l *loader, b *block, n *yaml.Node) { l.readSize(b, n) }),
	conditionField("event", byEvent, shape{many: valueOrList, values: eventNames},
		"The event. Default: every event that leaves a complete object.",
		func(l *loader, b *block, n *yaml.Node) {
			for _, s := range l.texts("event", n, checkEvent) {
				b.events |= maskOf(s)
			}
		}),
	conditionField("content-type", byContentType, shape{many: valueOrList},
		"The object's Content-Type; image/* is allowed. Costs a HeadObject when the event lacks it.",
		func(l *loader, b *block, n *yaml.Node) {
			for _, s := range l.texts("content-type", n, checkContentType) {
				b.types = append(b.types, strings.ToLower(s))
			}
		}),
	conditionField("principal", byPrincipal, shape{many: valueOrList},
		"Who uploaded: the event's principalId, exact or with *.",
		func(l *loader, b *block, n *yaml.Node) { b.principals = l.texts("principal", n, anyText) }),
	conditionField("source-ip", bySourceIP, shape{many: valueOrList, pattern: addressPattern, says: wantAddress},
		"The address the upload came from, or a CIDR block.",
		func(l *loader, b *block, n *yaml.Node) {
			l.texts("source-ip", n, func(s string) error {
				p, err := parseNetwork(s)
				b.sourceIPs = append(b.sourceIPs, p)
				return err
			})
		}),
	conditionField("storage-class", byStorageClass, shape{many: valueOrList, values: storageClasses},
		"The object's storage class. Costs a HeadObject.",
		func(l *loader, b *block, n *yaml.Node) {
			b.classes = l.texts("storage-class", n, func(s string) error { return oneOf(s, storageClasses) })
		}),
	conditionField("meta", byMeta, shape{kind: kindEntries, many: valueOrList, null: true, names: metaNamePattern},
		"User metadata the object has, without x-oss-meta-; null is absent. Costs a HeadObject.",
		func(l *loader, b *block, n *yaml.Node) { b.meta = l.requirements("meta", n, checkMetaName) }),
	conditionField("tagging", byTagging, shape{kind: kindEntries, many: valueOrList, null: true, names: tagKeyPattern},
		"Tags the object has, each with one of the values; null is absent. Costs a GetObjectTagging.",
		func(l *loader, b *block, n *yaml.Node) { b.tags = l.requirements("tagging", n, checkTagKey) }),
}
