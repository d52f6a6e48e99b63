package existing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/existing"
	"afterput/internal/fcapi"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

const replicate = `
version: 1
sources: [uploads]
rules:
  - name: replica
    match: {}
    copy: [{bucket: replica}]
`

func TestKeysWithLineBreaksAndControlCharactersAreCopiedLikeOthers(t *testing.T) {
	w := newWorld(t, "uploads", "replica")
	all := []string{"a\nb", "a\r\nb", "a\tb", "\x01", "a b+c%2B", "\u2028", "é", "e\u0301", strings.Repeat("k", 1023)}
	w.put("uploads", len(all), func(i int) string { return all[i] })
	for range 2 {
		if _, err := w.run(t.Context(), load(t, replicate), existing.NewMemory()); err != nil {
			t.Fatal(err)
		}
	}
	w.verify(len(all), 0)
	if n := w.requests["CopyObject"]; n != len(all) {
		t.Errorf("%d copies of %d objects", n, len(all))
	}
}

func TestAKeyThatIsNotUTF8FailsAndStopsNothing(t *testing.T) {
	w := newWorld(t, "uploads", "replica")
	w.put("uploads", 3, func(i int) string { return []string{"a", "b\x01", "c"}[i] })
	w.rewrite = func(query string, body []byte) []byte {
		if strings.Contains(query, "list-type") {
			return bytes.ReplaceAll(body, []byte("%01"), []byte("%FF"))
		}
		return body
	}
	j, err := w.run(t.Context(), load(t, replicate), existing.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	if c := j.Counts(); c.Of(existing.Failed).Copies != 1 || c.Done.Copied.Copies != 2 || c.Done.Failed.Copies != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAListingThatRepeatsItselfEndsTheJobWithAnErrorAndTheJobGoesOnOnceItIsRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica")
		w.put("uploads", 2500, key)
		var first []byte
		w.rewrite = func(query string, body []byte) []byte {
			if first == nil {
				first = body
			}
			if strings.Contains(query, "list-type") && strings.Contains(query, "start-after") {
				return first
			}
			return body
		}
		store := existing.NewMemory()
		_, err := w.run(t.Context(), load(t, replicate), store)
		if err == nil || !strings.Contains(err.Error(), "list uploads: ") || !strings.Contains(err.Error(), "repeats") {
			t.Fatalf("the same page again and again: %v", err)
		}
		w.rewrite = nil
		if _, err := w.run(t.Context(), load(t, replicate), store); err != nil {
			t.Fatal(err)
		}
		w.verify(2500, 0)
	})
}

func TestAnObjectOfWhichOnlyTheEventSaysWhetherItIsWantedIsCountedListedAndNeverCopied(t *testing.T) {
	for _, condition := range []string{"principal: ['2000']", "source-ip: [10.0.0.0/8]"} {
		w := newWorld(t, "uploads", "replica")
		w.put("uploads", 3, key)
		set := load(t, strings.Replace(replicate, "{}", "{"+condition+"}", 1))
		var found []existing.Finding
		ctx := osscall.WithCredentials(t.Context(), keys)
		c := w.config(set, existing.NewMemory())
		c.Found = func(f existing.Finding) error { found = append(found, f); return nil }
		if j, err := existing.Open(ctx, c); err != nil || j.Compare(ctx) != nil {
			t.Fatal(err)
		}
		j, err := w.run(t.Context(), set, existing.NewMemory())
		if err != nil {
			t.Fatal(err)
		}
		if n := j.Counts().Of(existing.Undecided).Copies; n != 3 || len(found) != 3 || w.requests["CopyObject"] > 0 {
			t.Errorf("%s: %d undecided, found %v, %v", condition, n, found, w.requests)
		}
	}
}

