package page

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// describe uploads an object that has no bytes.
func (b *browser) describe(bucket, key, size, contentType string) {
	b.t.Helper()
	b.fill("#upload [name=bucket]", bucket)
	b.fill("#upload [name=key]", key)
	b.fill("#upload [name=size]", size)
	b.fill("#upload [name=content_type]", contentType)
	b.until(`!document.querySelector('#send').disabled`)
	b.click("#send")
}

func TestAnUploadIsWatchedFromItsEventToItsCopies(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.shot("1-empty")
	b.describe("erp-inbox", "invoices/2026/A-1001.pdf", "240KiB", "application/pdf")
	b.until(`document.querySelectorAll('.copy-line.copied').length === 2`)
	b.until(`document.querySelectorAll('#graph .lit').length === 2`)
	b.until(`[...document.querySelectorAll('#graph .lit .count')].every(e => e.textContent.startsWith('✓ 1'))`)
	b.shot("1-copied")

	// The rules that do not take an object say why, and so does its row: that of the nearest rule first, which is one
	// that is disabled. It is in the picture too.
	b.describe("erp-inbox", "notes/to-do.txt", "9B", "text/plain")
	b.until(`document.querySelector('.row').dataset.state === 'none'`)
	b.until(`document.querySelector('#graph').textContent.includes('key does not begin with hr/')`)
	b.until(`document.querySelector('.row .why-line').innerText ===
		'replicate-the-rest: disabled; it would take the object'`)
	b.until(`document.querySelector('#graph .disabled.near').textContent.includes('it would take the object')`)
	b.until(`!document.querySelector('#graph .lit')`)
	b.shot("1-not-copied")
	b.click(".row .summary")
	b.until(`document.querySelectorAll('.verdict').length === 9`)
	b.until(`document.querySelector('.verdict .rule-name bdi').textContent === 'replicate-the-rest'`)
	b.until(`document.querySelectorAll('.details [data-name=others] .verdict').length === 6`)
	b.shot("1-opened")
	b.click(".row .summary")
}

// upload uploads an object as somebody else does, without the page.
func (l *local) upload(key string) {
	l.t.Helper()
	body := fmt.Sprintf(`{"bucket": "erp-inbox", "key": %q, "size": "9B"}`, key)
	answer, err := http.Post(strings.Replace(l.url, "/?", "/api/describe?", 1), "application/json",
		strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		l.t.Fatalf("upload %s: %s", key, answer.Status)
	}
}

// What somebody uploads or replays at the page is shown at once; what others upload waits while an event is open.
func TestWhatIsUploadedAtThePageIsShownThoughAnotherEventIsOpen(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.describe("erp-inbox", "incoming/first.tmp", "9B", "")
	b.until(`document.querySelector('.row').dataset.state === 'none'`)
	b.click(".row .summary")
	b.until(`document.querySelector('.details')`)
	l.upload("incoming/other.tmp")
	b.until(`document.querySelector('#resume').textContent === '1 new event: show'`)
	b.describe("erp-inbox", "invoices/second.tmp", "9B", "")
	b.until(`document.querySelector('.row.open .key').textContent === 'invoices/second.tmp'`)
	b.until(`document.querySelector('#focus').textContent.includes('invoices/second.tmp')`)
	b.until(`document.querySelector('#graph').textContent.includes('key does not end with')`)
	b.shot("1-own")
	// With nothing open, the picture shows the newest event, also after others were held back.
	l.upload("incoming/third.tmp")
	b.until(`document.querySelector('#resume').textContent === '1 new event: show'`)
	b.click("#resume")
	b.until(`document.querySelector('#focus').textContent.includes('incoming/third.tmp')`)
}

