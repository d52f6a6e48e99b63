// Package page does in a real browser what people do on the page of afterput local, for make page-test. It needs
// Chromium; without it everything is skipped aloud.
package page

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

var (
	update = flag.Bool("update", false, "take the picture for the README again")
	shots  = flag.String("shots", "", "directory for a screenshot of every state")
)

// local is a running afterput local.
type local struct {
	t     *testing.T
	rules string // its rules file
	url   string // of the page, with the token
	oss   string // endpoint
}

// serve starts afterput local with the example rules, or the given text.
func serve(t *testing.T, text string) *local {
	t.Helper()
	if text == "" {
		example, err := os.ReadFile("../../examples/rules.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text = string(example)
	}
	l := &local{t: t, rules: filepath.Join(t.TempDir(), "rules.yaml")}
	if err := os.WriteFile(l.rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../../bin/afterput", "local", "--rules", l.rules)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for l.url == "" && lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			l.oss = at
		}
		l.url, _ = strings.CutPrefix(lines.Text(), "page: ")
		if !strings.HasPrefix(l.url, "http://127.0.0.1:") {
			l.url = ""
		}
	}
	if l.url == "" {
		t.Fatal("no URL of the page was printed")
	}
	go func() {
		for lines.Scan() { // so that it can go on printing
		}
	}()
	return l
}

// browser is a browser with one page open.
type browser struct {
	t   *testing.T
	ctx context.Context
	// close closes the window. Browsers keep at most six connections to a server, and every page keeps one.
	close context.CancelFunc
}

// look is how a browser is set up.
type look struct {
	width, height int64
	dark          bool
	language      string
}

// chromium is the one browser of all tests; it is started by the first.
var chromium = sync.OnceValues(func() (context.Context, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, _ := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path), chromedp.NoSandbox)...)
		ctx, _ = chromedp.NewContext(ctx)
		return ctx, chromedp.Do(ctx)
	}
	return nil, errors.New("no Chromium is installed (apt-get install chromium)")
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if ctx, err := chromium(); err == nil {
		_ = chromedp.Cancel(ctx)
	}
	os.Exit(code)
}

// open opens the page in a window of its own.
func (l *local) open(how look) *browser {
	l.t.Helper()
	parent, err := chromium()
	if err != nil {
		l.t.Skipf("NOT TESTED: %v", err)
	}
	if how.width == 0 {
		how.width, how.height = 1440, 900
	}
	if how.language == "" {
		how.language = "en"
	}
	ctx, closing := chromedp.NewContext(parent)
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	l.t.Cleanup(stop)
	l.t.Cleanup(closing)
	b := &browser{t: l.t, ctx: ctx, close: closing}
	b.listen()
	scheme := "light"
	if how.dark {
		scheme = "dark"
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{"Accept-Language": how.language}})
	call(b, network.DeleteCookies, network.DeleteCookiesParams{Name: "afterput-page-language", URL: l.url})
	b.do(chromedp.EmulateViewport(how.width, how.height), chromedp.Navigate(l.url))
	b.until(`document.querySelector('#graph svg')`)
	return b
}

// call sends a command of the browser's protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	answer, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

// do runs actions.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%v\n%s", err, b.text("body"))
	}
}

// text is the text of an element.
func (b *browser) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// until waits for a condition in JavaScript.
func (b *browser) until(condition string) {
	b.t.Helper()
	script := "(() => { try { return Boolean(" + condition + ") } catch { return false } })()"
	for end := time.Now().Add(20 * time.Second); !eval[bool](b, script); {
		if time.Now().After(end) {
			b.shot("failed")
			b.t.Fatalf("%s: not so after 20 s\n%s", condition, b.text("body"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// eval is the value of an expression.
func eval[T any](b *browser, expression string) (value T) {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// fill sets a field as typing does.
func (b *browser) fill(selector, value string) {
	b.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		b.t.Fatal(err)
	}
	eval[any](b, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.value = %s;
		e.dispatchEvent(new Event('input', {bubbles: true}));
		e.dispatchEvent(new Event('change', {bubbles: true}));
	})()`, selector, text))
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// shot takes a screenshot, if they are wanted.
func (b *browser) shot(name string) {
	if *shots == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), b.picture(), 0o600); err != nil {
		b.t.Error(err)
	}
}

func (b *browser) picture() []byte {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}
