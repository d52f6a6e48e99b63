package existing_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"afterput/events"
	"afterput/internal/existing"
	"afterput/internal/fcapi"
	"afterput/internal/osscall"
)

// queue is an asynchronous queue of Function Compute that refuses, fails, and loses answers.
type queue struct {
	r        *rand.Rand
	mu       sync.Mutex
	tasks    map[string]string // digest of the payload, by task id
	payloads [][]byte
	sent     int
	killAt   int
	kill     func()
}

func (q *queue) RoundTrip(req *http.Request) (*http.Response, error) {
	payload, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sent++; q.sent == q.killAt {
		q.kill()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
			Request: req}, nil
	}
	switch n := q.r.IntN(10); {
	case n == 0:
		return answer(http.StatusTooManyRequests, `{"Code":"ResourceExhausted","Message":"slow down"}`)
	case n == 1:
		return answer(http.StatusServiceUnavailable, "busy")
	}
	id, digest := req.Header.Get("x-fc-async-task-id"), sha256.Sum256(payload)
	if of, used := q.tasks[id]; used {
		if of != hex.EncodeToString(digest[:]) {
			return answer(http.StatusInternalServerError, "another payload with the same task id")
		}
		return answer(http.StatusConflict, `{"Code":"StatefulAsyncInvocationAlreadyExists","Message":"used"}`)
	}
	q.tasks[id] = hex.EncodeToString(digest[:])
	q.payloads = append(q.payloads, payload)
	if q.r.IntN(10) == 0 {
		return nil, io.ErrUnexpectedEOF // accepted, and the answer lost
	}
	return answer(http.StatusAccepted, "")
}

func TestEveryObjectIsHandedOverOnceWhateverFunctionComputeAnswers(t *testing.T) {
	synctest.Test(t, handedOverOnce)
}

func handedOverOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newWorld(t, "uploads", "replica", "sorted")
	w.put("uploads", 5000, key)
	set := load(t, books)
	store := existing.NewMemory()
	q := &queue{r: rand.New(rand.NewPCG(seed, 1)), tasks: map[string]string{}}
	kills := 0
	for {
		q.killAt = q.sent + 1 + q.r.IntN(6)
		err := w.handOver(t.Context(), existing.Config{Store: store, Rules: set}, q)
		if err == nil {
			break
		}
		if kills++; kills > 500 {
			t.Fatal("it never ends: ", err)
		}
	}
	got := map[string]int{}
	bytes := 0
	for _, p := range q.payloads {
		if bytes += len(p); len(p) > existing.MaxPayload {
			t.Errorf("a payload has %d bytes", len(p))
		}
		objects, err := events.Parse(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			got[o.Bucket+"/"+o.Key]++
			if !o.Listed || o.Only != nil || o.Size.Value != int64(index(o.Key)%7) {
				t.Fatalf("handed over: %+v", o)
			}
		}
	}
	if len(got) != 5000 {
		t.Errorf("%d objects were handed over, want 5000", len(got))
	}
	for name, n := range got {
		if n != 1 {
			t.Errorf("%s was handed over %d times", name, n)
		}
	}
	if least := (bytes + existing.MaxPayload - 1) / existing.MaxPayload; len(q.payloads) > least+1 {
		t.Errorf("%d invocations for %d bytes, the least is %d", len(q.payloads), bytes, least)
	}
	if w.requests["CopyObject"] != 0 {
		t.Errorf("%d copies were made here", w.requests["CopyObject"])
	}
}

func index(key string) (i int) {
	_, _ = fmt.Sscanf(key[strings.LastIndexByte(key, '/')+1:], "%d", &i)
	return i
}

// handOver runs a job once, until everything is handed over or the process is killed.
func (w *world) handOver(ctx context.Context, c existing.Config, q *queue) error {
	ctx, cancel := context.WithCancel(osscall.WithCredentials(context.WithoutCancel(ctx), keys))
	defer cancel()
	q.kill = cancel
	j, err := existing.Open(ctx, w.config(c.Rules, mortal{c.Store, ctx, w}))
	if err != nil {
		return err
	}
	if err := j.Compare(ctx); err != nil {
		return err
	}
	return j.ByFunction(ctx, existing.Function{Name: "backfill", Client: &fcapi.Client{
		Endpoint: "http://1.cn-hangzhou.fc.aliyuncs.com", Credentials: keys, HTTP: &http.Client{Transport: q}}})
}
