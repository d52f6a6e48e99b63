package existing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/listing"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// world is an OSS in this process, and what a job needs to work on it.
type world struct {
	*localoss.Server
	t *testing.T

	mu       sync.Mutex
	requests map[string]int // by operation
	written  map[string]int // copies, by destination
	killAt   int            // the request, or write of a job's file, at which the process is killed; 0 for never
	kill     func()
	memory   int // of a job; 0 for the default
	// rewrite changes the body of a response, by the request's query; nil for none.
	rewrite func(query string, body []byte) []byte
	// answer may answer a request instead of the server; nil for none.
	answer    func(*localoss.Call) *localoss.Response
	intercept localoss.Intercept // may be nil
}

var keys = osscall.Credentials{AccessKeyID: "id", AccessKeySecret: "secret"}

func newWorld(t *testing.T, buckets ...string) *world {
	t.Helper()
	w := &world{t: t, requests: map[string]int{}, written: map[string]int{}}
	server, err := localoss.New(localoss.Config{
		AccessKeys: map[string]localoss.AccessKey{"id": {Secret: "secret"}},
		Intercept: func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			var r *localoss.Response
			if w.answer != nil {
				if r := w.answer(call); r != nil {
					return r
				}
			}
			if w.intercept != nil {
				r = w.intercept(ctx, call, next)
			} else {
				r = next()
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.requests[call.Name]++
			if call.Name == "CopyObject" && r.Status == http.StatusOK {
				w.written[call.Bucket+"/"+call.Key]++
			}
			return r
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w.Server = server
	for _, b := range buckets {
		if err := server.CreateBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

var errKilled = errors.New("killed")

// mayKill kills the process if its time has come.
func (w *world) mayKill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.killAt > 0 {
		if w.killAt--; w.killAt == 0 {
			w.kill()
		}
	}
}

// RoundTrip passes a request to the server, unless the process was killed before it.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mayKill()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	time.Sleep(20 * time.Millisecond)
	r, err := w.Transport().RoundTrip(req)
	if err != nil || w.rewrite == nil {
		return r, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(w.rewrite(req.URL.RawQuery, body)))
	r.Header.Del("Content-Length")
	return r, nil
}

// mortal is a store of a process that may be killed, also just after it has written a file: nothing is written after
// that.
type mortal struct {
	existing.Store
	ctx context.Context
	w   *world
}

func (m mortal) Put(ctx context.Context, name string, content []byte) error {
	if m.ctx.Err() != nil {
		return errKilled
	}
	err := m.Store.Put(ctx, name, content)
	m.w.mayKill()
	return err
}

func load(t *testing.T, text string) *rules.Set {
	t.Helper()
	set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// config is the configuration of a job on this world.
func (w *world) config(set *rules.Set, store existing.Store) existing.Config {
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
	return existing.Config{
		Rules: set, RulesDigest: "1", Store: store, Workers: 4, Memory: w.memory,
		Copier: copier.New(client, copier.Options{}),
		Lister: &listing.Lister{OSS: client},
		Keep:   []existing.Verdict{existing.Missing, existing.Older},
	}
}

// put makes n objects.
func (w *world) put(bucket string, n int, key func(i int) string) {
	w.t.Helper()
	for i := range n {
		if err := w.PutSparse(bucket, key(i), int64(i%7), localoss.WithSeed(uint64(i+1))); err != nil {
			w.t.Fatal(err)
		}
	}
}

// compare runs the comparison of a job once, until it is complete or ctx ends, as a kill ends it.
func (w *world) compare(ctx context.Context, kill func(), c existing.Config) (*existing.Job, error) {
	w.mu.Lock()
	w.kill = kill
	w.mu.Unlock()
	j, err := existing.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return j, j.Compare(ctx)
}

// run runs a job once, until it is complete or killed.
func (w *world) run(ctx context.Context, set *rules.Set, store existing.Store) (*existing.Job, error) {
	ctx, cancel := context.WithCancel(osscall.WithCredentials(ctx, keys))
	defer cancel()
	c := w.config(set, mortal{store, ctx, w})
	j, err := w.compare(ctx, cancel, c)
	if err != nil {
		return j, err
	}
	handler := relay.New(relay.Config{Rules: relay.Fixed(set), Copier: c.Copier, Log: slog.New(slog.DiscardHandler)})
	return j, j.ByEngine(ctx, handler, relay.Invocation{RequestID: "backfill", Credentials: keys}, 8, nil)
}

func key(i int) string { return fmt.Sprintf("in/%03d/%05d.jpg", i%50, i) }
