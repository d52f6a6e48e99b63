package osscall_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

func TestARequestThatMayBeRepeatedIsSentByTheEnginesPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		attempts int
		kind     osscall.Kind
	}{
		"throttled": {503, 5, osscall.KindThrottled},
		"refused":   {403, 1, osscall.KindPermanent},
		"unchanged": {304, 1, osscall.KindNotModified},
	} {
		synctest.Test(t, func(t *testing.T) {
			attempts := 0
			err := osscall.Send(t.Context(), "GetObject", func(context.Context) error {
				attempts++
				return &oss.ServiceError{StatusCode: c.status, Code: "Code"}
			})
			var known *osscall.Error
			if !errors.As(err, &known) || known.Op != "GetObject" || known.Kind != c.kind || attempts != c.attempts {
				t.Errorf("%s: %d attempts, want %d; %v", name, attempts, c.attempts, err)
			}
		})
	}
}

func TestARequestThatRecoversSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		err := osscall.Send(t.Context(), "GetObject", func(ctx context.Context) error {
			if attempts++; attempts == 1 { // no answer comes
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		if err != nil || attempts != 2 {
			t.Errorf("%d attempts, %v", attempts, err)
		}
	})
}

// failing sends a request whose first attempts fail with err, or get no response if it is nil,
// and gives the pauses before the attempts after the first.
func failing(t *testing.T, c osscall.Call, failures int, err error) (pauses []time.Duration) {
	t.Helper()
	var ended time.Time
	_ = c.Do(t.Context(), func(ctx context.Context) error {
		if !ended.IsZero() {
			pauses = append(pauses, time.Since(ended))
		}
		defer func() { ended = time.Now() }()
		if len(pauses) == failures {
			return nil
		}
		if err == nil {
			<-ctx.Done()
			return ctx.Err()
		}
		return err
	})
	return pauses
}

func TestARequestThatWasGivenUpAtItsLimitIsSentAgainWithoutAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := osscall.Call{Op: "ListParts", Limit: time.Second}
		pauses := failing(t, c, 4, nil)
		if !slices.Equal(pauses, make([]time.Duration, 4)) {
			t.Errorf("paused %v before the attempts after the first, want four without a pause", pauses)
		}
	})
}

func TestARefusedRequestPausesAsLongAsOSSAsksAndIsSentUntilItIsAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := osscall.NewError(osscall.KindThrottled, "", "SlowDown", "slow down")
		refusal.Delay = 700 * time.Millisecond
		c := osscall.Call{Op: "HeadObject", Limit: time.Second, Service: osscall.NewService(2)}
		pauses := failing(t, c, 3*osscall.Attempts, refusal)
		if want := slices.Repeat([]time.Duration{refusal.Delay}, 3*osscall.Attempts); !slices.Equal(pauses, want) {
			t.Errorf("paused %v, want %v", pauses, want)
		}
	})
}

func TestARequestThatMayStillBeRunningIsNotSentAgainIfItMustBeSentOnce(t *testing.T) {
	unproven := osscall.NewError(osscall.KindThrottled, "", "", "a page")
	unproven.Unproven = true
	for name, c := range map[string]struct {
		err   *osscall.Error
		again int
	}{
		"no response":         {osscall.NewError(osscall.KindLost, "", "NoAnswer", "reset"), 0},
		"refusal in a page":   {unproven, 0},
		"refusal by OSS":      {osscall.NewError(osscall.KindThrottled, "", "SlowDown", "slow down"), 1},
		"no connection to it": {osscall.NewError(osscall.KindUnsent, "", "NoConnection", "refused"), 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			if pauses := failing(t, osscall.Call{Op: "CopyObject", Once: true}, 1, c.err); len(pauses) != c.again {
				t.Errorf("%s: sent again %d times, want %d", name, len(pauses), c.again)
			}
		})
	}
}

func TestARequestEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		err := osscall.Send(ctx, "GetObject", func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if !osscall.Is(err, osscall.KindStopped) || time.Since(began) != 2*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestAnErrorThatRequestsShareIsNotChanged(t *testing.T) {
	shared := osscall.NewError(osscall.KindUnsent, "AssumeRole", "NoAnswer", "STS did not answer")
	synctest.Test(t, func(t *testing.T) {
		call := osscall.Call{Op: "HeadObject", Region: "cn-beijing"}
		err := call.Do(t.Context(), func(context.Context) error { return shared })
		if err != error(shared) || shared.Message != "STS did not answer" {
			t.Errorf("%v, the shared error says %q", err, shared.Message)
		}
	})
}
