package rules

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
)

// lookAlikeNames are characters that readers do not see, or take for others.
var lookAlikeNames = map[rune]string{
	0x00a0: "no-break space", 0x00ad: "soft hyphen", 0x034f: "combining grapheme joiner",
	0x115f: "Hangul filler", 0x1160: "Hangul filler", 0x3164: "Hangul filler", 0xffa0: "Hangul filler",
	0x200b: "zero-width space", 0x200c: "zero-width non-joiner", 0x200d: "zero-width joiner",
	0x200e: "left-to-right mark", 0x200f: "right-to-left mark", 0x061c: "Arabic letter mark",
	0x2010: "hyphen", 0x2011: "non-breaking hyphen", 0x2018: "curly quote", 0x2019: "curly quote",
	0x201c: "curly quote", 0x201d: "curly quote", 0x2028: "line separator", 0x2029: "paragraph separator",
	0x2060: "word joiner", 0x3000: "ideographic space", 0xfeff: "byte order mark",
}

// lookAlikeName is the name of a character that readers do not see, or take for another
// one; "" for any other character. Full-width punctuation and curly quotes are usual beside
// the letters of Chinese, Japanese and Korean, and only there: asian says that there are some.
func lookAlikeName(r rune, asian bool) string {
	name := lookAlikeNames[r]
	switch {
	case r < 0x7f && r >= ' ':
		return ""
	case asian && name == "curly quote":
		return ""
	case name != "":
		return name
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return "bidirectional control"
	case r >= 0xff01 && r <= 0xff5e: // ASCII in full width, shifted
		if asian {
			return ""
		}
		return fmt.Sprintf("full-width %c", r-0xff01+'!')
	case r >= 0x300 && r <= 0x36f:
		return "combining mark"
	case unicode.Is(unicode.Cc, r):
		return "control character"
	case unicode.Is(unicode.Zs, r):
		return "space of another width"
	case unicode.Is(unicode.Cf, r):
		return "invisible character"
	}
	return ""
}

func isAsianLetter(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) && lookAlikeNames[r] == ""
}

// lookAlikesOf names the look-alike characters of a text, each once: "U+200B (zero-width
// space)".
func lookAlikesOf(s string) []string {
	if !mayLookAlike(s) {
		return nil
	}
	nameOf := lookAlikesIn(s)
	var names []string
	seen := map[rune]bool{}
	for _, r := range s {
		if name := nameOf(r); name != "" && !seen[r] {
			seen[r] = true
			names = append(names, codePoint(r, name))
		}
	}
	return names
}

// lookAlikesIn is [lookAlikeName] for the characters of a text. In one that has Latin letters it also names the letters
// of other alphabets that look like these.
func lookAlikesIn(s string) func(rune) string {
	asian := strings.ContainsFunc(s, isAsianLetter)
	latin := strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
	return func(r rune) string {
		if latin && likeLatin()[r] != 0 {
			return fmt.Sprintf("a letter of another alphabet, like %c", likeLatin()[r])
		}
		return lookAlikeName(r, asian)
	}
}

// likeLatin are the letters of Cyrillic and Greek that look like Latin ones.
var likeLatin = sync.OnceValue(func() map[rune]rune {
	like := map[rune]rune{}
	for others, latin := range map[string]string{
		"АВЕКМНОРСТХІЈЅавеорсухіјѕ": "ABEKMHOPCTXIJSabeopcyxijs", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον": "ABEZHIKMNOPTYXov",
	} {
		letters := []rune(latin)
		for i, r := range []rune(others) {
			like[r] = letters[i]
		}
	}
	return like
})

// codePoint names a character: "U+200B (zero-width space)".
func codePoint(r rune, name string) string { return fmt.Sprintf("U+%04X (%s)", r, name) }

// withCodePoints writes the look-alike characters of a text as their code points: \u{200b}.
func withCodePoints(s string) string {
	if !mayLookAlike(s) {
		return s
	}
	nameOf := lookAlikesIn(s)
	var b strings.Builder
	for _, r := range s {
		if nameOf(r) != "" {
			fmt.Fprintf(&b, `\u{%x}`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// mayLookAlike is false for printable ASCII, as nearly every text is.
func mayLookAlike(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
}
