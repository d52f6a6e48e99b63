package proof

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
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

// removalScenario is a small case of a removal or of a move, all orders of whose requests are run: the user performs
// the steps, one after the other, at any moment, and each step's event is handled by a handler of its own.
type removalScenario struct {
	rules     string
	versioned bool // the source bucket
	before    []string
	steps     []string // "delete", or the content to put
	kills     int
	judge     func(r *removalRun)
}

// removalRun is one order of a scenario, as it unfolds.
type removalRun struct {
	*localoss.Server
	scenario removalScenario
	set      *rules.Set
	user     *oss.Client
	handlers []*removalHandler
	done     int // steps
	kills    int

	mu         sync.Mutex
	stopped    []*removalStop
	events     [][]byte
	contents   []string // that the source has had, "" for none
	violations []string
	log        []string
}

// removalHandler handles one event, in as many attempts as it takes.
type removalHandler struct {
	name    string
	payload []byte
	attempt int
	running bool
	failed  bool
	kill    context.CancelFunc
	seen    []string // what was released for it, and what could be seen then
}

// removalStop is a request that waits.
type removalStop struct {
	handler, name string
	resume        chan struct{}
}

const removalKey = "in/k"

func (s removalScenario) start(t *testing.T) *removalRun {
	r := &removalRun{scenario: s, contents: []string{""}}
	keys := map[string]localoss.AccessKey{"user": {Secret: "user"}, "denied": {Secret: "denied"}}
	for i := range len(s.before) + len(s.steps) {
		keys[fmt.Sprint("h", i)] = localoss.AccessKey{Secret: "h"}
	}
	var err error
	file := "version: 1\nsources: [source-bucket]\nrules:\n" + s.rules
	if r.set, err = rules.Load("r.yaml", []byte(file), nil); err != nil {
		t.Fatal(err)
	}
	r.Server, err = localoss.New(localoss.Config{AccessKeys: keys, OnEvent: r.keepEvent, OnChange: r.keepContent,
		Intercept: r.stopEffect, Authorize: denySource})
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{sourceBucket, mirrorBucket} {
		var options []localoss.BucketOption
		if bucket == sourceBucket && s.versioned {
			options = append(options, localoss.WithVersioning())
		}
		if err := r.CreateBucket(bucket, options...); err != nil {
			t.Fatal(err)
		}
	}
	r.user = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("user", "user")).
		WithHttpClient(&http.Client{Transport: r.Transport()}))
	for _, step := range s.before { // to their ends, before anything is ordered
		h := r.perform(t, step)
		r.begin(h)
		for h.running {
			synctest.Wait()
			for stop := r.next(); stop != nil; stop = r.next() {
				r.release(stop)
				synctest.Wait()
			}
		}
	}
	r.handlers = nil
	return r
}

func (r *removalRun) keepEvent(payload []byte) {
	if strings.Contains(string(payload), `"name":"`+sourceBucket+`"`) && strings.Contains(string(payload), removalKey) {
		r.events = append(r.events, payload)
	}
}

func (r *removalRun) keepContent(bucket, _ string, now *localoss.Object) {
	if bucket == sourceBucket {
		r.contents = append(r.contents, textOf(now))
	}
}

func textOf(o *localoss.Object) string {
	if o == nil {
		return ""
	}
	content, err := io.ReadAll(o.Reader())
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// at is what an object holds, "" for none.
func (r *removalRun) at(bucket string) string {
	o, there := r.Object(bucket, removalKey)
	if !there {
		return ""
	}
	return textOf(o)
}

// perform performs a step of the user, and returns the handler of its event.
func (r *removalRun) perform(t *testing.T, step string) *removalHandler {
	ctx := t.Context()
	time.Sleep(1010 * time.Millisecond) // versions have times of their own
	var err error
	if step == "delete" {
		_, err = r.user.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(sourceBucket),
			Key: oss.Ptr(removalKey)})
	} else {
		_, err = r.user.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(sourceBucket), Key: oss.Ptr(removalKey),
			Body: strings.NewReader(step)})
	}
	if err != nil {
		t.Fatal(err)
	}
	h := &removalHandler{name: fmt.Sprint("h", len(r.handlers)), payload: r.events[len(r.events)-1]}
	r.handlers = append(r.handlers, h)
	return h
}

