package page

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
)

// A thousand events a second for ten seconds, and the page stays responsive: it has at most 200 rows, and its thread is
// idle for most of the time. What is measured is the thread's own time, whatever else the machine does.
func TestThePageKeepsUpWithAThousandEventsASecond(t *testing.T) {
	l := serve(t, "")
	b := l.open(look{})
	eval[any](b, `(() => {
		window.most = 0;
		new MutationObserver(() => { window.most = Math.max(window.most, document.querySelectorAll('.row').length); })
			.observe(document.querySelector('#rows'), {childList: true});
	})()`)
	call(b, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	before := busy(b)
	const events = 10_000
	address := strings.Replace(l.url, "/?", "/api/describe?", 1)
	began := time.Now()
	var next, failed atomic.Int64
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for n := next.Add(1); n <= events; n = next.Add(1) {
				time.Sleep(time.Until(began.Add(time.Duration(n) * time.Millisecond)))
				body := fmt.Sprintf(`{"bucket": "erp-inbox", "key": "notes/%d.txt", "size": "1B"}`, n)
				answer, err := http.Post(address, "application/json", strings.NewReader(body))
				if err != nil || answer.StatusCode != http.StatusOK {
					failed.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		})
	}
	time.Sleep(3 * time.Second)
	b.click("[data-view=buckets]") // it still answers
	b.until(`!document.querySelector('#buckets').hidden`)
	b.click("[data-view=live]")
	b.shot("8-load")
	work.Wait()
	took := time.Since(began)
	b.until(`document.querySelector('#events-total').textContent === '10,000'`)
	most, cpu := eval[int](b, `window.most`), busy(b)-before
	t.Logf("%d events in %v; the page had %d rows at most and was busy for %.1f s", events, took, most, cpu)
	if failed.Load() > 0 {
		t.Errorf("%d uploads failed", failed.Load())
	}
	if most > 200 {
		t.Errorf("the page had %d rows", most)
	}
	if cpu > 6 {
		t.Errorf("the page was busy for %.1f s of its thread", cpu)
	}
}

// busy is how long the page's thread has worked, in seconds.
func busy(b *browser) float64 {
	b.t.Helper()
	for _, m := range call(b, performance.GetMetrics, cdp.Empty{}).Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	b.t.Fatal("the browser does not say how long the page has worked")
	return 0
}
