package proof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
)

// scenario is a small case whose interleavings are all run: version 1 was put and one handler handles its event; at
// some moment version 2 is put, and another handler handles its event.
type scenario struct {
	size                     int
	secondStep               stepKind // how version 2 is put; or stepSameEvent
	maxKills, maxLostReplies int      // how many may happen
	maxErrorReplies          int      // error replies before the effect
	withState                bool     // state is on, and only what it depends on is ordered
}

// scenarioSingleCopyLimit is the single-copy limit in scenarios. A small object in parts takes less CPU time.
const scenarioSingleCopyLimit = 1 << 10

// handler handles the event of one version, in as many attempts as it takes.
type handler struct {
	accessKey string
	payload   payload
	attempts  int
	current   *attempt
	running   bool
	failed    bool
	done      bool
}

// scenarioRun is one interleaving of a scenario, as it unfolds.
type scenarioRun struct {
	*world
	scenario     scenario
	ctx          context.Context
	handlers     []*handler
	kills        int
	lostReplies  int
	errorReplies int
	timeSteps    int
	versionsPut  int
	lostReplyOf  string // the handler that lost the reply to a request that had taken effect
}

// choice is something that may happen next. It changes, in addition to what its requests change, a handler, and
// perhaps how much may still go wrong.
type choice struct {
	name    string
	changes []string
	do      func()
}

// newRun begins the scenario in a world of its own, in which version 1 is put.
func (s scenario) newRun(t *testing.T) *scenarioRun {
	w, err := newWorld(&program{confirm: copier.ConfirmAlways, withoutState: !s.withState, instantOSS: true})
	if err != nil {
		t.Fatal(err)
	}
	w.scheduler = &scheduler{
		stopsReplies: s.maxLostReplies > 0, fewerStops: s.size > scenarioSingleCopyLimit, stateOnly: s.withState,
		released: map[string][]string{},
	}
	r := &scenarioRun{world: w, scenario: s, ctx: t.Context()}
	for _, key := range accessKeys[:2] {
		r.handlers = append(r.handlers, &handler{accessKey: key})
	}
	r.putNext(stepPut)
	return r
}

// take makes one choice happen, to the end of all that follows from it, and returns its footprint.
func (r *scenarioRun) take(c choice) *footprint {
	r.logf("-> %s", c.name)
	f := newFootprint()
	for _, what := range c.changes {
		f.use(what, true)
	}
	r.footprint.Store(f)
	c.do()
	synctest.Wait()
	f.end()
	return f
}

// putNext puts the next version of the one object. Its handler starts immediately, and stops at its first request.
func (r *scenarioRun) putNext(k stepKind) {
	if k == stepSameEvent {
		r.handlers[1].payload = r.handlers[0].payload
		r.versionsPut++
		r.startAttempt(r.handlers[1])
		return
	}
	s := step{
		kind: k, key: matchedKeys[0], size: r.scenario.size, content: r.versionsPut,
		attributes: attributeSets[r.versionsPut],
	}
	announced := r.perform(r.ctx, s)
	h := r.handlers[r.versionsPut]
	h.payload = announced[len(announced)-1]
	r.versionsPut++
	r.startAttempt(h)
}

// stepSameEvent delivers the event of version 1 again, in place of a second version.
const stepSameEvent stepKind = -1