// A row that would be added above what is seen is announced instead.
func TestAScrolledListSaysThatThereAreNewEvents(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{width: 1280, height: 600})
	for i := range 12 {
		l.upload(fmt.Sprintf("notes/%d.txt", i))
	}
	b.until(`document.querySelectorAll('.row').length === 12`)
	const top = `document.querySelector('#rows').scrollTop`
	// By less than a row: the new one is seen.
	eval[any](b, top+` = 2`)
	l.upload("notes/12.txt")
	b.until(`document.querySelector('.row .key').textContent === 'notes/12.txt' && ` + top + ` === 0`)
	// By more: it is announced, and seen after one click, or after scrolling back.
	for n, how := range []string{`document.querySelector('#resume').click()`, top + ` = 0`} {
		eval[any](b, top+` = 250`)
		for range 2 {
			l.upload(fmt.Sprintf("notes/later-%d.txt", n))
		}
		b.until(`!document.querySelector('#resume').hidden &&
			document.querySelector('#resume').textContent === '2 new events: show'`)
		b.shot("1-scrolled")
		if at := eval[int](b, top); at != 250 {
			t.Errorf("the list was moved to %d", at)
		}
		eval[any](b, how)
		b.until(fmt.Sprintf(`document.querySelector('.row .key').textContent === 'notes/later-%d.txt' && `, n) + top +
			` === 0 && document.querySelector('#resume').hidden`)
	}
}

func TestALargeCopyShowsItsPartsAsProgress(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.click("[data-trouble=slow]")
	b.describe("app-logs", "logs/huge/trace.bin", "6GiB", "")
	b.until(`document.querySelector('.copy-line progress')?.value > 0.05`)
	b.until(`document.querySelector('#graph .lit .bar').getAttribute('width') > 0`)
	b.shot("2-parts")
	b.click("[data-view=buckets]")
	b.click(`a[href="#buckets/logs-archive"]`)
	b.until(`document.querySelector('#object-list .upload')`)
	b.shot("2-under-way")
	b.click("[data-view=live]")
	b.click("[data-trouble=slow]")
	b.until(`document.querySelector('.row').dataset.state === 'copied'`)
	b.click(".row .summary")
	b.until(`document.querySelector('.details [data-name=requests]')`)
	b.click(".details [data-name=requests] summary")
	b.click(".details [data-name=report] summary")
	b.until(`document.querySelectorAll('.requests tbody tr').length === 200`)
	b.shot("2-requests")
}

