package localcloud_test

import (
	"strings"
	"testing"
	"time"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
)

func TestATimerInvokesTheFunctionWithItsPayloadAgainAndAgain(t *testing.T) {
	c := config(t)
	payloads := make(chan string, 3)
	c.FC.OnResult = func(r localfc.Result) {
		if r.Error != nil {
			t.Error(r.Error)
		}
		select {
		case payloads <- string(r.Payload):
		default: // enough
		}
	}
	sweep := localcloud.Timer{Name: "sweep", Every: time.Millisecond,
		Payload: `{"afterput":{"sweep":{"modified-within":"26h","older-than":"15m"}}}`}
	c.Timers = []localcloud.Timer{sweep}
	cloud, err := localcloud.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		p := <-payloads
		if !strings.Contains(p, `"triggerName":"sweep"`) || !strings.Contains(p, `"triggerTime":"20`) ||
			!strings.Contains(p, `"payload":"{\"afterput\":{\"sweep\":`) {
			t.Errorf("the function got %s", p)
		}
	}
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
}
