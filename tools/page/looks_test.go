package page

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// play uploads six objects, and waits for what becomes of them.
func (b *browser) play() {
	b.t.Helper()
	b.describe("erp-inbox", "invoices/2026/A-1001.pdf", "240KiB", "application/pdf")
	b.describe("staging-site", "public/报告 2026.html", "12KiB", "text/html")
	b.describe("app-logs", "logs/app/2026-11-20.log", "300KiB", "text/plain")
	b.describe("erp-inbox", "notes/to-do.txt", "9B", "text/plain")
	b.describe("erp-inbox", "legal/contract.docx", "1MiB", "")
	b.describe("camera-uploads", "in/d750/20261120_0001.jpg", "8MiB", "image/jpeg")
	b.until(`document.querySelectorAll('.row').length === 7 &&
		!document.querySelector('.row[data-state=waiting], .row[data-state=running]')`)
	b.until(`document.querySelector('#graph .lit')`)
}

func TestThePageFitsWindowsOfAnyWidthInLightAndDarkAndBothLanguages(t *testing.T) {
	l := serve(t, "")
	for name, how := range map[string]look{
		"dark": {dark: true}, "narrow": {width: 390, height: 844}, "middle": {width: 1024, height: 768},
		"chinese": {language: "zh-CN"}, "wide": {width: 1920, height: 1080, dark: true, language: "zh-CN"},
	} {
		b := l.open(how)
		if len(eval[[]string](b, `[...document.querySelectorAll('.row')].map(r => r.dataset.state)`)) < 7 {
			b.play()
		}
		for _, view := range []string{"live", "buckets", "rules"} {
			b.click("[data-view=" + view + "]")
			b.until(`!document.querySelector('#` + view + `').hidden`)
			if view == "rules" {
				b.until(`document.querySelector('#gutter span') && document.querySelector('#drawn svg')`)
			}
			b.shot("7-" + name + "-" + view)
			if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s, %s: %d pixels too wide", name, view, wide)
			}
		}
		want := map[string]string{"": "en", "zh-CN": "zh"}[how.language]
		if got := eval[string](b, `document.documentElement.lang`); got != want {
			t.Errorf("%s: the language is %q", name, got)
		}
		b.close()
	}
	b := l.open(look{})
	b.click(".language")
	b.until(`document.documentElement.lang === 'zh' && document.querySelector('#graph svg')`)
}

// What the page is for is in its language too: why an object is not copied, where values come from, what findings are
// about, and times.
func TestThePageSaysReasonsInChinese(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{language: "zh-CN"})
	b.describe("erp-inbox", "notes/to-do.txt", "9B", "text/plain")
	b.until(`document.querySelector('.why-line').innerText === 'replicate-the-rest: 已禁用；启用后会匹配该 Object'`)
	b.until(`document.querySelector('#graph').textContent.includes('Key 不以 invoices/ 开头')`)
	if graph := b.text("#graph"); strings.Contains(graph, "line") || strings.Contains(graph, "all keys") {
		t.Errorf("the picture says %s", graph)
	}
	b.describe("camera-uploads", "in/d750/20261120_0001.jpg", "8MiB", "image/jpeg")
	b.until(`document.querySelector('.copy-line.copied')`)
	b.click("[data-view=buckets]")
	b.click(`a[href="#buckets/camera-uploads"]`)
	b.until(`document.querySelectorAll('#object-list a').length === 2`)
	b.until(`/20\d\d年\d+月\d+日/.test(document.querySelector('#object-list .line2').textContent)`)
	b.click("#object-list li:last-child a")
	b.until(`document.querySelector('.compared .because')?.textContent.includes('规则')`)
	b.shot("7-chinese-compared")
	b.click("[data-view=rules]")
	b.until(`document.querySelector('#notes li')?.textContent.includes('解冻需要时间和费用')`)
	b.shot("7-chinese-notes")
}

func TestThePageIsUsedWithTheKeyboardAlone(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	press := func(keys string) { b.t.Helper(); b.do(chromedp.KeyEvent(keys)) }
	focused := func(selector string) bool {
		return eval[bool](b, `document.activeElement?.matches(`+"`"+selector+"`"+`) ?? false`)
	}
	// reach presses Tab until an element has the focus, which every element must show.
	reach := func(selector string) {
		t.Helper()
		for range 60 {
			press(kb.Tab)
			if focused(selector) {
				return
			}
		}
		t.Fatalf("Tab does not lead to %s", selector)
	}
	press(kb.Tab)
	if !focused(".skip") {
		t.Errorf("the first stop is %s", eval[string](b, `document.activeElement.outerHTML`))
	}
	press(kb.Enter)
	reach("#upload [name=key]")
	press("invoices/a.pdf" + kb.Enter)
	b.until(`document.querySelector('.row')?.dataset.state === 'copied'`)
	b.fill("#upload [name=key]", "invoices/b.pdf")
	press(kb.Enter)
	b.until(`document.querySelectorAll('.row[data-state=copied]').length === 2`)
	reach(".row .summary")
	press(kb.ArrowDown)
	press(kb.Enter)
	b.until(`document.querySelectorAll('.row')[1].classList.contains('open')`)
	l.upload("notes/meanwhile.txt")
	b.until(`!document.querySelector('#resume').hidden`)
	press(kb.Escape)
	b.until(`!document.querySelector('.row.open') && document.querySelectorAll('.row').length === 3`)
	if !focused(".row:nth-child(3) .summary") {
		t.Error("after Escape the focus is not where it was")
	}
	b.until(`document.querySelector('#spoken').textContent !== ''`) // it is read out
}

// The rules of axe-core for WCAG 2.1 A and AA, in every view. make page-test installs it with npm.
func TestAxeFindsNothing(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skip("NOT TESTED: axe-core is not installed (npm install --prefix tools/page)")
	}
	l := serve(t, "")
	for _, how := range []look{{}, {dark: true, language: "zh-CN"}, {width: 390, height: 844}} {
		b := l.open(how)
		if eval[int](b, `document.querySelectorAll('.row').length`) == 0 {
			b.play()
		}
		eval[any](b, string(axe)+";null")
		for _, view := range []string{"live", "buckets/erp-inbox/invoices%2F2026%2FA-1001.pdf", "rules"} {
			eval[any](b, `location.hash = '#`+view+`'`)
			switch view {
			case "live":
				eval[any](b, `document.querySelector('.row .summary').click()`)
				b.until(`document.querySelector('.details .verdict')`)
			case "rules":
				b.until(`document.querySelector('#drawn svg')`)
			default:
				b.until(`document.querySelector('.compared .differs')`)
			}
			found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations.map(
				v => [v.id, v.help, ...v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.failureSummary)].join('\n')))`,
				chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("%+v, %s: %s", how, view, f)
			}
		}
		b.close()
	}
}
