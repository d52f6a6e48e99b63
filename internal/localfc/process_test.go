//go:build unix

package localfc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"afterput/internal/localfc"
)

func TestTheContextHasEverythingFCSends(t *testing.T) {
	w := start(t, localfc.Config{
		Region: "cn-shanghai", FunctionName: "afterput", MemoryMB: 256, Timeout: 90 * time.Second,
		Credentials: func() localfc.Credentials { return localfc.Credentials{"id", "secret", "token"} },
	})
	got, r := w.describe()
	want := fccontext.FcContext{
		RequestID:   r.RequestID,
		Credentials: fccontext.Credentials{AccessKeyId: "id", AccessKeySecret: "secret", SecurityToken: "token"},
		Function:    fccontext.Function{Name: "afterput", Handler: "testfunc", Memory: "256", Timeout: 90},
		Service:     fccontext.Service{Qualifier: "LATEST"},
		Tracing:     fccontext.Tracing{OpenTracingSpanBaggages: map[string]string{}},
		Region:      "cn-shanghai",
		AccountId:   "1000000000000000",
	}
	if diff := cmp.Diff(want, got.Context, cmpopts.IgnoreUnexported(fccontext.FcContext{})); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
	if want := r.Started.Add(90 * time.Second).UnixMilli(); got.Deadline != want {
		t.Errorf("deadline %d, want %d", got.Deadline, want)
	}
}

func TestTheEnvironmentIsFCsAndNotTheParents(t *testing.T) {
	t.Setenv("OSS_REGION", "leaked")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "leaked")
	w := start(t, localfc.Config{Region: "cn-shanghai", MemoryMB: 128, Env: []string{"AFTERPUT_LOG_LEVEL=debug"}})
	got, _ := w.describe()
	for _, want := range []string{
		"FC_RUNTIME_API=" + w.Address(), "FC_FUNC_CODE_PATH=" + filepath.Dir(testfunc), "FC_REGION=cn-shanghai",
		"FC_FUNCTION_NAME=testfunc", "FC_FUNCTION_MEMORY_SIZE=128", "AFTERPUT_LOG_LEVEL=debug", "TZ=UTC",
	} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("%s is not in the environment %q", want, got.Env)
		}
	}
	if env := strings.Join(got.Env, "\n"); strings.Contains(env, "leaked") {
		t.Errorf("the parent's environment leaked: %s", env)
	}
	if group, err := syscall.Getpgid(got.PID); group != got.PID {
		t.Errorf("in the process group %d (%v): an interrupt from the keyboard would reach it", group, err)
	}
	if want, _ := filepath.EvalSymlinks(filepath.Dir(testfunc)); got.WD != want && got.WD != filepath.Dir(testfunc) {
		t.Errorf("works in %s, want %s", got.WD, want)
	}
}

func TestEachAttemptGetsFreshCredentials(t *testing.T) {
	var calls atomic.Int64
	w := start(t, localfc.Config{Credentials: func() localfc.Credentials {
		return localfc.Credentials{AccessKeyID: "id" + strconv.FormatInt(calls.Add(1), 10)}
	}})
	seen := map[string]bool{}
	for range 3 {
		got, _ := w.describe()
		seen[got.Context.Credentials.AccessKeyId] = true
	}
	if len(seen) != 3 {
		t.Errorf("three invocations saw the keys %v", seen)
	}
}

func TestAProcessIsKilledAtTheTimeOutAndTheNextEventGetsANewOne(t *testing.T) {
	w := start(t, localfc.Config{Timeout: time.Second, MaxRetries: -1})
	first := w.pid()
	w.Invoke([]byte(`{"Do":"hang"}`))
	results := w.all()
	r := results[len(results)-1]
	if !r.TimedOut || r.Died || r.Error == nil || !strings.Contains(r.Error.Message, "timed out after 1s") {
		t.Errorf("result %+v", r)
	}
	if took := r.Ended.Sub(r.Started); took < time.Second {
		t.Errorf("killed after %v, before the time-out", took)
	}
	if err := syscall.Kill(first, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", first, err)
	}
	if failed := w.Failed(); len(failed) != 1 || failed[0].ResponseContext.FunctionError != "UnhandledInvocationError" {
		t.Errorf("given up: %+v", failed)
	}
	if next := w.pid(); next == first {
		t.Error("the next event was given to the killed process")
	}
}

