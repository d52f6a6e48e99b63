package page

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestRulesAreEditedTriedAndSaved(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.describe("erp-inbox", "notes/before.txt", "9B", "text/plain")
	b.until(`document.querySelector('#graph .dim')`)
	b.click("[data-view=rules]")
	b.until(`document.querySelectorAll('#gutter span').length > 100`)
	// A line that is wrong, typed as a person types it.
	b.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const text = document.querySelector('#text');
		const at = text.value.indexOf('    copy:\n      - bucket: finance-replica');
		text.focus();
		text.setSelectionRange(at, at);
	})()`), chromedp.KeyEvent("    sufix: .pdf"+kb.Enter))
	b.until(`document.querySelector('#gutter .problem')`)
	b.until(`document.querySelector('#verdict').textContent === 'problems: 1'`)
	b.do(chromedp.KeyEvent(kb.ArrowUp))
	b.until(`!document.querySelector('#under').hidden && document.querySelector('#under').innerText.includes('sufix')`)
	b.until(`document.querySelector('.pill.problem.covered')`) // said once
	b.until(`document.querySelector('#save').disabled`)
	b.shot("4-problem")
	// Put right, with another prefix.
	b.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const text = document.querySelector('#text');
		text.value = text.value.replace('    sufix: .pdf\n', '').replace('prefix: invoices/', 'prefix: notes/')
			.replace('suffix: [.pdf, .xml]', 'suffix: [.txt]');
		text.dispatchEvent(new Event('input'));
	})()`))
	b.until(`!document.querySelector('#save').disabled`)
	b.until(`document.querySelector('#drawn').textContent.includes('notes/')`)
	b.fill("#try [name=bucket]", "erp-inbox")
	b.fill("#try [name=key]", "notes/a.txt")
	b.click("#try .main")
	b.until(`document.querySelector('#try-answer .badge')?.textContent === '2 copies would be made'`)
	b.shot("4-tried")
	b.click("#save")
	b.until(`!document.querySelector('#toast').hidden`)
	text, err := os.ReadFile(l.rules)
	if err != nil || !strings.Contains(string(text), "prefix: notes/") {
		t.Errorf("the file is %s (%v)", text, err)
	}
	b.click("[data-view=live]")
	b.until(`document.querySelector('#graph').textContent.includes('notes/')`)
	b.until(`document.querySelector('#focus').textContent === '' && !document.querySelector('#graph .dim')`)
	b.describe("erp-inbox", "notes/to-do.txt", "9B", "text/plain")
	b.until(`document.querySelectorAll('.copy-line.copied').length === 2`)
	b.until(`document.querySelectorAll('#graph .lit').length === 2`)
	// An event that earlier rules decided lights up nothing in the picture of these.
	b.click(".row:last-child .summary")
	b.until(`document.querySelector('#focus').textContent === '#1 was decided by earlier rules'`)
	b.until(`!document.querySelector('#graph .lit, #graph .dim')`)
}
