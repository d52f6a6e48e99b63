package localfc_test

import (
	"runtime"
	"testing"

	"afterput/internal/localfc"
)

func TestAProcessThatIsKilledIsReplacedAndItsEventRetried(t *testing.T) {
	w := start(t, localfc.Config{MaxRetries: 1})
	if w.Kill() {
		t.Error("a process was killed although no event was under way")
	}
	w.Invoke([]byte(`{"Do":"hang"}`))
	w.log.waitFor(t, "hanging")
	if !w.Kill() {
		t.Error("the busy process was not killed")
	}
	for !w.Kill() { // the retry, in another process
		runtime.Gosched()
	}
	results := w.all()
	if len(results) != 2 || !results[0].Died || results[0].Final || !results[1].Died || !results[1].Final {
		t.Errorf("results %+v, want two that died", results)
	}
	if r := w.call(`{"Do":"echo"}`); r.Error != nil {
		t.Errorf("the next event: %v", r.Error)
	}
	if w.Kill() {
		t.Error("a process without an event was killed")
	}
}