func TestAProcessThatDiesFailsItsEventAndIsStartedAgain(t *testing.T) {
	w := start(t, localfc.Config{MaxRetries: 2})
	first := w.pid()
	w.Invoke([]byte(`{"Do":"exit"}`))
	results := w.all()[1:]
	if len(results) != 3 {
		t.Fatalf("%d attempts, want 3: %+v", len(results), results)
	}
	for _, r := range results {
		if !r.Died || r.TimedOut || !strings.Contains(r.Error.Message, "exit status 7") {
			t.Errorf("attempt %d: %+v", r.Attempt, r)
		}
	}
	if next := w.pid(); next == first {
		t.Error("the process that died still answers")
	}
	if n := strings.Count(w.log.String(), "about to exit"); n != 3 {
		t.Errorf("the log has %d of the 3 last lines", n)
	}
}

func TestAProcessKilledBetweenTwoEventsIsReplacedBeforeTheNext(t *testing.T) {
	w := start(t, localfc.Config{})
	if err := syscall.Kill(w.pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.AwaitDeath()
	if r := w.call(`{"Do":"echo"}`); r.Error != nil {
		t.Errorf("the event was given to the dead process: %v", r.Error)
	}
}

func TestARunningProcessIsUsedBeforeADeadOneIsReplaced(t *testing.T) {
	w := start(t, localfc.Config{Instances: 2})
	file := filepath.Join(t.TempDir(), "met")
	w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file))
	alive := map[int]bool{w.pid(): true} // the second process: the first is busy
	touch(t, file)
	w.all()
	alive[w.pid()] = true
	w.call(`{"Do":"exit"}`)
	if pid := w.pid(); !alive[pid] {
		t.Errorf("process %d was started although one of %v runs", pid, alive)
	}
}

func TestStartSaysWhyAFunctionDidNotStart(t *testing.T) {
	dir := t.TempDir()
	plain, other := filepath.Join(dir, "plain"), filepath.Join(dir, "other")
	if err := os.WriteFile(plain, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config localfc.Config
		want   []string
	}{
		"nothing named": {localfc.Config{}, []string{"no function to run"}},
		"missing": {
			localfc.Config{Function: filepath.Join(dir, "main")},
			[]string{"main does not exist", "build it first"},
		},
		"a directory":    {localfc.Config{Function: dir}, []string{"is a directory"}},
		"not executable": {localfc.Config{Function: plain}, []string{"plain is not executable", "chmod +x"}},
		"another system": {localfc.Config{Function: other}, []string{"start function", "not built for this system"}},
		"ends at once": {
			localfc.Config{Function: testfunc, Env: []string{"TESTFUNC_START=exit"}},
			[]string{
				"exit status 1", "before it asked for its first event", "rules.yaml:3: no such field", "giving up",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
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

func TestAFunctionThatIsNeverReadyIsKilledWhenTheCallerGivesUp(t *testing.T) {
	log := newWatchedLog()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		log.waitFor(t, "hanging from the start")
		cancel()
	}()
	_, err := localfc.Start(ctx, localfc.Config{Function: testfunc, Env: []string{"TESTFUNC_START=hang"}, Log: log})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "hanging from the start") {
		t.Errorf("error %v: want context.Canceled and the last output", err)
	}
}

func TestAProcessThatCannotStartAgainFailsTheEventWithItsOutput(t *testing.T) {
	once := filepath.Join(t.TempDir(), "once")
	touch(t, once)
	w := start(t, localfc.Config{Env: []string{"TESTFUNC_START_ONCE=" + once}, MaxRetries: 1})
	w.call(`{"Do":"exit"}`)
	w.Invoke([]byte(`{"Do":"echo"}`))
	w.all()
	failed := w.Failed()
	if len(failed) != 1 || !strings.Contains(failed[0].ResponsePayload, "FunctionStartError") ||
		!strings.Contains(failed[0].ResponsePayload, "started before") {
		t.Errorf("given up: %+v", failed)
	}
}

func TestTheLogKeepsLinesOfSeveralProcessesApart(t *testing.T) {
	w := start(t, localfc.Config{Instances: 3})
	want := map[string]bool{}
	for range 30 {
		want["said "+w.Invoke([]byte(`{"Do":"say"}`))] = true
	}
	w.all()
	w.Close() // the log is complete afterwards
	for line := range strings.Lines(w.log.String()) {
		delete(want, strings.TrimSpace(line))
	}
	if len(want) != 0 {
		t.Errorf("lines missing or mixed: %v", want)
	}
}

func TestOnWindowsNoModeKeepsAFunctionFromBeingRun(t *testing.T) {
	for system, want := range map[string]bool{"linux": false, "windows": true} {
		if got := localfc.Executable(0o666, system); got != want {
			t.Errorf("%s: %t, want %t", system, got, want)
		}
	}
}