// choices returns all that may happen next, in a fixed order. No two have the same name.
func (r *scenarioRun) choices() (all []choice) {
	stoppedRequests := r.scheduler.waiting()
	sleeping := ""
	for _, h := range r.handlers {
		its := []string{h.accessKey}
		if h.failed && !h.running && h.current.inFlight() == 0 {
			all = append(all, choice{"retry " + h.accessKey, its, func() { r.startAttempt(h) }})
		}
		if h.running && !slices.ContainsFunc(stoppedRequests, func(stopped *stoppedRequest) bool {
			return stopped.accessKey == h.accessKey
		}) {
			sleeping = h.accessKey
		}
		if h.running && r.kills < r.scenario.maxKills {
			all = append(all, choice{"kill " + h.accessKey, []string{h.accessKey, "kills"}, func() { r.kill(h) }})
		}
	}
	for _, stopped := range stoppedRequests {
		all = append(all, choice{stopped.accessKey + " " + stopped.name, []string{stopped.accessKey}, func() {
			r.scheduler.release(stopped, proceed, r.visibleToRequest())
		}})
		mayLoseReply := strings.HasPrefix(stopped.name, "answer") || r.scenario.withState
		if mayLoseReply && r.lostReplies < r.scenario.maxLostReplies {
			changes := []string{stopped.accessKey, "lost replies"}
			all = append(all, choice{stopped.accessKey + " " + stopped.name + " is lost", changes, func() {
				r.lostReplies++
				if r.versionsPut == 1 && !r.scenario.withState {
					r.lostReplyOf = stopped.accessKey
				}
				r.scheduler.release(stopped, loseReply, "")
			}})
		}
	}
	for _, stopped := range stoppedRequests {
		if strings.HasPrefix(stopped.name, "effect") && r.errorReplies < r.scenario.maxErrorReplies {
			changes := []string{stopped.accessKey, "error replies"}
			all = append(all, choice{stopped.accessKey + " " + stopped.name + " says 504", changes, func() {
				r.errorReplies++
				r.scheduler.release(stopped, replyErrorFirst, "")
			}})
		}
	}
	if r.versionsPut == 1 { // from then on a lost reply means something else
		all = append(all, choice{"next version", []string{r.handlers[1].accessKey, "lost replies"}, func() {
			r.lostReplyOf = ""
			r.putNext(r.scenario.secondStep)
		}})
	}
	if sleeping != "" {
		all = append(all, choice{"time passes", nil, func() { r.timeSteps++; time.Sleep(r.scenario.timeStep()) }})
	}
	for i := range all {
		for j := range all[:i] {
			if all[j].name == all[i].name {
				all[i].name += " too"
			}
		}
	}
	return all
}

// kill kills a handler, and waits until its goroutines have noticed that their requests fail.
func (r *scenarioRun) kill(h *handler) {
	r.kills++
	h.current.kill()
	for synctest.Wait(); h.running; synctest.Wait() {
		time.Sleep(r.scenario.timeStep())
	}
}

func choiceNames(choices []choice) (all []string) {
	for _, c := range choices {
		all = append(all, c.name)
	}
	return all
}

// startAttempt starts the next attempt of a handler's invocation.
func (r *scenarioRun) startAttempt(h *handler) {
	if h.attempts == 12 {
		r.addViolation("%s did not succeed in %d attempts", h.accessKey, h.attempts)
		h.failed, h.done = false, true
		return
	}
	a := &attempt{
		world: r.world, name: fmt.Sprintf("%s.%d", h.accessKey, h.attempts), accessKey: h.accessKey,
		killSignal: make(chan struct{}),
	}
	ctx, cancel := context.WithTimeout(context.WithValue(r.ctx, attemptKey{}, a), 10*time.Minute)
	a.cancel = cancel
	count := h.attempts
	h.running, h.failed, h.current = true, false, a
	h.attempts++
	r.mu.Lock()
	r.world.attempts[h.accessKey] = a
	r.mu.Unlock()
	r.scheduler.forget(h.accessKey) // an attempt remembers nothing of the one before
	r.running.Go(func() {
		defer cancel()
		instance := relay.New(relay.Config{Rules: relay.Fixed(r.set), Log: discardLog, Copier: copier.New(
			osscall.NewClient("cn-hangzhou", endpoint, transport{r.Transport()}),
			copier.Options{PartSize: 100 << 10, SingleCopyLimit: scenarioSingleCopyLimit,
				Confirm: copier.ConfirmAlways, State: state.Location{Off: !r.scenario.withState}})})
		_, err := instance.Handle(ctx, relay.Invocation{
			RequestID: a.name, RetryCount: count, Credentials: credentialsOf(h.accessKey),
		}, h.payload.body)
		h.running = false
		h.failed = err != nil || a.killed()
		h.done = !h.failed
		var failure *relay.Failure
		if errors.As(err, &failure) && r.lostReplyOf == h.accessKey && !a.killed() {
			r.addViolation("%s: failed because of a lost reply, although the request had taken effect: %v", a.name, err)
		}
		r.logf("%s ends, failed: %t", a.name, h.failed)
	})
}

// visible returns what requests can see of source and destination.
func (r *scenarioRun) visible() string {
	s := r.stateOf(mirrorBucket + "/" + matchedKeys[0])
	seen := fmt.Sprint(r.versionsPut, excerpt(s.content), s.attributes)
	if r.scenario.withState {
		seen += r.openUploads()
	}
	return seen
}

// visibleToRequest returns what a released request sees, as far as it matters for telling states apart. What a request
// learns of state objects and uploads shows in what its attempt does next.
func (r *scenarioRun) visibleToRequest() string {
	if r.scenario.withState {
		return ""
	}
	return r.visible()
}

