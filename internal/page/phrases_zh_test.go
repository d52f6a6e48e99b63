package page

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func isChinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// Every reason that a rule gives in the golden plans is said in Chinese, but for errors of requests.
func TestReasonsAreSaidInChinese(t *testing.T) {
	files, err := filepath.Glob("../../testdata/plans/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	reason := regexp.MustCompile(`(?m)^  \d+ \S+ (?:no|depends): (.*)$`)
	note := regexp.MustCompile(`(?m)^  [a-z-]+ .*\((?:rule|defaults|source|OSS default)(?:, line \d+)?\)(?: (.*))?$`)
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []*regexp.Regexp{reason, note} {
			for _, m := range form.FindAllStringSubmatch(string(text), -1) {
				if n++; m[1] != "" && !isChinese(inChinese(m[1])) {
					t.Errorf("not in Chinese: %s", m[1])
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d reasons were found", n)
	}
}

func TestValuesOfReasonsStayAsTheyAre(t *testing.T) {
	for text, want := range map[string]string{
		"bucket is erp-inbox, must be app-logs or x":           "bucket 为 erp-inbox，应为 app-logs 或 x",
		"key does not begin with hr/ or legal/":                "Key 不以 hr/ 或 legal/ 开头",
		"key does not begin with a b/ or c, d/":                "Key 不以 a b/ or c, d/ 开头",
		"key does not begin with $1{2}[3]":                     "Key 不以 $1{2}[3] 开头",
		"key does not begin with a/, b/, c/, d/, e/ or 3 more": "Key 不以 a/, b/, c/, d/, e/ 等（另有 3 个） 开头",
		"disabled, and size is 2TiB, must be below 1GiB":       "已禁用，并且 size 为 2TiB，应小于 1GiB",
		"disabled; it would take the object":                   "已禁用；启用后会匹配该 Object",
		"tag team is \"a, must be b\", must be absent":         "标签 team 为 \"a, must be b\"，应不存在",
		"in place; rewrites the object":                        "原地；重写该 Object",
		"GetObjectTagging: no answer":                          "GetObjectTagging: no answer",
		"some other text":                                      "some other text",
	} {
		if got := inChinese(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Every code of a finding about rules has its title: those of the page on rules but for those about an s.yaml.
func TestFindingsHaveATitleInChinese(t *testing.T) {
	text, err := os.ReadFile("../../docs/rules.zh-CN.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(text), "[`useless-trigger`]")
	codes := regexp.MustCompile("(?m)^\\| \\[`([a-z-]+)`\\]").FindAllStringSubmatch(table, -1)
	for _, code := range codes {
		if !isChinese(findings[code[1]]) {
			t.Errorf("%s has no title", code[1])
		}
	}
	if len(codes) != len(findings) {
		t.Errorf("%d codes, %d titles", len(codes), len(findings))
	}
}