func TestABucketThatChangesWhileItIsBackfilledGetsEachNewestVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica")
		w.put("uploads", 1500, key)
		time.Sleep(time.Second)
		remove := func(key string) {
			client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())
			_, err := client.DeleteObject(osscall.WithCredentials(context.Background(), keys),
				&oss.DeleteObjectRequest{Bucket: oss.Ptr("uploads"), Key: &key})
			if err != nil {
				t.Error(err)
			}
		}
		var compared atomic.Bool
		w.answer = func(call *localoss.Call) *localoss.Response {
			if call.Name == "CopyObject" && !compared.Swap(true) { // everything is listed
				for i := range 100 {
					if i%2 == 0 {
						remove(key(i))
					} else if err := w.PutSparse("uploads", key(i), 77, localoss.WithSeed(99)); err != nil {
						t.Error(err)
					}
				}
			}
			return nil
		}
		j, err := w.run(t.Context(), load(t, replicate), existing.NewMemory())
		if err != nil {
			t.Fatal(err)
		}
		w.answer = nil
		c := j.Counts()
		d := c.Done
		sum := d.Copied.Copies + d.Unchanged.Copies + d.Skipped.Copies
		if d.Failed.Copies > 0 || sum != 1500 {
			t.Errorf("counts: %+v", c)
		}
		for _, o := range w.Objects("replica") {
			if src, ok := w.Object("uploads", o.Key); ok && src.CRC64 != o.CRC64 {
				t.Errorf("%s is not the newest version", o.Key)
			}
		}
	})
}

func TestRequestsThatOSSRefusesForLoadAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica")
		w.put("uploads", 2500, key)
		var n atomic.Int64
		w.answer = func(call *localoss.Call) *localoss.Response {
			if n.Add(1)%3 != 0 {
				return nil
			}
			return call.Refuse(&localoss.Error{Code: "QpsLimitExceeded", Status: http.StatusServiceUnavailable,
				Message: "slow down"})
		}
		j, err := w.run(t.Context(), load(t, replicate), existing.NewMemory())
		if err != nil {
			t.Fatal(err)
		}
		if d := j.Counts().Done; d.Copied.Copies != 2500 || d.Failed.Copies != 0 {
			t.Errorf("done: %+v", d)
		}
	})
}

func TestACopyThatIsStoppedIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica")
		w.put("uploads", 300, key)
		ctx, stop := context.WithCancel(osscall.WithCredentials(t.Context(), keys))
		set := load(t, replicate)
		c := w.config(set, existing.NewMemory())
		j, err := w.compare(ctx, stop, c)
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		handler := relay.New(relay.Config{Rules: relay.Fixed(set), Copier: c.Copier, Log: log})
		w.killAt = 100 // as Ctrl-C does it
		err = j.ByEngine(ctx, handler, relay.Invocation{RequestID: "1", Credentials: keys}, 8,
			func(r relay.ObjectReport) {
				if r.Error != nil || len(r.Copies) != 1 || r.Copies[0].Error != nil {
					t.Errorf("reported: %+v", r)
				}
			})
		if d := j.Counts().Done; err == nil || d.Failed.Copies > 0 || d.Copied.Copies == 0 {
			t.Errorf("%v; done: %+v", err, d)
		}
	})
}

// throttled is Function Compute that refuses everything for a while.
type throttled struct {
	until    time.Time
	payloads atomic.Int64
}

func (f *throttled) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusAccepted, ""
	if time.Now().Before(f.until) {
		status, body = http.StatusTooManyRequests, `{"Code":"ResourceExhausted","Message":"no instance is free"}`
	} else {
		f.payloads.Add(1)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
		Request: r}, nil
}

func TestAFunctionThatIsThrottledForTenMinutesGetsEveryBatchAndTheProgressSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica")
		w.put("uploads", 3000, key)
		ctx := osscall.WithCredentials(t.Context(), keys)
		j, err := existing.Open(ctx, w.config(load(t, replicate), existing.NewMemory()))
		if err == nil {
			err = j.Compare(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		fc := &throttled{until: time.Now().Add(10 * time.Minute)}
		client := &fcapi.Client{Endpoint: "http://1.cn-hangzhou.fc.aliyuncs.com", Credentials: keys,
			HTTP: &http.Client{Transport: fc}}
		ended := make(chan error)
		go func() { ended <- j.ByFunction(ctx, existing.Function{Name: "backfill", Client: client}) }()
		time.Sleep(9 * time.Minute)
		if why := j.Waiting(); !strings.Contains(why, "backfill: ") || !strings.Contains(why, "ResourceExhausted") {
			t.Errorf("after nine minutes it waits for %q", why)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		d := j.Counts().Done
		if d.Handed.Copies != 3000 || d.Batches != fc.payloads.Load() || d.Batches < 2 || j.Waiting() != "" {
			t.Errorf("%+v, %d payloads, waiting for %q", d, fc.payloads.Load(), j.Waiting())
		}
	})
}

