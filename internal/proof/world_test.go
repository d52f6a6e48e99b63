package proof

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
	"afterput/rules"
)

const endpoint = "http://127.0.0.1"

var quiet = slog.New(slog.DiscardHandler)

// world is an OSS in this process, a user who changes objects in it, and the
// instances of the function that its events run, all in virtual time.
type world struct {
	*localoss.Server
	program *program
	rules   *ruleset
	set     *rules.Set
	weather *weather
	stage   *stage // nil where nobody directs
	born    time.Time
	user    *oss.Client
	running sync.WaitGroup // invocations

	effects effects

	hand chan struct{} // holds one while the user does something

	mu        sync.Mutex
	history   history
	versions  int                  // uploads and removals so far
	kept      map[string][]*upload // by key: the versions in a versioned source bucket
	named     map[string]string    // by state object: the upload it names
	ever      map[string]bool      // uploads that a state object named once
	deaf      map[string]bool      // uploads whose abort was not answered at the last
	partless  map[string]bool      // uploads of which the answer to a part was lost
	tries     map[string]*try      // by access key: the last of its invocation
	owners    map[string]*try      // of the uploads that somebody knew of
	instances map[int]*relay.Handler
	payloads  []payload // of the source bucket, the newest last
	invoked   int
	wrongs    []string
	lines     []string
}

// verdict is what became of a program.
type verdict struct{ wrong, lines []string }

// run runs a program to its end.
func run(t *testing.T, p program) (v verdict) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(&p)
		if err != nil {
			t.Fatal(err)
		}
		w.play(t.Context())
		w.running.Wait()
		w.judge()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		v = verdict{w.wrongs, w.lines}
	})
	return v
}

// keys are the access keys of invocations: each has one of its own, so that what
// is still to take effect is known to be its.
var keys = func() (all []string) {
	for n := range 300 {
		all = append(all, fmt.Sprintf("role-%d", n))
	}
	return all
}()

func newWorld(p *program) (*world, error) {
	w := &world{
		program: p, rules: &rulesets[p.rules], weather: newWeather(p), born: time.Now(),
		history: history{uploads: map[string][]*upload{}, states: map[string][]view{}, silent: map[string]bool{}},
		named:   map[string]string{}, ever: map[string]bool{}, tries: map[string]*try{}, deaf: map[string]bool{},
		partless: map[string]bool{}, owners: map[string]*try{}, instances: map[int]*relay.Handler{},
		hand: make(chan struct{}, 1), kept: map[string][]*upload{}, effects: effects{stands: map[string]*effect{}},
	}
	access := map[string]localoss.AccessKey{"user": {Secret: "user"}}
	for _, key := range keys {
		access[key] = localoss.AccessKey{Secret: key, SecurityToken: key, Principal: "role"}
	}
	var err error
	if w.set, err = rules.Load("rules.yaml", w.rules.file(), func(string) (string, bool) { return "", false }); err != nil {
		return nil, err
	}
	w.Server, err = localoss.New(localoss.Config{AccessKeys: access, OnEvent: w.hear, OnChange: w.see, Intercept: w.intercept})
	if err != nil {
		return nil, err
	}
	for _, bucket := range []string{source, mirror, second} {
		var options []localoss.BucketOption
		if bucket == source && p.versioned {
			options = append(options, localoss.WithVersioning())
		}
		if err := w.CreateBucket(bucket, options...); err != nil {
			return nil, err
		}
	}
	w.user = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("user", "user")).
		WithHttpClient(&http.Client{Transport: w.Transport()}))
	return w, nil
}

// instance gives a handler with a copier of its own; the one that was killed is
// replaced by another.
func (w *world) instance(n int) *relay.Handler {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.instances[n] == nil {
		w.instances[n] = relay.New(relay.Config{
			Rules: relay.Fixed(w.set),
			Copier: copier.New(osscall.NewClient("cn-hangzhou", endpoint, wire{w.Transport()}), copier.Options{
				PartSize: 100 << 10, SingleCopyLimit: medium, Confirm: w.program.confirm, State: state.Location{Off: w.program.forget},
			}),
			Log: quiet,
		})
	}
	return w.instances[n]
}

func (w *world) replace(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.instances, n)
}

func (w *world) intercept(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.AccessKeyID == "user" {
		return next()
	}
	e := w.accept(call, next)
	reply := w.weather.intercept(ctx, call, func() *localoss.Response {
		fate := w.stage.lands(call)
		if fate == errorFirst {
			w.later(call, e)
			return call.Refuse(&localoss.Error{Code: localoss.InternalError, Status: http.StatusGatewayTimeout})
		}
		reply := e.land()
		w.landed(e)
		if reply != nil && reply.Code == "" {
			w.wrote(call)
		}
		if reply != nil && call.Method != http.MethodHead && call.Method != http.MethodGet {
			w.logf("    OSS: %s: %d %s", call.Operation, reply.Status, reply.Code)
		}
		if fate == lostReply {
			return nil
		}
		return reply
	})
	if w.weather.faults.Pending(e.by) > 0 { // it may be this one
		w.unheard(func(o *effect) bool { return o == e })
	} else {
		w.over(e)
	}
	return reply
}

// later lets a request take effect when the stage lets it.
func (w *world) later(call *localoss.Call, e *effect) {
	w.mu.Lock()
	t := w.tries[call.AccessKeyID]
	w.mu.Unlock()
	release := call.Hold()
	t.fly(1)
	go func() {
		defer t.fly(-1)
		defer release()
		w.stage.landsLate(call)
		e.land()
		w.logf("    OSS: %s: done", call.Operation)
		w.landed(e)
	}()
}

// see records every state of every destination.
func (w *world) see(bucket, key string, now *localoss.Object) {
	s := view{at: time.Since(w.born)}
	if now != nil {
		content, err := io.ReadAll(now.Reader())
		if err != nil {
			w.wrong("%s/%s cannot be read: %v", bucket, key, err)
		}
		s.content, s.target, s.acl = content, now.SymlinkTarget, now.ACL
		s.look = look{contentType: now.ContentType, cacheControl: now.CacheControl, color: now.Meta["color"], class: now.StorageClass}
		s.tags = tags{}
		for _, t := range now.Tags {
			s.tags[t.Key] = t.Value
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch place := bucket + "/" + key; {
	case state.Location{}.Holds(bucket, key):
		delete(w.named, place)
		if id := stateID.FindSubmatch(s.content); id != nil {
			w.named[place] = string(id[1])
			w.ever[string(id[1])] = true
		}
	case bucket != source || !fromUser(key) || w.rules.inPlace:
		w.history.states[place] = append(w.history.states[place], s)
		w.lines = append(w.lines, fmt.Sprintf("%10v   %s shows %v", s.at, place, s))
	}
}

func (w *world) logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, fmt.Sprintf("%10v %s", time.Since(w.born), fmt.Sprintf(format, args...)))
}

// wrong takes note of a promise that was broken.
func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = append(w.wrongs, fmt.Sprintf(format, args...))
}
