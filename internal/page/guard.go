package page

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// guard accepts only requests of who was given the URL, and of no other page of the browser:
//
//   - the token must be in the URL, or in the cookie that the first page sets;
//   - the host must be this machine by its own names, so that no other name leads here (DNS rebinding);
//   - a request that a browser sends for another page is refused, also with the cookie; one that changes something
//     must say where it comes from, unless it carries the token itself, as a command line does.
type guard struct {
	token string
	port  string
	hosts []string // with the port
}

func newGuard(addr *net.TCPAddr) *guard {
	port := strconv.Itoa(addr.Port)
	g := &guard{token: rand.Text(), port: port}
	for _, host := range []string{addr.IP.String(), "localhost"} {
		g.hosts = append(g.hosts, net.JoinHostPort(host, port))
	}
	return g
}

func (g *guard) url() string { return "http://" + g.hosts[0] + "/?token=" + g.token }

// cookieName has the port: cookies of one host are shared by all its ports.
func (g *guard) cookieName() string { return "afterput-page-" + g.port }

func (g *guard) cookie() *http.Cookie {
	return &http.Cookie{Name: g.cookieName(), Value: g.token, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteStrictMode}
}

// refusal is why a request is not accepted, "" if it is.
func (g *guard) refusal(r *http.Request) string {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	inURL := g.isToken(r.URL.Query().Get("token"))
	switch {
	case !slices.Contains(g.hosts, r.Host):
		return "this host name is not the page's: open the URL that afterput local printed"
	case site != "" && site != "same-origin" && site != "none",
		origin != "" && !slices.Contains(g.hosts, hostOf(origin)):
		return "requests of other pages are not accepted"
	case !inURL && !g.hasCookie(r):
		return "the token is missing or wrong: open the URL that afterput local printed"
	case !inURL && origin == "" && r.Method != http.MethodGet && r.Method != http.MethodHead:
		return "the request does not say where it comes from: put the token into the URL"
	}
	return ""
}

// hostOf is the host and port of an origin, "" if it is not one of HTTP.
func hostOf(origin string) string {
	host, ok := strings.CutPrefix(origin, "http://")
	if !ok {
		return ""
	}
	return host
}

func (g *guard) hasCookie(r *http.Request) bool {
	c, err := r.Cookie(g.cookieName())
	return err == nil && g.isToken(c.Value)
}

func (g *guard) isToken(s string) bool {
	return subtle.ConstantTimeCompare([]byte(s), []byte(g.token)) == 1
}

// policy is the Content-Security-Policy: everything comes from this server, and no script is in the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// protect answers what the guard refuses, and sets the headers that every answer has.
func (g *guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if why := g.refusal(r); why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
