package rules

import (
	"slices"
	"strings"
	"testing"

	"afterput/rules/internal/keyset"
)

func TestGlobsOfferedForPrefixesAndSuffixesMatchWhatWasMeant(t *testing.T) {
	for _, c := range []struct {
		fix  string
		keys []string
		not  string
	}{
		{fixPrefix("uploads/*"), []string{"uploads/a", "uploads/a/b"}, "a/uploads/b"},
		{fixPrefix("data-*"), []string{"data-1", "data-1/a/b"}, "a/data-1"},
		{fixPrefix("logs/*/app"), []string{"logs/a/app", "logs/a/app.log", "logs/a/app-1/b/c"}, "logs/app"},
		{fixPrefix("a?/"), []string{"ab/c", "ab/c/d"}, "a/c"},
		{fixSuffix("*.csv"), []string{"a.csv", "in/deep/a.csv"}, "a.csv.gz"},
		{fixSuffix("/*.csv"), []string{"in/a.csv", "in/deep/a.csv"}, "in/a.txt"},
		{fixSuffix("report-*.csv"), []string{"report-1.csv", "in/my-report-1.csv"}, "report.csv"},
		{fixSuffix(".{jpg,png}"), []string{"a.jpg", "in/a.png"}, "a.gif"},
	} {
		_, pattern, _ := strings.Cut(c.fix, `glob: "`)
		pattern, _, _ = strings.Cut(pattern, `"`)
		globs, err := keyset.ParseGlob(pattern)
		if err != nil {
			t.Errorf("%s: %v", c.fix, err)
		}
		match := func(key string) bool {
			return slices.ContainsFunc(globs, func(g *keyset.Glob) bool { return g.Match(key) })
		}
		for _, key := range c.keys {
			if !match(key) {
				t.Errorf("%s does not match %s", c.fix, key)
			}
		}
		if match(c.not) {
			t.Errorf("%s matches %s", c.fix, c.not)
		}
	}
}
