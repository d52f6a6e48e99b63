package rules

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// habits warns about texts of a block that mean something in other tools, but are literals or something else here: they
// match hardly any key, or others than meant.
func (l *linter) habits(rule string, b *block) {
	for _, c := range append(slices.Clone(keyConditions), byTagging) {
		if b.given[c] == 0 {
			continue
		}
		for _, text := range b.texts(c) {
			what := habitOf(c, text)
			if c == byGlob && what == "" && b.given[bySize] == 0 {
				what = folderAlone(text)
			}
			if what != "" {
				l.warn(b.given[c], b.col, rule, LiteralWildcard, "%s %s %s", conditionNames[c], quote(text), what)
			}
		}
	}
}

// keyHabits warns about the key of a copy that is written like a path or an address of another tool.
func (l *linter) keyHabits(c *copySpec) {
	if c.key == nil {
		return
	}
	var shape strings.Builder // the key with a letter for each placeholder, which may contain what a key may not
	for _, p := range c.key.parts {
		if shape.WriteString(p.literal); p.name != "" {
			shape.WriteByte('x')
		}
	}
	for _, about := range []func(condition, string) string{address, dotFolders, backslash, encoded, outerSpace,
		foreignPlaceholder} {
		if about(byGlob, shape.String()) == "" {
			continue
		}
		if what := about(byGlob, c.key.text); what != "" {
			l.warnCopy(c, "key", LiteralWildcard, "key %s %s", quote(c.key.text), what)
		}
		return
	}
}

// habit is a way of writing that other tools have. about says what a text means here instead, and what to write; it is
// "" for other texts.
type habit struct {
	in    []condition
	about func(c condition, text string) string
}

var pathHabits = []habit{
	{[]condition{byPrefix, bySuffix, byGlob}, negation},
	{[]condition{byPrefix, byGlob}, address},
	{[]condition{byPrefix, bySuffix, byGlob}, joinedList},
	{[]condition{byPrefix, bySuffix, byGlob}, dotFolders},
	{[]condition{byGlob}, globAnchors},
	{[]condition{byGlob}, globGroup},
	{[]condition{byGlob}, globBackslash},
	{[]condition{byGlob}, globQuantifier},
	{[]condition{byTagging}, tagValue},
	{[]condition{byPrefix, bySuffix}, literalPattern},
	{[]condition{byPrefix, bySuffix}, backslash},
	{[]condition{byPrefix, bySuffix, byGlob}, encoded},
	{[]condition{byPrefix, bySuffix, byGlob}, outerSpace},
	{[]condition{byRegexp}, regexpOfGlob},
	{[]condition{byRegexp}, delimited},
	{[]condition{byRegexp}, wordBounds},
}

// habitOf is the first habit that a text of a condition has, "" if it has none.
func habitOf(c condition, text string) string {
	for _, h := range pathHabits {
		if slices.Contains(h.in, c) {
			if what := h.about(c, text); what != "" {
				return what
			}
		}
	}
	return ""
}

func negation(c condition, text string) string {
	rest, negated := strings.CutPrefix(text, "!")
	if !negated || rest == "" {
		return ""
	}
	return fmt.Sprintf("does not negate: ! is a character of keys here; to exclude keys write %s: %s under except",
		conditionNames[c], quote(rest))
}

func address(_ condition, text string) string {
	_, rest, isURL := strings.Cut(text, "://")
	if !isURL {
		return ""
	}
	const what = "is an address, and no key contains the name of its bucket: write "
	_, key, _ := strings.Cut(rest, "/")
	if key == "" {
		return what + "it under bucket"
	}
	return what + quote(key) + ", and the bucket under bucket"
}

// joinedList recognizes lists such as ".jpg|.png", "*.jpg, *.png" and "in/,out/".
func joinedList(_ condition, text string) string {
	if strings.ContainsAny(text, "{(") {
		return ""
	}
	items := strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == ',' || r == ';' })
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	like := func(like func(string) bool) bool { return every(items, like) }
	if len(items) < 2 || !like(func(s string) bool { return strings.HasPrefix(s, ".") }) &&
		!like(func(s string) bool { return strings.HasPrefix(s, "*") }) &&
		!like(func(s string) bool { return strings.HasSuffix(s, "/") }) {
		return ""
	}
	for i := range items {
		items[i] = quote(items[i])
	}
	return "is one text, not a list: write [" + strings.Join(items, ", ") + "]"
}

func dotFolders(c condition, text string) string {
	folders := strings.Split(text, "/")
	if c == bySuffix {
		folders = folders[1:] // of the first the text has only the end
	}
	dots := func(s string) bool { return s == "." || s == ".." }
	last := len(folders) - 1
	if last < 1 || !slices.ContainsFunc(folders[:last], dots) {
		return ""
	}
	clean := strings.TrimLeft(path.Clean(text), "./")
	if strings.HasSuffix(text, "/") && clean != "" {
		clean += "/"
	}
	what := "has . or .. as a folder, which OSS does not resolve"
	if clean == "" {
		return what + ": leave it out"
	}
	return what + ": write " + quote(clean)
}