// begin begins the next attempt of a handler.
func (r *removalRun) begin(h *removalHandler) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	h.kill, h.running, h.failed, h.seen = cancel, true, false, nil
	retries := h.attempt
	h.attempt++
	if retries == 8 {
		r.violations = append(r.violations, h.name+" did not succeed in 8 attempts")
		h.running = false
		return
	}
	handler := relay.New(relay.Config{Rules: relay.Fixed(r.set), Log: discardLog, Copier: copier.New(
		osscall.NewClient("cn-hangzhou", endpoint, stoppingTransport{r, h}),
		copier.Options{Confirm: copier.ConfirmAlways, State: state.Location{Off: true}})})
	go func() {
		defer cancel()
		_, err := handler.Handle(ctx, relay.Invocation{RequestID: h.name, RetryCount: retries,
			Credentials: osscall.Credentials{AccessKeyID: h.name, AccessKeySecret: "h"}}, h.payload)
		r.mu.Lock()
		defer r.mu.Unlock()
		h.running, h.failed = false, err != nil || ctx.Err() != nil
		r.log = append(r.log, fmt.Sprintf("%s ends, failed: %t", h.name, h.failed))
	}()
}

// stoppingTransport stops the requests of a handler whose order matters, before they are sent.
type stoppingTransport struct {
	run     *removalRun
	handler *removalHandler
}

func (s stoppingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ordered := req.Method == http.MethodHead || req.Method == http.MethodDelete || req.URL.Query().Has("versions") ||
		req.Header.Get("X-Oss-Copy-Source") != ""
	if ordered {
		name := req.Method + " " + strings.Split(req.URL.Path, "/")[1]
		if err := s.run.stop(req.Context(), s.handler.name, name); err != nil {
			return nil, err
		}
	}
	return s.run.Transport().RoundTrip(req)
}

// stopEffect stops what OSS has accepted: a copy, whose source is then decided, even if its handler was killed.
func (r *removalRun) stopEffect(
	_ context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	if (call.Name == "CopyObject" || call.Name == "DeleteObject") && strings.HasPrefix(call.AccessKeyID, "h") {
		_ = r.stop(context.Background(), call.AccessKeyID, "effect "+call.Name)
	}
	return next()
}

func (r *removalRun) stop(ctx context.Context, handler, name string) error {
	s := &removalStop{handler, name, make(chan struct{})}
	r.mu.Lock()
	r.stopped = append(r.stopped, s)
	r.mu.Unlock()
	select {
	case <-s.resume:
		return nil
	case <-ctx.Done():
		r.forget(s)
		return ctx.Err()
	}
}

func (r *removalRun) forget(s *removalStop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = slices.DeleteFunc(r.stopped, func(o *removalStop) bool { return o == s })
}

// waiting lists the stopped requests in an order that is always the same.
func (r *removalRun) waiting() []*removalStop {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.stopped)
	slices.SortStableFunc(all, func(a, b *removalStop) int {
		return strings.Compare(a.handler+a.name, b.handler+b.name)
	})
	return all
}

