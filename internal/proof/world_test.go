package proof

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
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

var discardLog = slog.New(slog.DiscardHandler)

// world is a simulation in virtual time: an OSS in this process, a user who changes objects in it, and the instances of
// the function that handle the events.
type world struct {
	*localoss.Server
	program   *program
	ruleset   *ruleset
	set       *rules.Set
	faults    *faults
	scheduler *scheduler                // nil if nobody controls the order of requests
	footprint atomic.Pointer[footprint] // of the step that an interleaving is taking, or nil
	start     time.Time
	user      *oss.Client
	sessions  sessions       // of the role that is assumed
	running   sync.WaitGroup // invocations
	begun     atomic.Int64   // of those, how many an event began

	effects effects

	userLock chan struct{} // full while the user performs a step

	mu              sync.Mutex
	history         history
	versionCount    int                         // versions and deletions so far
	bucketVersions  map[string][]*sourceVersion // by key: the versions that the source bucket would hold
	inState         map[string]string           // by state object: the upload id in it
	onceInState     map[string]bool             // upload ids that have been in a state object
	abortUnanswered map[string]bool             // upload ids whose last abort got no reply
	partUnanswered  map[string]bool             // upload ids of which the reply to a part was lost
	endedBy         map[string]string           // by upload id: who was the first to abort or complete it
	writtenBy       map[string]string           // by bucket/key: who was the last to write it
	attempts        map[string]*attempt         // by access key: the last attempt of its invocation
	initiators      map[string]*attempt         // by upload id: the attempt that received it
	endedSweeps     []*attempt
	instances       map[int]*relay.Handler
	engines         atomic.Int64 // how many were made
	payloads        []payload    // events of the source bucket, the newest last
	invocations     int
	violations      []string
	log             []string
}

// begin begins an invocation, for an event that comes when nobody waits for it.
func (w *world) begin(invocation func()) {
	w.running.Go(invocation)
	w.begun.Add(1)
}

// awaitRunning waits for the invocations that have begun.
func (w *world) awaitRunning() {
	w.begun.Load() // orders this after the beginning of those that began in goroutines of the OSS
	w.running.Wait()
}

// programResult is what is wrong after a program has run, and the log of its run.
type programResult struct{ violations, log []string }

// runProgram runs a program to its end.
func runProgram(t *testing.T, p program) (result programResult) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(&p)
		if err != nil {
			t.Fatal(err)
		}
		w.runSteps(t.Context())
		w.awaitRunning()
		w.awaitRestores(t.Context())
		w.replayGivenUp(t.Context())
		w.judge()
		if p.losesEvents() && !w.keepsSources() {
			w.findLostEvents(t.Context())
		}
		if w.ruleset.follows() {
			w.deleteLeftovers(t.Context())
		}
		w.awaitRestores(t.Context()) // so that no event is still to come
		w.awaitRunning()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		result = programResult{w.violations, w.log}
	})
	return result
}

// accessKeys are the access keys of invocations. Each invocation has its own, so that every effect is known to belong
// to one.
var accessKeys = func() (all []string) {
	for n := range 300 {
		all = append(all, fmt.Sprintf("role-%d", n))
	}
	return all
}()

func newWorld(p *program) (*world, error) {
	w := &world{
		program: p, ruleset: &rulesets[p.ruleset], faults: newFaults(p), start: time.Now(),
		history: history{
			versions: map[string][]*sourceVersion{}, states: map[string][]objectState{},
			withoutEvent: map[string]bool{}, lost: map[string]bool{},
			abandoned: map[string]bool{}, forgetful: p.withoutState, ahead: p.far.clock, removals: newRemovals(),
		},
		inState: map[string]string{}, onceInState: map[string]bool{}, attempts: map[string]*attempt{},
		abortUnanswered: map[string]bool{}, partUnanswered: map[string]bool{}, endedBy: map[string]string{},
		writtenBy: map[string]string{}, initiators: map[string]*attempt{},
		instances: map[int]*relay.Handler{}, userLock: make(chan struct{}, 1),
		bucketVersions: map[string][]*sourceVersion{}, effects: effects{lastApplied: map[string]*effect{}},
	}
	access := map[string]localoss.AccessKey{"user": {Secret: "user", Principal: "user"}}
	for _, key := range accessKeys {
		access[key] = localoss.AccessKey{
			Secret: key, SecurityToken: key, Principal: "role", Role: "afterput/" + key}
	}
	if err := w.serveSTS(access); err != nil {
		return nil, err
	}
	var err error
	noEnv := func(string) (string, bool) { return "", false }
	if w.set, err = rules.Load("rules.yaml", p.yamlFile(w.ruleset), noEnv); err != nil {
		return nil, err
	}
	w.Server, err = localoss.New(localoss.Config{
		AccessKeys: access, Sessions: w.session,
		OnEvent: w.receiveEvent, OnChange: w.recordChange, Intercept: w.intercept,
		DeleteMarkerEvents: p.removals.markerEvents,
		RestoreTime:        func(class, _ string) time.Duration { return p.removals.restoreTakes[class] },
	})
	if err != nil {
		return nil, err
	}
	for _, bucket := range []string{sourceBucket, mirrorBucket, secondBucket} {
		var options []localoss.BucketOption
		if bucket == sourceBucket && p.versioned || bucket != sourceBucket && p.removals.versionedCopies {
			options = append(options, localoss.WithVersioning())
		}
		options = append(options, p.placeOf(bucket)...)
		if err := w.CreateBucket(bucket, options...); err != nil {
			return nil, err
		}
	}
	w.user = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("user", "user")).
		WithHttpClient(&http.Client{Transport: w.Transport()}))
	return w, w.suspendVersioning()
}

