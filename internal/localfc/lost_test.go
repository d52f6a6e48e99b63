package localfc_test

import (
	"fmt"
	"slices"
	"testing"

	"afterput/internal/localfc"
)

func TestEventsGetLostAsTheSeedSaysAndNoOthers(t *testing.T) {
	const events = 200
	deliver := func(seed uint64) (lost, handled []string) {
		w := start(t, localfc.Config{Lose: 0.25, LoseSeed: seed})
		for i := range events {
			w.Deliver(fmt.Appendf(nil, `{"Do":"describe","Times":%d}`, i))
		}
		w.Invoke([]byte(`{"Do":"describe","Times":1000}`)) // a timer's, which never is
		for _, r := range w.all() {
			handled = append(handled, string(r.Payload))
		}
		for _, payload := range w.Lost() {
			lost = append(lost, string(payload))
		}
		return lost, handled
	}
	lost, handled := deliver(1)
	if n := len(lost); n < events/8 || n > events/2 || len(handled) != events-n+1 {
		t.Errorf("%d of %d events are lost and %d invocations were handled", n, events, len(handled))
	}
	for _, payload := range lost {
		if slices.Contains(handled, payload) {
			t.Errorf("lost and handled all the same: %s", payload)
		}
	}
	if again, _ := deliver(1); !slices.Equal(again, lost) {
		t.Error("the same seed loses other events")
	}
	if other, _ := deliver(2); slices.Equal(other, lost) {
		t.Error("another seed loses the same events")
	}
}
