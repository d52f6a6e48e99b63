package page

import (
	"net/http"
	"strings"
)

const languageCookie = "afterput-page-language"

// wordsFor are the page's texts in the language that a cookie or the browser asks for: Chinese, or else English.
func wordsFor(r *http.Request) map[string]string {
	if c, err := r.Cookie(languageCookie); err == nil {
		if c.Value == "zh" {
			return chinese
		}
		return english
	}
	for wanted := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") { // browsers list the best first
		switch language, _, _ := strings.Cut(strings.TrimSpace(wanted), "-"); {
		case strings.HasPrefix(language, "zh"):
			return chinese
		case strings.HasPrefix(language, "en"):
			return english
		}
	}
	return english
}
