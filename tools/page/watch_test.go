package page

import (
	"os"
	"path/filepath"
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

	// The rules that do not take an object say why, and so does its row.
	b.describe("erp-inbox", "notes/to-do.txt", "9B", "text/plain")
	b.until(`document.querySelector('.row').dataset.state === 'none'`)
	b.until(`document.querySelector('#graph').textContent.includes('key does not begin with hr/')`)
	b.until(`document.querySelector('.row .why-line').innerText.includes('key does not begin with invoices/')`)
	b.until(`!document.querySelector('#graph .lit')`)
	b.shot("1-not-copied")
	b.click(".row .summary")
	b.until(`document.querySelectorAll('.verdict').length === 9`)
	b.shot("1-opened")
	b.click(".row .summary")
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
	b.shot("3-compared")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.compared .line-link').click()`))
	b.until(`!document.querySelector('#rules').hidden && document.activeElement.id === 'text'`)
	b.shot("3-line")
}
