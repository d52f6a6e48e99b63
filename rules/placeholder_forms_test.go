package rules

import (
	"strings"
	"testing"
)

// formed is what a placeholder of the key makes of a key.
func formed(t *testing.T, placeholder, key string) string {
	t.Helper()
	template, err := parseTemplate(placeholder, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return template.parts[0].apply(key)
}

func TestPlaceholdersTakeCharactersAsAShellDoes(t *testing.T) {
	for _, c := range []struct{ placeholder, value, want string }{
		{"${key:0:2}", "abc", "ab"},
		{"${key:1:5}", "abc", "bc"},
		{"${key:3:1}", "abc", ""},
		{"${key:9:1}", "abc", ""},
		{"${key: -2}", "abc", "bc"},
		{"${key: -3}", "abc", "abc"},
		{"${key: -4}", "abc", ""},
		{"${key:0:2}", "阿尔卑斯", "阿尔"},
		{"${key: -1}", "naïve é", "é"},
		{"${key:1:1}", "a\xffb", "\xff"},
		{"${key: -2}", "a\xffb", "\xffb"},
		{"${key,,}", "Ä/B.JPG", "ä/b.jpg"},
		{"${key^^}", "ß/ä\xff.jpg", "ß/Ä\xff.JPG"},
		{"${key%.JPG:0:3,,}", "IMG_1.JPG", "img"},
		{"${key#IMG_: -2^^}", "IMG_ab", "AB"},
		{"${key#a:b}", "a:bc", "c"},
		{"${key%:80}", "host:80", "host"},
		{"${key%,}", "a,", "a"},
		{"${key#$$}", "$a", "a"},
		{"${key#a:-x}", "ab", "b"},
	} {
		if got := formed(t, c.placeholder, c.value); got != c.want {
			t.Errorf("%s of %q is %q, want %q", c.placeholder, c.value, got, c.want)
		}
	}
}

func TestTagsWhoseKeysHaveColonsAreNotTakenForForms(t *testing.T) {
	for placeholder, key := range map[string]string{
		"${tag.acs:rm:rgId}": "acs:rm:rgId", "${tag.a:b:-c}": "a:b", "${tag.a:b:0:2}": "a:b", "${tag.a-1:b2}": "a-1:b2",
	} {
		template, err := parseTemplate(placeholder, testEnv)
		if err != nil || template.parts[0].arg != key {
			t.Errorf("%s: %v, %v", placeholder, template, err)
		}
	}
}

func TestFormsOfShellsThatDoNotExistSayWhatToWrite(t *testing.T) {
	for placeholder, advice := range map[string]string{
		"${key##*/}":            "write ${base}",
		"${key%/*}":             "write ${dir}",
		"${base%.*}":            "write ${stem}",
		"${key##*.}":            "write ${ext}",
		"${dir##*/}":            "write ${dir.base}",
		"${dir.bas}":            "did you mean ${dir.base}?",
		"${key.base}":           "takes no name after a dot",
		"${key%.*}":             "write ${dir}/${stem}",
		"${key%%/*}":            "such as ${re.NAME}",
		"${base#IMG_*}":         "such as ${re.NAME}",
		"${base%????}":          "such as ${re.NAME}",
		"${key##in/}":           "write ${key#in/}",
		"${key%%.gz}":           "write ${key%.gz}",
		"${key#in/%.gz}":        "removes one text",
		"${key//a/b}":           "such as ${re.NAME}",
		"${key/a/b}":            "such as ${re.NAME}",
		"${key:+x}":             "${key:-text}",
		"${base:=x}":            "${base:-text}",
		"${base:?x}":            "${base:-text}",
		"${#key}":               "begins with a name",
		"${!key}":               "begins with a name",
		"${key:0}":              "${key:0:2}",
		"${key:3}":              "${key:0:2}",
		"${key:}":               "${key: -4}",
		"${key:0:0}":            "${key:0:2}",
		"${key:0:-1}":           "${key: -4}",
		"${key: 0:2}":           "${key:0:2}",
		"${key: -4:2}":          "${key: -4}",
		"${tag.a:3}":            "${tag.a:0:2}",
		"${key:-4}":             "write ${key: -4}, with a space",
		"${key:-3:2}":           "write ${key: -3}, with a space",
		"${base,}":              "write ${base,,}",
		"${base^}":              "write ${base^^}",
		"${base,,%.JPG}":        "write ${base%.JPG,,}",
		"${base:0:2%x}":         "write ${base%x:0:2}",
		"${base,,:0:2}":         "write ${base:0:2,,}",
		"${base,,:0:2#x}":       "write ${base#x:0:2,,}",
		"${base,,^^}":           "each form once",
		"${base:0:2:1:1}":       "each form once",
		"${base,,#a,,}":         "each form once",
		"${key%,,}":             "removes nothing",
		"${key#:0:2}":           "removes nothing",
		"${key##}":              "removes nothing",
		"${key#$x}":             "a single $ has no meaning",
		"${key#${dir}}":         "only the default",
		"${tag.${base}:-x}":     "only the default",
		"${base:-$x}":           "a single $ has no meaning",
		"${base:-${x}}":         "there is no placeholder ${x}",
		"${base:-${dir}":        "has no closing }",
		"${Key,,}":              "did you mean",
		"${base:0:2:-${x:0:1}}": "there is no placeholder",
		"${key:1000000:5}":      "at most 9999",
		"${base: -10000}":       "at most 9999",
		"${base:00:2}":          "${base:0:2}",
		"${base:0:99999}":       "at most 9999",
		deepest(maxNesting + 1): "nested more than 8 deep",
	} {
		if _, err := parseTemplate(placeholder, testEnv); err == nil || !strings.Contains(err.Error(), advice) {
			t.Errorf("%s: %v, want %q", placeholder, err, advice)
		}
	}
	if _, err := parseTemplate(deepest(maxNesting), testEnv); err != nil {
		t.Error(err)
	}
}

// deepest is a placeholder with so many defaults, each within the one before.
func deepest(n int) string {
	return strings.Repeat("${base:-", n) + "x" + strings.Repeat("}", n)
}
