package page

import (
	"encoding/json"
	"strings"
	"testing"
)

// Names are data in every view, whatever they look like.
func TestNamesAreShownAsTheyAre(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	names := []string{
		`invoices/"><script>window.broken = 1</script><img src=x onerror="window.broken = 1">.pdf`,
		"invoices/" + strings.Repeat("n", 987) + ".pdf",
		"invoices/مرحبا-שלום.pdf",
		"invoices/\u202efdp.exe.pdf",
		"invoices/{{.}}${key}%s&amp;.pdf",
	}
	for i, name := range names {
		b.describe("erp-inbox", name, "1KiB", "")
		b.until(`document.querySelectorAll('.row[data-state=copied]').length === ` + string(rune('1'+i)))
	}
	b.shot("6-names")
	shown := eval[[]string](b, `[...document.querySelectorAll('.row .key')].map(e => e.textContent)`)
	for i, name := range names {
		want := strings.ReplaceAll(name, "\u202e", "U+202E") // shown: it would turn the rest round
		if got := shown[len(shown)-1-i]; got != want {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
	for i := range names {
		eval[any](b, `document.querySelectorAll('.row .summary')[`+string(rune('0'+i))+`].click()`)
		b.until(`document.querySelectorAll('.details .verdict').length === 9`)
	}
	b.click("[data-view=buckets]")
	for _, name := range names {
		text, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		eval[any](b, `location.hash = '#buckets/erp-inbox/' + encodeURIComponent(`+string(text)+`)`)
		shown, err := json.Marshal("oss://erp-inbox/" + strings.ReplaceAll(name, "\u202e", "U+202E"))
		if err != nil {
			t.Fatal(err)
		}
		b.until(`document.querySelector('#object .full-name')?.textContent === ` + string(shown) + ` &&
			document.querySelectorAll('.comparison').length === 2`)
	}
	b.shot("6-names-buckets")
	if eval[bool](b, `window.broken !== undefined || document.querySelector('main script, main img') !== null`) {
		t.Error("a name became markup")
	}
	if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("the page is %d pixels too wide", wide)
	}
}
