package page_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestThePageSpeaksTheLanguageOfTheBrowserOrTheOneThatWasChosen(t *testing.T) {
	w := newWorld(t)
	_, header, _ := w.send(http.MethodGet, "/", nil, nil)
	token := strings.Split(header.Get("Set-Cookie"), ";")[0]
	_, header, _ = w.send(http.MethodGet, "/?lang=zh", nil, nil)
	chosen := strings.Split(header.Get("Set-Cookie"), ";")[0]
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", `<html lang="en">`}, {"zh-CN,en;q=0.5", "", `<html lang="zh">`}, {"en,zh", "", `<html lang="en">`},
		{"de", "", `<html lang="en">`}, {"en", chosen, `<html lang="zh">`},
	} {
		_, _, text := w.send(http.MethodGet, "/", nil, func(r *http.Request) {
			bare(r)
			r.Header.Set("Accept-Language", c.accept)
			r.Header.Set("Cookie", token+"; "+c.cookie)
		})
		if !strings.Contains(text, c.want) {
			t.Errorf("%+v: %.200s", c, text)
		}
	}
}

// Both languages have every text that the page and its scripts use.
func TestEveryTextThatIsUsedExistsInBothLanguages(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	name := regexp.MustCompile(`"([\w-]+)":\s`)
	texts := map[string]map[string]bool{}
	for _, file := range []string{"words_en.go", "words_zh.go"} {
		texts[file] = map[string]bool{}
		for _, m := range name.FindAllStringSubmatch(read(file), -1) {
			texts[file][m[1]] = true
		}
	}
	var used []string
	for _, m := range regexp.MustCompile(`\.Words\.(\w+)`).FindAllStringSubmatch(read("web/page.html"), -1) {
		used = append(used, m[1])
	}
	scripts, err := filepath.Glob("web/static/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		for _, m := range regexp.MustCompile(`\bt\('([\w-]+)'[,)]`).FindAllStringSubmatch(read(script), -1) {
			used = append(used, m[1])
		}
	}
	if len(used) < 80 {
		t.Errorf("only %d texts are used", len(used))
	}
	for file, all := range texts {
		for _, text := range used {
			if !all[text] {
				t.Errorf("%s lacks %q", file, text)
			}
		}
		if len(all) != len(texts["words_en.go"]) {
			t.Errorf("%s has %d texts", file, len(all))
		}
	}
}