// openUploads returns the open uploads, who began them, and which of them are in a state object.
func (r *scenarioRun) openUploads() string {
	var b strings.Builder
	names := map[string]string{}
	for i, u := range r.Uploads(mirrorBucket) {
		owner := ""
		r.mu.Lock()
		if t := r.initiators[u.ID]; t != nil {
			owner = t.name
		}
		r.mu.Unlock()
		names[u.ID] = fmt.Sprint(i, owner, u.Parts)
		fmt.Fprint(&b, " ", names[u.ID])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var named []string
	for _, id := range r.inState {
		named = append(named, names[id]) // "" for an upload that is gone
	}
	slices.Sort(named)
	fmt.Fprintf(&b, " named %q", named)
	return b.String()
}

// fingerprint returns all that decides how things can go on: the objects, what each handler that runs or has a request
// in flight has seen so far, and the choices.
func (r *scenarioRun) fingerprint(choices []string) string {
	r.scheduler.mu.Lock()
	defer r.scheduler.mu.Unlock()
	var b strings.Builder
	fmt.Fprint(&b, r.visible(), r.kills, r.lostReplies, r.errorReplies, r.lostReplyOf, choices)
	for _, h := range r.handlers {
		if h.current != nil && (h.running || h.current.inFlight() > 0) {
			fmt.Fprint(&b, slices.Sorted(slices.Values(r.scheduler.released[h.accessKey])))
		}
		fmt.Fprint(&b, h.running, h.failed, h.done, h.attempts)
	}
	return b.String()
}

// finish releases everything, and waits until it has ended.
func (r *scenarioRun) finish() {
	for _, h := range r.handlers {
		if h.running {
			h.current.kill()
		}
	}
	r.scheduler.releaseAll()
	r.running.Wait()
	for _, h := range r.handlers {
		if h.current != nil {
			h.current.inFlightGroup.Wait()
		}
	}
}

// timeStep is how much time passes in one step. No timer of the engine ends at the same instant, so that what happens
// first is always the same. More than a second lets two objects have different Last-Modified times. Less than a second
// keeps the number of requests the same that the clean-up of state objects sends again after a second.
func (s scenario) timeStep() time.Duration {
	if s.withState {
		return 990 * time.Millisecond
	}
	return 1010 * time.Millisecond
}

// The least numbers of states are about half of the numbers when the tests were written. Far fewer states would mean
// that requests are no longer stopped. Scenarios that take long, the largest some minutes, run only if AFTERPUT_ALL is
// set.

func TestEveryOrderOfTwoVersions(t *testing.T) {
	const size = 40
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut, maxKills: 1}, 1000, false)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut, maxLostReplies: 1}, 1200, false)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut, maxErrorReplies: 1}, 1900, false)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPutSameContent}, 200, false)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut, maxKills: 1, maxLostReplies: 1}, 6500, true)
}

func TestEveryOrderOfTwoVersionsInParts(t *testing.T) {
	const size = 130 << 10
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut}, 220, false)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPutSameContent}, 900, true)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut, maxLostReplies: 1}, 1700, true)
	checkEveryOrder(t, scenario{size: size, secondStep: stepPut, maxKills: 1}, 1200, true)
}

// An open upload must be in a state object, whatever happens to state objects in between.
func TestEveryOrderOfStateObjects(t *testing.T) {
	const size = 2 * scenarioSingleCopyLimit // one part
	for _, second := range []stepKind{stepSameEvent, stepPut} {
		both := scenario{size: size, secondStep: second, maxKills: 1, maxLostReplies: 1, withState: true}
		checkEveryOrder(t, both, 4500, true)
		checkEveryOrder(t, scenario{size: size, secondStep: second, withState: true}, 50, false)
		checkEveryOrder(t, scenario{size: size, secondStep: second, maxKills: 1, withState: true}, 450, true)
		checkEveryOrder(t, scenario{size: size, secondStep: second, maxLostReplies: 1, withState: true}, 420, true)
		checkEveryOrder(t, scenario{size: size, secondStep: second, maxErrorReplies: 1, withState: true}, 500, true)
	}
}

func checkEveryOrder(t *testing.T, s scenario, least int, long bool) {
	t.Helper()
	if long && os.Getenv("AFTERPUT_ALL") == "" || testing.Short() {
		return
	}
	began := time.Now()
	orders, states := runEveryOrder(t, s)
	t.Logf("%+v: %d orders, %d states, %s", s, orders, states, time.Since(began))
	if states < least && !t.Failed() {
		t.Errorf("only %d states, want at least %d", states, least)
	}
}