func TestAFileIsUploaded(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	file := filepath.Join(t.TempDir(), "报告 2026.html")
	if err := os.WriteFile(file, []byte("<p>hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.fill("#upload [name=bucket]", "staging-site")
	b.fill("#upload [name=key]", "public/")
	b.do(chromedp.SetUploadFiles("#file", []string{file}))
	b.until(`document.querySelector('#file-name').textContent === '报告 2026.html'`)
	b.click("#send")
	b.until(`document.querySelector('.row').dataset.state === 'copied'`)
	if key := b.text(".row .key"); key != "public/报告 2026.html" {
		t.Errorf("the key is %q", key)
	}
	b.until(`document.querySelector('.row .line2').innerText.includes('8 B')`)
}

func TestACopyIsComparedWithItsSource(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.click("#upload .more summary")
	b.fill("#upload [name=tags]", "project=alps\nrating=5")
	b.fill("#upload [name=meta]", "photographer=Li Wei")
	b.describe("camera-uploads", "in/d750/20261120_0001.jpg", "8MiB", "image/jpeg")
	b.until(`document.querySelector('.row:last-child').dataset.state === 'copied'`)
	b.click("[data-view=buckets]")
	b.click(`a[href="#buckets/camera-uploads"]`)
	b.until(`document.querySelectorAll('#object-list a').length === 2`)
	b.click("#object-list li:last-child a")
	b.until(`document.querySelector('.compared .differs')`)
	b.until(`[...document.querySelectorAll('.compared .differs')].some(
		r => r.innerText.includes('storage-class') && r.innerText.includes('line 52'))`)
	// A tag has the line of its own.
	for tag, line := range map[string]string{"camera": "line 56", "project": "line 57"} {
		b.until(`[...document.querySelectorAll('.compared tr')].some(
			r => r.textContent.includes('tagging.` + tag + `') && r.textContent.includes('` + line + `'))`)
	}
	b.shot("3-compared")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.compared .line-link').click()`))
	b.until(`!document.querySelector('#rules').hidden && document.activeElement.id === 'text'`)
	b.shot("3-line")
}

// An object that is not copied says so in its bucket too, and leads to its event.
func TestAnObjectSaysInItsBucketWhyItIsNotCopied(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	l.upload("notes/to-do.txt")
	b.until(`document.querySelectorAll('.row').length === 1`)
	eval[any](b, `location.hash = '#buckets/erp-inbox/notes%2Fto-do.txt'`)
	b.until(`document.querySelector('#object .why-line')?.innerText.includes(
		'No rule takes it. replicate-the-rest: disabled; it would take the object')`)
	b.shot("3-why")
	b.click("#object .why-line a[href='#live/1']")
	b.until(`!document.querySelector('#live').hidden && document.querySelector('.row.open').dataset.id === '1'`)
}

// On a narrow screen, what an upload or a tap leads to is scrolled to, and nothing is left out.
func TestANarrowPageLeadsToWhatHappens(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{width: 390, height: 640})
	seen := func(selector string) string {
		return `(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector('` + selector +
			`').getBoundingClientRect())`
	}
	b.describe("camera-uploads", "in/d750/20261120_0001.jpg", "8MiB", "image/jpeg")
	b.until(`document.querySelector('.row .copy-line.copied') && ` + seen(".row:last-child"))
	b.shot("7-narrow-uploaded")
	b.click("[data-view=buckets]")
	b.click(`a[href="#buckets/camera-uploads"]`)
	b.until(`document.querySelectorAll('#object-list a').length === 2`)
	b.click("#object-list li:last-child a")
	b.until(`document.querySelector('.compared .differs') && ` + seen("#object-title"))
	b.until(`document.querySelector('.because-under').innerText.includes('line 51')`)
	b.shot("7-narrow-compared")
	b.click(".because-under .line-link")
	b.until(`!document.querySelector('#rules').hidden && document.querySelector('#gutter span')`)
	eval[any](b, `scrollTo(0, 1500)`)
	b.until(seen("#save"))
	b.shot("7-narrow-save")
}

// What is wrong with the form is said there, and its field is marked; a filter says that it is what hides the events.
func TestMistakesAreAnsweredWhereTheyAreMade(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.click("#send")
	b.until(`document.querySelector('#upload-answer .error').textContent === 'The key is missing'`)
	b.until(`document.activeElement.matches('[name=key][aria-invalid=true]')`)
	b.describe("erp-inbox", "notes/a.txt", "much", "")
	b.until(`document.querySelector('#upload-answer .error').textContent.startsWith('the size: ')`)
	b.until(`document.querySelector('#toast').hidden && !document.querySelector('[aria-invalid]')`)
	b.shot("9-mistake")
	b.describe("erp-inbox", "notes/a.txt", "", "")
	b.until(`document.querySelector('#upload-answer').textContent === 'notes/a.txt uploaded'`)
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.fill("#filter [name=text]", "elsewhere")
	b.until(`document.querySelector('#no-rows').textContent === '0 of 1 events match.'`)
	b.click("#resume")
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.click("#try-upload")
	b.until(`document.querySelector('#upload-answer .key').textContent === 'notes/a.txt'`)
	b.shot("9-tried")
	b.click("#upload-answer button")
	b.until(`document.querySelector('#upload-answer').childElementCount === 0`)
	// The form for a dry run of edited rules begins with the object that was opened last.
	b.click(".row .summary")
	b.until(`document.querySelector('#try').elements.key.value === 'notes/a.txt'`)
	// Another language keeps the place and the form.
	b.click("[data-view=buckets]")
	b.until(`!document.querySelector('#buckets').hidden`)
	b.click(".language")
	b.until(`document.documentElement.lang === 'zh' && !document.querySelector('#buckets').hidden`)
	b.until(`document.querySelector('#upload').elements.key.value === 'notes/a.txt'`)
}