func TestALockInABucketIsFreeOnceOSSHasSeenNoRenewalForAWhileWhateverItsHoldersClockSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "jobs")
		ctx := osscall.WithCredentials(t.Context(), keys)
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
		store := &existing.Bucket{OSS: client, Bucket: "jobs", Prefix: "a/"}
		for _, renewed := range []string{"2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"} { // as older versions wrote it
			content := fmt.Appendf(nil, `{"id":"x","machine":"m","process":7,"renewed":%q}`, renewed)
			if err := store.Put(ctx, "lock", content); err != nil {
				t.Fatal(err)
			}
			for _, wait := range []string{"2m0s", "1m30s", "1s"} { // what is left after a part of it
				_, err := store.Lock(ctx)
				want := "process 7 on m; stop it first. If it was killed, wait " + wait + " and give the command again"
				if !errors.Is(err, existing.ErrLocked) || !strings.HasSuffix(err.Error(), want) {
					t.Errorf("renewed %s by its clock, and its holder may be alive: %v; want %s", renewed, err, want)
				}
				time.Sleep(map[string]time.Duration{"2m0s": 30 * time.Second, "1m30s": 89 * time.Second,
					"1s": time.Second}[wait])
			}
			unlock, err := store.Lock(ctx)
			if err != nil {
				t.Errorf("renewed %s by its clock, and its holder is dead: %v", renewed, err)
				continue
			}
			unlock()
		}
	})
}

func TestAProcessWhoseLockWasTakenOverWritesNothingMoreAndLeavesTheOtherItsLock(t *testing.T) {
	for name, until := range map[string]time.Duration{"at once": 0, "at its next renewal": 21 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "jobs")
				var suspended atomic.Bool
				w.answer = func(*localoss.Call) *localoss.Response {
					if suspended.Load() {
						return &localoss.Response{Status: http.StatusBadGateway, Header: http.Header{}}
					}
					return nil
				}
				ctx := osscall.WithCredentials(t.Context(), keys)
				client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
				first := &existing.Bucket{OSS: client, Bucket: "jobs", Prefix: "a/"}
				second := &existing.Bucket{OSS: client, Bucket: "jobs", Prefix: "a/"}
				unlock, err := first.Lock(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if until == 0 {
					suspended.Store(true)
					time.Sleep(2 * time.Minute)
					suspended.Store(false)
				} else if err := first.Delete(ctx, "lock"); err != nil { // somebody knows better
					t.Fatal(err)
				}
				unlockSecond, err := second.Lock(ctx)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(until)
				if err := first.Put(ctx, "job.json", []byte("{}")); !errors.Is(err, existing.ErrLocked) {
					t.Errorf("the first process writes: %v", err)
				}
				unlock()
				if err := second.Put(ctx, "job.json", []byte("{}")); err != nil {
					t.Errorf("the second process: %v", err)
				}
				if has, err := second.Has(ctx, "lock"); !has || err != nil {
					t.Errorf("the second process has its lock: %t, %v", has, err)
				}
				unlockSecond()
			})
		})
	}
}

func TestOfProcessesThatLockAJobAtTheSameTimeOneGetsItWithVersioningToo(t *testing.T) {
	for name, options := range map[string][]localoss.BucketOption{
		"without versioning": nil, "with versioning": {localoss.WithVersioning()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if err := w.CreateBucket("jobs", options...); err != nil {
					t.Fatal(err)
				}
				ctx := osscall.WithCredentials(t.Context(), keys)
				client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
				var locked atomic.Int32
				var all sync.WaitGroup
				for range 5 {
					all.Go(func() {
						unlock, err := (&existing.Bucket{OSS: client, Bucket: "jobs", Prefix: "a/"}).Lock(ctx)
						switch {
						case err == nil:
							locked.Add(1)
							time.Sleep(3 * time.Minute)
							unlock()
						case !errors.Is(err, existing.ErrLocked):
							t.Error(err)
						}
					})
				}
				all.Wait()
				if n := locked.Load(); n != 1 {
					t.Errorf("%d have locked it, want 1", n)
				}
			})
		})
	}
}

