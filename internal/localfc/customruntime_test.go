//go:build unix

package localfc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/localfc"
)

func TestCustomRuntimeWithConcurrency1BehavesAsTheBuiltInOne(t *testing.T) {
	asCustom = true
	defer func() { asCustom = false }()
	for name, test := range map[string]func(*testing.T){
		"responses":                TestResponseReachesTheCallerUnchanged,
		"retries":                  TestFailedEventsAreRetriedWithTheirRetryCount,
		"events given up":          TestEventsGivenUpHaveTheShapeOfAnOnFailureDestination,
		"synchronous":              TestASynchronousInvocationIsNotRetried,
		"order":                    TestOneInstanceHandlesOneEventAtATimeInOrder,
		"side by side":             TestSeveralInstancesWorkSideBySide,
		"warm":                     TestAWarmInstanceIsUsedBeforeAnotherIsStarted,
		"withdrawn":                TestACallerThatGivesUpWithdrawsItsWaitingEvent,
		"usage":                    TestUsageIsMeteredAsFCBills,
		"time-out":                 TestAProcessIsKilledAtTheTimeOutAndTheNextEventGetsANewOne,
		"death":                    TestAProcessThatDiesFailsItsEventAndIsStartedAgain,
		"death between two events": TestAProcessKilledBetweenTwoEventsIsReplacedBeforeTheNext,
		"running before dead":      TestARunningProcessIsUsedBeforeADeadOneIsReplaced,
		"start fails":              TestAProcessThatCannotStartAgainFailsTheEventWithItsOutput,
		"close":                    TestCloseEndsTheFunctionAndAllWaiting,
		"log":                      TestTheLogKeepsLinesOfSeveralProcessesApart,
		"kill":                     TestAProcessThatIsKilledIsReplacedAndItsEventRetried,
		"room":                     TestInvocationsBeyondWhatTheFunctionHasRoomForAreRefused,
		"tasks":                    TestATaskSaysWhatBecameOfItsInvocation,
	} {
		t.Run(name, test)
	}
}

func TestACustomRuntimeGetsTheHeadersThatFCSends(t *testing.T) {
	w := start(t, localfc.Config{
		Custom: true, Region: "cn-shanghai", FunctionName: "afterput", MemoryMB: 256, Timeout: 90 * time.Second,
		Credentials: func() localfc.Credentials { return localfc.Credentials{"id", "secret", "token"} },
	})
	r := w.call(`{"Do":"headers"}`)
	var got http.Header
	if err := json.Unmarshal(r.Response, &got); err != nil {
		t.Fatalf("%v: %s", err, r.Response)
	}
	for name := range got {
		if !strings.HasPrefix(name, "X-Fc-") || got.Get(name) == "" {
			got.Del(name)
		}
	}
	want := http.Header{}
	for name, value := range map[string]string{
		"x-fc-request-id": r.RequestID, "x-fc-control-path": "/invoke", "x-fc-retry-count": "0",
		"x-fc-access-key-id": "id", "x-fc-access-key-secret": "secret", "x-fc-security-token": "token",
		"x-fc-function-name": "afterput", "x-fc-function-handler": "testfunc", "x-fc-function-memory": "256",
		"x-fc-function-timeout": "90",
		"x-fc-region":           "cn-shanghai", "x-fc-account-id": "1000000000000000", "x-fc-qualifier": "LATEST",
	} {
		want.Set(name, value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestResponseWithoutFCStatusIsASuccess(t *testing.T) {
	w := start(t, localfc.Config{Custom: true})
	if r := w.call(`{"Do":"no status"}`); r.Error != nil {
		t.Errorf("failed: %v; FC only looks at x-fc-status", r.Error)
	}
}

func TestLostConnectionFailsTheEventOnly(t *testing.T) {
	w := start(t, localfc.Config{Custom: true})
	r := w.call(`{"Do":"hang up"}`)
	if r.Error == nil || r.Died || !strings.Contains(r.Error.Message, "sent no response") {
		t.Errorf("result %+v", r)
	}
	if r := w.call(`{"Do":"echo"}`); r.Error != nil {
		t.Errorf("the next event: %v", r.Error)
	}
}

// rounded is a duration as FC bills it.
func rounded(d time.Duration) time.Duration {
	return (d + time.Millisecond - 1).Truncate(time.Millisecond)
}

func TestConcurrentEventsOfAnInstanceShareItsBilledTime(t *testing.T) {
	w := start(t, localfc.Config{Custom: true, Instances: 3, Concurrency: 3})
	file := filepath.Join(t.TempDir(), "met")
	for range 2 {
		w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file)) // these end when the third has created the file
	}
	w.Invoke(fmt.Appendf(nil, `{"Do":"touch","File":%q}`, file))
	results := w.all()
	first, last, sum := results[0].Started, results[0].Ended, time.Duration(0)
	for _, r := range results {
		if r.Error != nil {
			t.Errorf("%s: %v", r.Payload, r.Error)
		}
		sum += rounded(r.Ended.Sub(r.Started))
		if r.Started.Before(first) {
			first = r.Started
		}
		if r.Ended.After(last) {
			last = r.Ended
		}
	}
	u := w.Usage()
	if want := rounded(last.Sub(first)); u.Invocations != 3 || u.Billed != want || u.Billed >= sum {
		t.Errorf("usage %+v, want 3 invocations, %v and not the sum %v", u, want, sum)
	}
	w.Close() // the log is complete afterwards
	if by := w.waiters(); len(by) != 1 {
		t.Errorf("the waiting events, by process: %v", by)
	}
}

// waiters counts the events that waited, by process.
func (w *world) waiters() map[string]int {
	by := map[string]int{}
	for line := range strings.Lines(w.log.String()) {
		if strings.HasPrefix(line, "waiting in") {
			by[line]++
		}
	}
	return by
}

func TestAnInstanceGetsNoMoreEventsThanItsConcurrency(t *testing.T) {
	w := start(t, localfc.Config{Custom: true, Concurrency: 2})
	file := filepath.Join(t.TempDir(), "met")
	for range 2 {
		w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file))
	}
	third := w.Invoke([]byte(`{"Do":"say"}`))
	w.log.waitFor(t, "waiting in")
	touch(t, file)
	results := w.all()
	ended := results[0].Ended
	for _, r := range results {
		if r.RequestID == third && r.Started.Before(ended) {
			t.Error("the third started while two others ran")
		}
	}
}

