package rules

import (
	"strings"

	"afterput/rules/internal/keyset"
)

// fixedPoints are keys that the template surely maps onto themselves: a copy of such an object within its bucket is one
// onto itself. There may be others.
func (t *template) fixedPoints() *keyset.Set {
	none := keyset.Union()
	switch {
	case t.text == "${key}":
		return keyset.Any(0)
	case t.text == "${base}":
		return keyset.Any(0).Minus(anyInDir)
	case t.text == "${dir}/${base}", t.text == "${dir:-}/${base}":
		return anyInDir
	case len(t.parts) == 1 && t.parts[0].isCutKey():
		if t.parts[0].cut.end == '%' {
			return keyset.Any(0).Minus(keyset.EndingWith(t.parts[0].cut.text))
		}
		return keyset.Any(0).Minus(keyset.StartingWith(t.parts[0].cut.text))
	}
	ext, ofStem := strings.CutPrefix(t.text, "${stem}.")
	inDir := false
	if !ofStem {
		ext, ofStem = strings.CutPrefix(t.text, "${dir}/${stem}.")
		inDir = true
	}
	if !ofStem || ext == "" || strings.ContainsAny(ext, "$./") {
		return none
	}
	keys := keyset.Concat(keyset.Any(1), keyset.Literal("."+ext)).Minus(keyset.EndingWith("/." + ext))
	if inDir {
		return keys.Intersect(anyInDir)
	}
	return keys.Minus(anyInDir)
}

// isCutKey reports whether the part is the key without a beginning or an end, and nothing else is done to it.
func (p *templatePart) isCutKey() bool {
	return p.name == "key" && p.cut.end != 0 && p.span == span{} && p.letters == anyCase && p.fallback == nil
}

// mayBeginWithSlash reports whether the text begins with a slash if its first placeholder is empty.
func (t *template) mayBeginWithSlash() bool {
	return len(t.parts) > 1 && t.parts[0].fallback != nil && len(t.parts[0].fallback.parts) == 0 &&
		strings.HasPrefix(t.parts[1].literal, "/")
}
