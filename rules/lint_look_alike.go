package rules

// lookAlikes warns about texts of a rule's block with characters that readers do not see, or take
// for others: keys rarely contain them.
func (l *linter) lookAlikes(rule string, b *block) {
	for c := range conditions {
		if b.given[c] == 0 {
			continue
		}
		for _, s := range b.texts(c) {
			if names := lookAlikesOf(s); names != nil {
				l.warn(b.given[c], b.col, rule, LookAlike, lookAlikeMessage, conditionNames[c],
					withCodePoints(shortened(s)), andList(names))
			}
		}
	}
}

// lookAlikesCopied is lookAlikes for the copies of a rule.
func (l *linter) lookAlikesCopied(r *rule) {
	for _, c := range r.copies {
		warn := func(field, s string) {
			if names := lookAlikesOf(s); names != nil {
				l.warnCopy(c, field, LookAlike, lookAlikeMessage, field, withCodePoints(shortened(s)), andList(names))
			}
		}
		for _, e := range c.tagging {
			warn("tagging", e.key)
		}
		c.templates(func(field string, t *template) { warn(field, t.text) })
	}
}

const lookAlikeMessage = `%s "%s" contains %s: easy to overlook, or to take for another character; type the text ` +
	"again, unless this is meant"

// texts are the texts of a condition as the file has them.
func (b *block) texts(c condition) []string {
	switch c {
	case byPrefix:
		return b.prefixes
	case bySuffix:
		return b.suffixes
	case byGlob:
		var all []string
		for i, g := range b.globs {
			if i == 0 || g.String() != b.globs[i-1].String() {
				all = append(all, g.String())
			}
		}
		return all
	case byRegexp:
		return []string{b.regexp.String()}
	case byPrincipal:
		return b.principals
	case byContentType:
		return b.types
	case byMeta:
		return requirementTexts(b.meta)
	case byTagging:
		return requirementTexts(b.tags)
	}
	return nil // the others take only certain ASCII texts
}

func requirementTexts(all []requirement) (texts []string) {
	for _, w := range all {
		texts = append(append(texts, w.key), w.values...)
	}
	return texts
}
