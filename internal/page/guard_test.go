package page_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/page"
)

// bare removes the token from the URL.
func bare(r *http.Request) { r.URL.RawQuery = "" }

func TestOnlyRequestsWithTheTokenAndFromThePageItselfAreAccepted(t *testing.T) {
	w := newWorld(t)
	_, header, _ := w.send(http.MethodGet, "/", nil, nil)
	cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	host := strings.TrimPrefix(w.base, "http://")
	port := host[strings.LastIndex(host, ":"):]
	with := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	at := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	both := func(a, b func(*http.Request)) func(*http.Request) { return func(r *http.Request) { a(r); b(r) } }
	for name, c := range map[string]struct {
		method string
		change func(*http.Request)
		want   int
	}{
		"a command line":                  {"POST", nil, 200},
		"the page":                        {"POST", both(bare, with("Cookie", cookie, "Origin", w.base)), 200},
		"the page reads":                  {"GET", both(bare, with("Cookie", cookie)), 200},
		"localhost":                       {"POST", at("localhost" + port), 200},
		"no token":                        {"GET", bare, 403},
		"a wrong token":                   {"GET", func(r *http.Request) { r.URL.RawQuery = "token=x" }, 403},
		"a wrong cookie":                  {"GET", both(bare, with("Cookie", cookie+"x")), 403},
		"another name of this machine":    {"POST", at("evil.example" + port), 403},
		"another port":                    {"POST", at("127.0.0.1:1"), 403},
		"another origin":                  {"POST", with("Origin", "http://evil.example"), 403},
		"another origin with the cookie":  {"POST", both(bare, with("Cookie", cookie, "Origin", "null")), 403},
		"the same host over TLS":          {"POST", with("Origin", "https://"+host), 403},
		"another port of this machine":    {"POST", with("Sec-Fetch-Site", "same-site"), 403},
		"another site reads":              {"GET", with("Sec-Fetch-Site", "cross-site"), 403},
		"a form that names no origin":     {"POST", both(bare, with("Cookie", cookie)), 403},
		"an address typed into a browser": {"GET", with("Sec-Fetch-Site", "none"), 200},
	} {
		path, body := "/api/rules", any(nil)
		if c.method == http.MethodPost {
			path, body = "/api/check", map[string]string{"text": testRules}
		}
		if status, _, text := w.send(c.method, path, body, c.change); status != c.want {
			t.Errorf("%s: %d %s; want %d", name, status, text, c.want)
		}
	}
}

func TestWhatChangesSomethingIsRefusedAsAGet(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"check", "save", "try", "upload", "describe", "trouble", "kill", "replay"} {
		if status, _, _ := w.send(http.MethodGet, "/api/"+path, nil, nil); status != http.StatusMethodNotAllowed {
			t.Errorf("GET /api/%s: %d", path, status)
		}
	}
}

func TestTheTokenLeavesTheAddressBarAndNoScriptIsInThePage(t *testing.T) {
	w := newWorld(t)
	status, header, _ := w.send(http.MethodGet, "/", nil, nil)
	if status != http.StatusSeeOther || header.Get("Location") != "/" {
		t.Errorf("with the token: %d to %q", status, header.Get("Location"))
	}
	cookie := header.Get("Set-Cookie")
	for _, attribute := range []string{"HttpOnly", "SameSite=Strict"} {
		if !strings.Contains(cookie, attribute) {
			t.Errorf("the cookie lacks %s: %s", attribute, cookie)
		}
	}
	status, header, text := w.send(http.MethodGet, "/", nil, func(r *http.Request) {
		bare(r)
		r.Header.Set("Cookie", strings.Split(cookie, ";")[0])
	})
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	policy := header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") ||
		!strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy is %s", policy)
	}
	for _, inline := range []string{"<script>", " onclick", "javascript:", "style=", "<style", "https://", "//cdn"} {
		if strings.Contains(text, inline) {
			t.Errorf("the page has %s", inline)
		}
	}
}

func TestThePageIsServedToThisMachineAlone(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "[::1]:0": true, "127.8.8.8:0": true,
		":0": false, "0.0.0.0:0": false, "192.168.1.1:80": false, "example.com:80": false, "127.0.0.1": false,
	} {
		if err := page.CheckAddr(addr); (err == nil) != ok {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestThePageFetchesNothingFromElsewhereAndItsScriptsStaySmall(t *testing.T) {
	files, err := filepath.Glob("web/static/*")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	scripts := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".js") {
			scripts += len(text)
		}
		for _, way := range []string{
			"https://", "innerHTML", "insertAdjacentHTML", "document.write", "eval(", "@import",
		} {
			if strings.Contains(string(text), way) {
				t.Errorf("%s has %s", name, way)
			}
		}
	}
	if scripts > 150<<10 {
		t.Errorf("the scripts have %d bytes", scripts)
	}
}
