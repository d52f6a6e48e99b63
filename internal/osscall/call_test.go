package osscall_test

import (
	"context"
	"errors"
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
