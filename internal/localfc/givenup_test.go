package localfc_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"afterput/internal/localfc"
)

func TestEventsAreGivenUpForEveryKindOfFailure(t *testing.T) {
	once := filepath.Join(t.TempDir(), "once")
	touch(t, once)
	cases := map[string]struct {
		payload string
		change  func(*localfc.Config)
		during  func(w *world)
		kind    string
		says    string
	}{
		"an error": {payload: `{"Do":"fail","Times":99}`, kind: "Handled", says: "not yet"},
		"a panic":  {payload: `{"Do":"panic"}`, kind: "Handled", says: "on purpose"},
		"a time-out": {
			payload: `{"Do":"hang"}`, kind: "Unhandled", says: "timed out",
			change: func(c *localfc.Config) { c.Timeout = 100 * time.Millisecond },
		},
		"an exit": {payload: `{"Do":"exit"}`, kind: "Unhandled", says: "exit status 7"},
		"a kill, as when out of memory": {
			payload: `{"Do":"hang"}`, kind: "Unhandled", says: "signal: killed",
			during: func(w *world) {
				for killed := 0; killed < 2; { // the first attempt and its retry
					if w.Kill() {
						killed++
					}
					runtime.Gosched()
				}
			},
		},
		"a start that failed": {
			payload: `{"Do":"exit"}`, kind: "Unhandled", says: "FunctionStartError",
			change: func(c *localfc.Config) { c.Env = []string{"TESTFUNC_START_ONCE=" + once} },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := localfc.Config{MaxRetries: 1}
			if c.change != nil {
				c.change(&config)
			}
			w := start(t, config)
			w.Invoke([]byte(c.payload))
			if c.during != nil {
				c.during(w)
			}
			results, failed := w.all(), w.Failed()
			if len(failed) != 1 || len(results) != 2 || results[0].Final || !results[1].Final {
				t.Fatalf("given up: %+v; results %+v", failed, results)
			}
			f := failed[0]
			if f.RequestPayload != c.payload || f.RequestContext.ApproximateInvokeCount != 2 || f.Refused != "" ||
				f.RequestContext.Condition != c.kind+"InvocationError" || !strings.Contains(f.ResponsePayload, c.says) {
				t.Errorf("given up: %+v", f)
			}
			last := results[1]
			if string(last.Payload) != c.payload || last.Error == nil ||
				!strings.Contains(string(last.Response), c.says) {
				t.Errorf("the last attempt: %+v", last)
			}
		})
	}
}

func TestFailureIsRefusedIfItIsTooLarge(t *testing.T) {
	w := start(t, localfc.Config{MaxRetries: -1})
	for size, refused := range map[int]bool{60 << 10: false, 65 << 10: true} {
		before := len(w.Failed())
		w.Invoke(fmt.Appendf(nil, `{"Do":"fail","Times":99,"File":"%s"}`, strings.Repeat("x", size)))
		w.all()
		f := w.Failed()[before]
		if (f.Refused != "") != refused || len(f.RequestPayload) < size {
			t.Errorf("%d bytes: refused %q", size, f.Refused)
		}
	}
}
