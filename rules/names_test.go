package rules

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesAreCheckedAsThePatternsForEditorsSay(t *testing.T) {
	bucket, rule := regexp.MustCompile(bucketPattern), regexp.MustCompile(namePattern)
	agree := func(t interface{ Errorf(string, ...any) }, s string) {
		if isBucketName(s) != bucket.MatchString(s) || isName(s) != rule.MatchString(s) {
			t.Errorf("%q: the name of a bucket %v, of a rule %v", s, isBucketName(s), isName(s))
		}
	}
	for n := range 66 {
		for _, s := range []string{"a", "-", "A", "键", "a\n", "\xff"} {
			agree(t, strings.Repeat("b", n))
			agree(t, strings.Repeat("b", n)+s)
			agree(t, s+strings.Repeat("b", n))
		}
	}
	rapid.Check(t, func(t *rapid.T) { agree(t, rapid.StringMatching(`[ab0-9_A.-]{0,6}`).Draw(t, "name")) })
}
