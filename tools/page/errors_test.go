package page

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// listen has the test fail if a script throws, or the browser's policy blocks something.
func (b *browser) listen() {
	found := make(chan string, 100)
	err := chromedp.Listen(b.ctx, func(event any) {
		text := ""
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			text = fmt.Sprintf("%s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description)
		case *log.EventEntryAdded:
			refused := strings.Contains(e.Entry.Text, "400 (Bad Request)") // what the page then shows is tested
			if e.Entry.Level == log.EntryLevelError && !refused {
				text = e.Entry.Text + " " + e.Entry.URL
			}
		}
		if text != "" {
			select {
			case found <- text:
			default:
			}
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		for len(found) > 0 {
			b.t.Errorf("the browser says: %s", <-found)
		}
	})
}