// instance returns an instance of the function. It is a new one if the instance of that number was killed.
func (w *world) instance(n int) *relay.Handler {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.instances[n] == nil {
		w.instances[n] = w.newHandler(w.program.removals.deletesAnHour)
	}
	return w.instances[n]
}

// unlimited is the deletesAnHour of who does not delete as an instance of the function.
const unlimited = -1

func (w *world) newHandler(deletesAnHour int) *relay.Handler {
	options := w.options()
	options.DeletesAnHour = deletesAnHour
	return relay.New(relay.Config{
		Rules:  relay.Fixed(w.set),
		Copier: copier.New(w.newClient(), options),
		Log:    discardLog,
	})
}

// newClient returns a client for the requests of attempts.
func (w *world) newClient() *oss.Client {
	return osscall.NewClient("cn-hangzhou", endpoint, transport{w.Transport()})
}

func (w *world) stateLocation() state.Location { return state.Location{Off: w.program.withoutState} }

func (w *world) replaceInstance(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.instances, n)
}

func (w *world) intercept(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.AccessKeyID == "user" {
		w.footprint.Load().useOf(call, true)
		return next()
	}
	w.footprint.Load().useOf(call, false)
	e := w.acceptRequest(call, func() *localoss.Response {
		w.footprint.Load().useOf(call, true)
		w.beforeEffect(call)
		done := next()
		w.afterEffect(call, done)
		return done
	})
	reply := w.faults.intercept(ctx, call, func() *localoss.Response {
		resumption := w.scheduler.stopEffect(call)
		if resumption == replyErrorFirst {
			w.applyLater(call, e)
			return call.Refuse(&localoss.Error{Code: localoss.InternalError, Status: http.StatusGatewayTimeout})
		}
		reply := e.apply()
		w.effectApplied(e)
		if reply != nil && reply.Code == "" {
			w.judgeWrite(call)
			w.recordEnd(call)
		}
		if reply != nil && call.Method != http.MethodHead && call.Method != http.MethodGet {
			w.logf("    OSS: %s: %d %s", call.Operation, reply.Status, reply.Code)
		}
		if resumption == loseReply {
			return nil
		}
		return reply
	})
	if w.pendingOf(e.accessKey) > 0 { // the effect may still come
		w.replyUnheard(func(other *effect) bool { return other == e })
	} else {
		w.effectOver(e)
	}
	return reply
}

// applyLater lets a request take effect when the scheduler releases it.
func (w *world) applyLater(call *localoss.Call, e *effect) {
	w.mu.Lock()
	a := w.attempts[w.callerOf(call.AccessKeyID)]
	w.mu.Unlock()
	release := call.Hold()
	a.addInFlight(1)
	go func() {
		defer a.addInFlight(-1)
		defer release()
		w.scheduler.stopLateEffect(call)
		e.apply()
		w.logf("    OSS: %s: done", call.Operation)
		w.effectApplied(e)
	}()
}

// recordChange records the new state of a destination or a state object.
func (w *world) recordChange(bucket, key string, now *localoss.Object) {
	s := objectState{at: time.Since(w.start)}
	if now != nil {
		content, err := io.ReadAll(now.Reader())
		if err != nil {
			w.addViolation("%s/%s cannot be read: %v", bucket, key, err)
		}
		s.putAt = now.LastModified.Sub(w.start)
		s.content, s.linkTarget, s.acl, s.keeps = content, now.SymlinkTarget, now.ACL, keepsVersion(now)
		s.attributes = attributes{
			contentType: now.ContentType, cacheControl: now.CacheControl,
			color: now.Meta["color"], class: now.StorageClass,
		}
		s.tags = tags{}
		for _, t := range now.Tags {
			s.tags[t.Key] = t.Value
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch place := bucket + "/" + key; {
	case state.Location{}.Holds(bucket, key):
		delete(w.inState, place)
		if id := uploadIDInState.FindSubmatch(s.content); id != nil {
			w.inState[place] = string(id[1])
			w.onceInState[string(id[1])] = true
		}
	case bucket != sourceBucket || !fromUser(key) || w.ruleset.inPlace:
		w.history.states[place] = append(w.history.states[place], s)
		w.log = append(w.log, fmt.Sprintf("%10v   %s is %v", s.at, place, s))
	}
}

func (w *world) logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf("%10v %s", time.Since(w.start), fmt.Sprintf(format, args...)))
}

// addViolation records that something which must hold does not.
func (w *world) addViolation(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// credentialsOf returns the credentials of an invocation, for its access key.
func credentialsOf(accessKey string) osscall.Credentials {
	return osscall.Credentials{AccessKeyID: accessKey, AccessKeySecret: accessKey, SecurityToken: accessKey}
}