func TestALockWhoseAnswerIsLostIsItsWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "jobs")
		w.intercept = func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			r := next()
			if call.Name == "PutObject" && r.Status == http.StatusOK && w.requests["PutObject"] == 0 {
				return &localoss.Response{Status: http.StatusBadGateway, Header: http.Header{}}
			}
			return r
		}
		ctx := osscall.WithCredentials(t.Context(), keys)
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
		unlock, err := (&existing.Bucket{OSS: client, Bucket: "jobs", Prefix: "a/"}).Lock(ctx)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	})
}

func TestAJobOfAnotherVersionOrOfOtherRulesIsNotTouched(t *testing.T) {
	w := newWorld(t, "uploads", "replica")
	w.put("uploads", 3, key)
	ctx := osscall.WithCredentials(t.Context(), keys)
	for change, want := range map[[2]string]string{
		{`"format":3`, `"format":4`}:               "another version of afterput (format 4, this one reads 3)",
		{`"rules":"1`, `"rules":"2`}:               "another rules file, or this one was changed since",
		{`"select":{}`, `"select":{"prefix":"x"}`}: "other objects (--rule, --prefix,",
		{`{"format"`, `"format"`}:                  "job.json is damaged",
		{`"phase"`, `"keys":"1","phase"`}:          "is complete, and was begun with another list of keys",
	} {
		store := existing.NewMemory()
		if _, err := w.run(ctx, load(t, replicate), store); err != nil {
			t.Fatal(err)
		}
		content, _, _ := store.Get(ctx, "job.json")
		changed := strings.Replace(string(content), change[0], change[1], 1)
		if changed == string(content) {
			t.Fatalf("%s is not in %s", change[0], content)
		}
		_ = store.Put(context.Background(), "job.json", []byte(changed))
		if _, err := w.run(ctx, load(t, replicate), store); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
		if now, _, _ := store.Get(ctx, "job.json"); string(now) != changed {
			t.Errorf("%s: the job was written", want)
		}
	}
}

func TestWhatIsChangedInPlaceIsNoExtra(t *testing.T) {
	w := newWorld(t, "uploads", "replica")
	w.put("uploads", 3, key)
	w.put("replica", 1, func(int) string { return "nobody's" })
	ctx := osscall.WithCredentials(t.Context(), keys)
	set := load(t, replicate+`
  - name: cold
    match: {suffix: 1.jpg}
    copy: [{storage-class: IA, rewrite-in-place: true}]
`)
	j, err := existing.Open(ctx, w.config(set, existing.NewMemory()))
	if err == nil {
		err = j.Compare(ctx)
	}
	if err == nil {
		err = j.Extras(ctx)
	}
	if n := j.Counts().Extra.Copies; err != nil || n != 1 {
		t.Errorf("%d extra objects, want 1; %v", n, err)
	}
}

// ended refuses the first request as that of a session that has ended.
type ended struct {
	existing.BucketOSS
	refused bool
}

func (e *ended) PutObject(
	ctx context.Context, in *oss.PutObjectRequest, options ...func(*oss.Options),
) (*oss.PutObjectResult, error) {
	if !e.refused {
		e.refused = true
		return nil, &oss.ServiceError{StatusCode: http.StatusForbidden, Code: "SecurityTokenExpired"}
	}
	return e.BucketOSS.PutObject(ctx, in, options...)
}

func TestWhatASweepKeepsInTheBucketOfARoleIsWrittenAgainWithAnotherSession(t *testing.T) {
	w := newWorld(t, "uploads", "replica")
	ctx := osscall.WithCredentials(t.Context(), keys)
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
	for role, writes := range map[string]bool{"acs:ram::1:role/a": true, "": false} {
		store := &existing.Bucket{OSS: &ended{BucketOSS: client}, Bucket: "replica", Prefix: "sweep/", As: role}
		if err := store.Put(ctx, "a", []byte("b")); writes != (err == nil) {
			t.Errorf("as %q: %v", role, err)
		}
	}
}
