package page

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"afterput/rules"
)

//go:embed web
var web embed.FS

var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(web, "web/page.html"))
})

// handler serves everything. What changes something is a POST.
func (p *Page) handler() http.Handler {
	static, err := fs.Sub(web, "web/static")
	if err != nil {
		panic(err) // a name that is well formed
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /api/stream", p.stream)
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"GET /api/graph":     p.getGraph,
		"GET /api/rows":      p.getRows,
		"GET /api/row":       p.getRow,
		"GET /api/buckets":   p.getBuckets,
		"GET /api/objects":   p.getObjects,
		"GET /api/object":    p.getObject,
		"GET /api/rules":     p.getRules,
		"POST /api/check":    p.postCheck,
		"POST /api/save":     p.postSave,
		"POST /api/try":      p.postTry,
		"POST /api/upload":   p.postUpload,
		"POST /api/describe": p.postDescribe,
		"POST /api/trouble":  p.postTrouble,
		"POST /api/kill":     p.postKill,
		"POST /api/replay":   p.postReplay,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { respond(w, r, answer) })
	}
	return p.guard.protect(mux)
}

// refused is an error of a request: it was not carried out.
type refused struct {
	status int
	text   string
}

func (e *refused) Error() string { return e.text }

func bad(format string, args ...any) error {
	return &refused{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// respond writes an answer as JSON, or an error as {"error": text}.
func respond(w http.ResponseWriter, r *http.Request, answer func(*http.Request) (any, error)) {
	value, err := answer(r)
	status := http.StatusOK
	if err != nil {
		var no *refused
		if status = http.StatusBadGateway; errors.As(err, &no) {
			status = no.status
		}
		value = map[string]string{"error": said(r, err.Error())}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the browser may be gone
}

const maxBody = 1 << 20 // of a request in JSON

// read reads the JSON of a request.
func read[T any](r *http.Request) (value T, err error) {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, bad("the request is not as expected: %v", err)
	}
	return value, nil
}

// home is the page itself. A token in the URL becomes a cookie, so that it does not stay in the address bar.
func (p *Page) home(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	language := query.Get("lang")
	if language == "en" || language == "zh" {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: language, Path: "/",
			SameSite: http.SameSiteStrictMode})
	}
	if query.Has("token") {
		http.SetCookie(w, p.guard.cookie())
	}
	if len(query) > 0 {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	words := wordsFor(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = layout().Execute(w, struct { // the browser may be gone
		Words    map[string]string
		Other    string // the language to switch to
		File     string
		Sources  []string
		Troubles []string
		Classes  []string
		Settings map[string]string
	}{
		Words: words, Other: words["other"], File: filepath.Base(p.rules.Name()), Sources: p.rules.InForce().Sources(),
		Troubles: troubleNames(), Classes: rules.StorageClasses(),
		Settings: map[string]string{
			"base": "http://" + p.guard.hosts[0], "token": p.guard.token, "rules": p.rules.Name(),
			"endpoint": p.cloud.Endpoint, "id": p.cloud.AccessKeyID, "secret": p.cloud.AccessKeySecret,
			"region": p.cloud.Region(), "language": words["lang"],
		},
	})
}

// beat is how often the browser gets what has changed.
const beat = 250 * time.Millisecond

// stream sends what has changed, as server-sent events: never more than a few a second, and never more than the newest
// rows.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	since, quiet := uint64(0), 0
	for {
		p.hub.current() // other rules may be in force
		var text []byte
		if state := p.hub.since(since, p.trouble); state != nil {
			since = state.rev
			for i := range state.Rows {
				state.Rows[i].Why = said(r, state.Rows[i].Why)
			}
			var err error
			if text, err = json.Marshal(state); err != nil {
				panic(err) // texts and numbers alone
			}
		}
		switch quiet++; {
		case text != nil:
			quiet = 0
			fmt.Fprintf(w, "data: %s\n\n", text)
		case quiet >= 40: // so that a browser that is gone is noticed
			quiet = 0
			fmt.Fprint(w, ": \n\n")
		}
		if flush.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-p.ended.Done():
			return
		}
	}
}
