package rules

import (
	"fmt"
	"slices"
	"strings"
)

// topLevelGlobs notes globs that no key with a folder matches, once for all of them, at the first. Ignore files and
// the tool of AWS match such a pattern in every folder.
func (l *linter) topLevelGlobs() {
	var first func(more string)
	others := 0
	visit := func(rule string, b *block) {
		text := b.topLevelGlob()
		switch {
		case text == "" || l.ignores(TopLevelOnly, b.given[byGlob], rule):
		case first != nil:
			others++
		default:
			first = func(more string) {
				l.warn(b.given[byGlob], b.col, rule, TopLevelOnly, "glob %s matches only keys without a folder, "+
					"since * stops at /: for keys in any folder write %s%s", quote(text), quote(inAnyFolder(text)),
					more)
			}
		}
	}
	for _, b := range l.set.except {
		visit("", b)
	}
	for _, r := range l.live {
		visit(r.name, &r.match)
		heads, _ := r.match.literals()
		isInFolder := func(head string) bool { return strings.Contains(head, "/") }
		if r.match.topLevelGlob() != "" || every(heads, isInFolder) {
			continue // its except blocks need exclude no keys with a folder, or are useless
		}
		for _, b := range r.ownBlocks()[1:] {
			visit(r.name, b)
		}
	}
	switch {
	case first == nil:
	case others == 0:
		first("")
	default:
		first(fmt.Sprintf(", and %d more like this", others))
	}
}

// topLevelGlob is a pattern of a block of which no glob matches a key with a folder; "" if there is none.
func (b *block) topLevelGlob() string {
	texts := b.texts(byGlob)
	inFolders := func(s string) bool { return s == "**" || strings.Contains(s, "/") }
	if slices.ContainsFunc(texts, inFolders) {
		return ""
	}
	i := slices.IndexFunc(texts, func(s string) bool { return strings.Contains(s, "*") && habitOf(byGlob, s) == "" })
	if i < 0 {
		return ""
	}
	return texts[i]
}

// inAnyFolder is a pattern that matches what another one does, in any folder.
func inAnyFolder(glob string) string {
	if glob == "*" {
		return "**"
	}
	return "**/" + glob
}