func (r *removalRun) next() *removalStop {
	if all := r.waiting(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (r *removalRun) release(s *removalStop) {
	r.forget(s)
	close(s.resume)
}

// visible is what any request can see.
func (r *removalRun) visible() string {
	return fmt.Sprintf("%q %d %q", r.at(sourceBucket), len(r.Versions(sourceBucket, removalKey)), r.at(mirrorBucket))
}

// choices are all that can happen next.
func (r *removalRun) choices(t *testing.T) (names []string, do []func()) {
	add := func(name string, f func()) { names, do = append(names, name), append(do, f) }
	waiting := r.waiting()
	of := func(h *removalHandler) bool {
		return slices.ContainsFunc(waiting, func(s *removalStop) bool { return s.handler == h.name })
	}
	for _, s := range waiting {
		add(s.handler+" "+s.name, func() {
			for _, h := range r.handlers {
				if h.name == s.handler {
					h.seen = append(h.seen, s.name+" "+r.visible())
				}
			}
			r.release(s)
		})
	}
	for _, h := range r.handlers {
		if h.running && r.kills < r.scenario.kills {
			add("kill "+h.name, func() { r.kills++; h.kill() })
		}
		if h.failed && !h.running && !of(h) { // what it left running is over
			add("retry "+h.name, func() { r.begin(h) })
		}
	}
	if r.done < len(r.scenario.steps) {
		step := r.scenario.steps[r.done]
		add("user "+step, func() {
			r.done++
			r.begin(r.perform(t, step))
		})
	}
	return names, do
}

// fingerprint is all that decides how things can go on.
func (r *removalRun) fingerprint(names []string) string {
	f := fmt.Sprint(r.visible(), r.done, r.kills, names)
	for _, h := range r.handlers {
		f += fmt.Sprint(" | ", h.attempt, h.running, h.failed, h.seen)
	}
	return f
}

// runEveryRemovalOrder runs all orders, but each state once, and returns how many states there are.
func runEveryRemovalOrder(t *testing.T, s removalScenario) int {
	reached := map[string]bool{}
	todo := [][]int{nil} // the choices with which each order begins
	for len(todo) > 0 && !t.Failed() {
		begin := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		synctest.Test(t, func(t *testing.T) { todo = append(todo, s.runOrder(t, begin, reached)...) })
	}
	return len(reached)
}

// runOrder runs the order that begins with some choices and goes on with the first of each, up to a state that was
// reached before. It returns how the orders begin that take another choice on the way.
func (s removalScenario) runOrder(t *testing.T, begin []int, reached map[string]bool) (others [][]int) {
	r := s.start(t)
	defer func() {
		for _, h := range r.handlers {
			if h.running {
				h.kill()
			}
		}
		for stop := r.next(); stop != nil; stop = r.next() {
			r.release(stop)
			synctest.Wait()
		}
		time.Sleep(time.Hour)
		_ = r.Close()
	}()
	var taken []int
	for sleeps := 0; ; {
		synctest.Wait()
		names, do := r.choices(t)
		if len(do) == 0 {
			if slices.ContainsFunc(r.handlers, func(h *removalHandler) bool { return h.running }) && sleeps < 100 {
				sleeps++
				time.Sleep(1010 * time.Millisecond)
				continue
			}
			break
		}
		choice := 0
		if len(taken) < len(begin) {
			choice = begin[len(taken)]
		} else {
			f := r.fingerprint(names)
			if reached[f] {
				return others
			}
			reached[f] = true
			for i := 1; i < len(do); i++ {
				others = append(others, append(slices.Clone(taken), i))
			}
		}
		taken = append(taken, choice)
		r.log = append(r.log, "-> "+names[choice]+"   "+r.visible())
		do[choice]()
	}
	s.judge(r)
	if len(r.violations) > 0 {
		t.Errorf("%s\n\n%s\n%s", strings.Join(r.violations, "\n"), strings.Join(r.log, "\n"), r.visible())
	}
	return others
}

const mirrorRules = `
  - name: mirror
    match: {}
    copy: [{bucket: mirror-bucket}]
    delete: [{bucket: mirror-bucket, without-versioning: true}]
`

const moveRules = `
  - name: move
    match: {}
    copy: [{bucket: mirror-bucket, delete-source: true}]
  - name: follow
    match: {}
    delete: [{bucket: mirror-bucket, without-versioning: true}]
`

// isMirror judges that the copy is what the source is.
func isMirror(r *removalRun) {
	if source, copied := r.at(sourceBucket), r.at(mirrorBucket); source != copied {
		r.violations = append(r.violations, fmt.Sprintf("the source holds %q, the copy %q", source, copied))
	}
}

// isMoved judges that the newest version is at the destination, and that no older one came back.
func isMoved(r *removalRun) {
	if copied := r.at(mirrorBucket); copied != "v2" {
		r.violations = append(r.violations, fmt.Sprintf("the destination holds %q, want v2", copied))
	}
	second := slices.Index(r.contents, "v2")
	if second >= 0 && slices.Contains(r.contents[second:], "v1") {
		r.violations = append(r.violations, fmt.Sprintf("an older version came back: %q", r.contents))
	}
}

// checkEveryRemovalOrder runs all orders; those of a long scenario only if AFTERPUT_ALL is set. With -short it runs
// them only to catch a mutant.
func checkEveryRemovalOrder(t *testing.T, s removalScenario, least int, long bool) {
	t.Helper()
	if long && os.Getenv("AFTERPUT_ALL") == "" || testing.Short() && os.Getenv("AFTERPUT_MUTANT") == "" {
		return
	}
	began := time.Now()
	states := runEveryRemovalOrder(t, s)
	t.Logf("%q after %q, %d kills: %d states, %s", s.steps, s.before, s.kills, states, time.Since(began))
	if states < least && !t.Failed() {
		t.Errorf("only %d states, want at least %d", states, least)
	}
}

func TestEveryOrderOfARemovalAndANewUpload(t *testing.T) {
	s := removalScenario{rules: mirrorRules, before: []string{"v1"}, steps: []string{"delete", "v2"}, judge: isMirror}
	checkEveryRemovalOrder(t, s, 600, false)
	s.kills = 1
	checkEveryRemovalOrder(t, s, 4000, true)
}

func TestEveryOrderOfAnUploadAndItsRemoval(t *testing.T) {
	s := removalScenario{rules: mirrorRules, steps: []string{"v1", "delete"}, judge: isMirror}
	checkEveryRemovalOrder(t, s, 140, false)
	s.kills = 1
	checkEveryRemovalOrder(t, s, 950, false)
}

func TestEveryOrderOfAMoveAndANewUpload(t *testing.T) {
	s := removalScenario{rules: moveRules, versioned: true, steps: []string{"v1", "v2"}, judge: isMoved}
	checkEveryRemovalOrder(t, s, 1000, false)
	s.kills = 1
	checkEveryRemovalOrder(t, s, 10000, true)
}