func globAnchors(_ condition, text string) string {
	bare := strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$")
	if bare == text || bare == "" {
		return ""
	}
	return "contains ^ or $, which are characters of the key in a glob: it always matches the whole key; write " +
		quote(bare)
}

// globGroup recognizes (a|b).
func globGroup(_ condition, text string) string {
	group := alternativesGroup().FindStringSubmatch(text)
	if group == nil {
		return ""
	}
	braces := strings.Replace(text, group[0], "{"+strings.ReplaceAll(group[1], "|", ",")+"}", 1)
	return "contains (|), which are characters of the key in a glob: write " + quote(braces)
}

// globBackslash recognizes backslashes that are meant as separators, or as those of a regular expression.
func globBackslash(_ condition, text string) string {
	if !uselessEscape().MatchString(text) {
		return ""
	}
	return `contains a backslash, which makes the next character an ordinary one in a glob: write / between folders, ` +
		"and regexp for a regular expression"
}

// globQuantifier recognizes [0-9]+ and [0-9]{8}.
func globQuantifier(_ condition, text string) string {
	m := quantifier().FindString(text)
	if m == "" {
		return ""
	}
	return "contains " + m[1:] + " behind a class, which does not repeat it in a glob: write regexp for a regular " +
		"expression"
}

// tagValue recognizes what no tag contains. (Beyond ASCII OSS may accept more than it documents.)
func tagValue(_ condition, text string) string {
	never := func(r rune) bool { return r < utf8.RuneSelf && !strings.ContainsRune(tagCharacters, r) }
	i := strings.IndexFunc(text, never)
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("is no text of a tag: %q cannot be in one, and there are no patterns for tags; OSS allows "+
		"letters, digits, space and + - = . _ : /", text[i:i+1])
}

// foreignPlaceholder recognizes {{key}}, %{key} and {key}.
func foreignPlaceholder(_ condition, text string) string {
	m := foreignBraces().FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	name, _, _ := strings.Cut(m[2], ".")
	if _, known := placeholders[name]; !known {
		return ""
	}
	return "contains " + m[1] + ", which are characters of the key: write ${" + m[2] + "}"
}

var (
	alternativesGroup = compiledLater(`\(([^()|]+(?:\|[^()|]+)+)\)`)
	quantifier        = compiledLater(`\][+]|\]\{\d+(?:,\d*)?\}`)
	foreignBraces     = compiledLater(`(?:^|[^$])([%#]?\{\{? *([a-z]+(?:\.[A-Za-z0-9-]+)?) *\}\}?)`)
	uselessEscape     = compiledLater(`\\[A-Za-z0-9]|\.\*.*\\\.`)
)

func literalPattern(c condition, text string) string {
	fix, where := fixPrefix(text), "begin"
	if c == bySuffix {
		fix, where = fixSuffix(text), "end"
	}
	if fix == "" {
		return ""
	}
	return fmt.Sprintf("is a literal, not a pattern: it matches only keys that %s with exactly this text; write %s",
		where, fix)
}

func backslash(_ condition, text string) string {
	if !strings.Contains(text, `\`) {
		return ""
	}
	return `contains a backslash, which does not separate folders: write ` +
		quote(strings.ReplaceAll(text, `\`, "/"))
}

func encoded(_ condition, text string) string {
	decoded, err := url.PathUnescape(text)
	switch {
	case err != nil || decoded == text:
		return ""
	case !utf8.ValidString(decoded) || slices.Contains([]string{"/", `\`}, decoded[:1]):
		return "is not decoded: keys are as they are in OSS, not URL-encoded; write the characters themselves"
	}
	return "is not decoded: keys are as they are in OSS, not URL-encoded; write " + quote(decoded)
}

// outerSpace recognizes a space where no name begins or ends with one. A prefix may end with one, and a suffix begin.
func outerSpace(c condition, text string) string {
	trimmed := text
	if c != bySuffix {
		trimmed = strings.TrimLeft(trimmed, " \t")
	}
	if c != byPrefix || strings.HasSuffix(strings.TrimRight(trimmed, " \t"), "/") {
		trimmed = strings.TrimRight(trimmed, " \t")
	}
	if trimmed == text || trimmed == "" {
		return ""
	}
	return "begins or ends with a space: write " + quote(trimmed) + ", unless the keys have it"
}

// folderAlone recognizes a glob such as "vendor/", which takes only the marker of the folder.
func folderAlone(text string) string {
	folder, ends := strings.CutSuffix(text, "/")
	if !ends || strings.ContainsAny(folder[strings.LastIndexByte(folder, '/')+1:], `*?[{\`) {
		return ""
	}
	return "takes only the marker of the folder, not what is in it: write " + quote(text+"**")
}
