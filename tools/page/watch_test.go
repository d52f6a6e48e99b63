package page

import (
	"testing"
	"time"
)

// describe uploads an object that has no bytes.
func (b *browser) describe(bucket, key, size, contentType string) {
	b.t.Helper()
	b.fill("#upload [name=bucket]", bucket)
	b.fill("#upload [name=key]", key)
	b.fill("#upload [name=size]", size)
	b.fill("#upload [name=content_type]", contentType)
	b.click("#send")
}

func TestAnUploadIsWatchedFromItsEventToItsCopies(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.shot("empty")
	b.describe("erp-inbox", "invoices/2026/A-1001.pdf", "240KiB", "application/pdf")
	b.until(`document.querySelectorAll('.copy-line.copied').length === 2`)
	b.until(`document.querySelectorAll('#graph .lit').length === 2`)
	b.shot("copied")
	b.describe("erp-inbox", "notes/to-do.txt", "9B", "text/plain")
	b.until(`document.querySelectorAll('.badge.none').length === 1`)
	b.until(`document.querySelector('#graph').textContent.includes('key does not begin with hr/')`)
	b.shot("not-copied")
	b.click(".row .summary")
	b.until(`document.querySelectorAll('.verdict').length > 5`)
	b.shot("opened")
	b.click(".row .summary")
	b.click("[data-trouble=slow]")
	b.describe("app-logs", "logs/huge/trace.bin", "20TiB", "")
	b.until(`document.querySelector('.copy-line progress')?.value > 0.05`)
	time.Sleep(time.Second)
	b.shot("in-parts")
	b.click("[data-trouble=slow]")
	b.until(`document.querySelectorAll('.row')[0].dataset.state === 'copied'`)
	b.click("[data-view=buckets]")
	b.until(`document.querySelectorAll('#bucket-list li').length > 5`)
	b.shot("buckets")
	b.click("[data-view=rules]")
	b.until(`document.querySelectorAll('#backdrop span').length > 5`)
	b.shot("rules")
}
