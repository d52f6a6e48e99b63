package page

import (
	"os/exec"
	"strings"
	"testing"
)

func TestTroubleIsSwitchedOnSeenAndOffAndTheCopyRecovers(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.click("[data-trouble=busy]")
	b.until(`document.querySelector('[data-trouble=busy]').getAttribute('aria-pressed') === 'true'`)
	b.describe("erp-inbox", "invoices/a.pdf", "1KiB", "")
	b.until(`parseInt(document.querySelector('[data-trouble=busy] .count').textContent) > 1`)
	b.click(".row .summary")
	b.until(`document.querySelector('.details')`)
	b.click(".details [data-name=requests] summary")
	b.until(`document.querySelector('.requests .bad')?.innerText.includes('503')`)
	b.shot("5-busy")
	b.until(`/^ServiceUnavailable, \d+ refusals$/.test(document.querySelector('.row .refused').textContent)`)
	b.click("[data-trouble=busy]")
	b.until(`document.querySelector('.row').dataset.state === 'copied'`)
	b.until(`document.querySelector('.row .refused').textContent.startsWith('after ')`)
	b.click("[data-action=replay]")
	b.until(`document.querySelector('#toast').textContent.includes('#2')`)
	// The replay is shown, as what it is.
	b.until(`document.querySelector('.row.open').dataset.id === '2'`)
	b.until(`document.querySelector('.row.open .line2').innerText.includes('replay of #1')`)
	b.until(`document.activeElement.parentElement.dataset.id === '2'`)
}

// Copies are counted as failed, not attempts, until a replay has made them.
func TestAFailedCopyIsCountedOnceAndTakenBackByAReplay(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.click("[data-trouble=denied]")
	b.until(`document.querySelector('[data-trouble=denied]').getAttribute('aria-pressed') === 'true'`)
	b.describe("erp-inbox", "invoices/a.pdf", "1KiB", "")
	b.until(`document.querySelector('.row')?.dataset.state === 'given-up'`)
	b.until(`document.querySelector('#failed-total').textContent === '2'`)
	b.until(`document.querySelectorAll('#graph .broken .some-failed').length === 2 &&
		document.querySelector('#graph .some-failed').textContent === '✕ 1'`)
	b.until(`document.querySelector('.copy-line .error code').textContent === 'afterput policy RULES'`)
	b.shot("5-failed")
	b.click("[data-trouble=denied]")
	b.until(`document.querySelector('#toast').textContent.includes('Replay')`)
	l.upload("notes/other.txt")
	b.until(`document.querySelectorAll('.row').length === 2`)
	b.click("#failed-total")
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.click(".row .summary")
	b.until(`document.querySelector('.details')`)
	b.click("[data-action=replay]")
	b.until(`document.querySelector('.row.open')?.dataset.id === '3' &&
		document.querySelector('.row.open').dataset.state === 'copied'`)
	b.until(`document.querySelector('#failed-total').textContent === '0' &&
		!document.querySelector('#graph .some-failed')`)
	b.until(`document.querySelector('.row:last-child .made')?.textContent === 'copied by #3'`)
	b.shot("5-recovered")
}

func TestTheFunctionIsKilledWithOneClickAndTheCopyIsMade(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	b.click("[data-trouble=slow]")
	b.describe("erp-inbox", "invoices/a.pdf", "1KiB", "")
	b.until(`document.querySelector('.row').dataset.state === 'running'`)
	b.click("#kill")
	b.until(`document.querySelector('#toast').textContent === 'The function was killed'`)
	b.click("[data-trouble=slow]")
	b.until(`document.querySelector('.row').dataset.state === 'copied' &&
		document.querySelector('.row .line2').textContent.includes('attempt 2')`)
}

// What is copied as a command does the same in a shell.
func TestACommandDoesWhatTheButtonDoes(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	const key = `invoices/it's $(id) "x".pdf`
	b.fill("#upload [name=bucket]", "erp-inbox")
	b.fill("#upload [name=key]", key)
	b.click("#upload-command")
	b.until(`document.querySelector('#command').open`)
	b.shot("5-command")
	lines := eval[[]string](b, `[...document.querySelectorAll('#command pre')].map(e => e.textContent)`)
	out, err := exec.Command("sh", "-c", lines[0]).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != `{"id":1}` {
		t.Fatalf("%s\n%v %s", lines[0], err, out)
	}
	b.until(`document.querySelector('.row').dataset.state === 'copied'`)
	if got := eval[string](b, `document.querySelector('.row .key').textContent`); got != key {
		t.Errorf("the key is %q", got)
	}
	out, err = exec.Command("sh", "-c", "../../bin/"+lines[1]).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "oss://finance-replica/"+key) {
		t.Errorf("%s\n%v %s", lines[1], err, out)
	}
}