func TestAnotherInstanceIsStartedWhenTheFirstIsFull(t *testing.T) {
	w := start(t, localfc.Config{Custom: true, Concurrency: 2, Instances: 2})
	file := filepath.Join(t.TempDir(), "met")
	for range 3 {
		w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file))
	}
	w.Invoke(fmt.Appendf(nil, `{"Do":"touch","File":%q}`, file))
	w.all()
	w.Close() // the log is complete afterwards
	if by := w.waiters(); len(by) != 2 {
		t.Errorf("the waiting events, by process: %v", by)
	}
}

func TestATimeOutKillsTheInstanceWithAllItsEvents(t *testing.T) {
	w := start(t, localfc.Config{Custom: true, Timeout: time.Second, MaxRetries: -1})
	pid := w.pid()
	first := w.Invoke([]byte(`{"Do":"hang"}`))
	w.log.waitFor(t, "hanging")
	for begun := time.Now(); time.Since(begun) < 300*time.Millisecond; { // the second must not time out with the first
		w.call(`{"Do":"echo"}`)
	}
	second := w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, filepath.Join(t.TempDir(), "never")))
	for _, r := range w.all() {
		if r.RequestID == first && !r.TimedOut || r.RequestID == second && !r.Died {
			t.Errorf("result %+v", r)
		}
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
}

func TestHooksAreCalledOncePerProcessAndBilled(t *testing.T) {
	for name, custom := range map[string]bool{"built-in": false, "custom": true} {
		t.Run(name, func(t *testing.T) {
			w := start(t, localfc.Config{Custom: custom, Initializer: true, PreStop: true})
			w.log.waitFor(t, "initializing")
			started := w.Usage()
			for range 3 {
				w.call(`{"Do":"say"}`)
			}
			w.Close()
			log := w.log.String()
			if strings.Count(log, "initializing") != 1 || strings.Count(log, "stopping") != 1 ||
				strings.Index(log, "stopping") < strings.LastIndex(log, "said") {
				t.Errorf("printed:\n%s", log)
			}
			if u := w.Usage(); started.Invocations != 1 || started.Billed < 2*time.Millisecond || u.Invocations != 5 {
				t.Errorf("usage %+v after the start, %+v at the end; want them with the hooks", started, u)
			}
		})
	}
}

func TestHooksThatTheFunctionDoesNotHaveAreNotCalled(t *testing.T) {
	w := start(t, localfc.Config{Custom: true})
	w.call(`{"Do":"say"}`)
	w.Close()
	if log := w.log.String(); strings.Contains(log, "initializing") || strings.Contains(log, "stopping") {
		t.Errorf("printed:\n%s", log)
	}
}

func TestStartSaysWhyARuntimeIsNotReady(t *testing.T) {
	for name, c := range map[string]struct {
		config localfc.Config
		want   []string
	}{
		"ends at once": {
			localfc.Config{Custom: true, Env: []string{"TESTFUNC_START=exit"}},
			[]string{"exit status 1", "before it listened on FC_CUSTOM_LISTEN_PORT", "giving up"},
		},
		"custom initializer": {
			localfc.Config{Custom: true, Initializer: true, Env: []string{"TESTFUNC_START=no initializer"}},
			[]string{"initializer failed", "cannot initialize"},
		},
		"built-in initializer": {
			localfc.Config{Initializer: true, Env: []string{"TESTFUNC_START=no initializer"}},
			[]string{"initializer failed", "cannot initialize"},
		},
		"too many at once": {
			localfc.Config{Custom: true, Concurrency: 201},
			[]string{"concurrency is 201", "1 to 200"},
		},
		"built-in, several": {localfc.Config{Concurrency: 2}, []string{"one event at a time", "custom"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Function = testfunc
			r, err := localfc.Start(t.Context(), c.config)
			if err == nil {
				r.Close()
				t.Fatal("it started")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
