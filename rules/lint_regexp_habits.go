package rules

import (
	"strings"

	"afterput/rules/internal/keyset"
)

var (
	slashStar      = compiledLater(`(^|[^\\])/\*`)
	delimiters     = compiledLater(`^/((?:[^/\\]|\\.)+)/([dgimsuvxy]*)$`)
	wordBound      = compiledLater(`(?:^|[^\\])\\[<>]`)
	bracesInRegexp = compiledLater(`(?:^|[^\\])\{([^{}\d][^{}]*,[^{}]*)\}`)
)

// regexpOfGlob recognizes wildcards of a glob in a regular expression.
func regexpOfGlob(_ condition, text string) string {
	switch braces := bracesInRegexp().FindStringSubmatch(text); {
	case slashStar().MatchString(text):
		return "contains /*, which is any number of slashes in a regular expression: " +
			globFor(text, "write /.* for any text")
	case braces != nil:
		return "contains {" + shortened(braces[1]) + "}, which are characters of the key in a regular expression: " +
			"write (" + shortened(strings.ReplaceAll(braces[1], ",", "|")) + ")"
	}
	return ""
}

// delimited recognizes slashes around a regular expression, which are some languages' way of writing one. Without
// flags they may also be meant as those of a key, unless the expression cannot match between them.
func delimited(_ condition, text string) string {
	parts := delimiters().FindStringSubmatch(text)
	if parts == nil {
		return ""
	}
	pattern, flags := parts[1], parts[2]
	if flags == "" && !strings.HasPrefix(pattern, "^") && !strings.HasSuffix(pattern, "$") &&
		!strings.Contains(pattern, `\/`) {
		return ""
	}
	pattern = strings.ReplaceAll(pattern, `\/`, "/")
	if strings.Contains(flags, "i") {
		pattern = "(?i)" + pattern
	}
	what := "has slashes around it"
	if flags != "" {
		what = "has slashes around it and flags behind it"
	}
	return what + ", which are characters of the key here: write '" + shortened(pattern) + "'"
}

// wordBounds recognizes \< and \>.
func wordBounds(_ condition, text string) string {
	if !wordBound().MatchString(text) {
		return ""
	}
	return `contains \< or \>, which are the characters < and > of the key: write \b for the begin or end of a word`
}

// globFor is what to write instead of a regular expression that is a glob: the glob, or something else for a text that
// cannot be one.
func globFor(text, otherwise string) string {
	if globs, err := keyset.ParseGlob(text); err != nil || strings.ContainsAny(text, `\^$()+|`) || len(globs) == 0 ||
		len(text) > maxQuoted {
		return otherwise
	}
	return "write glob: " + quote(text)
}
