package osscall_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/osscall"
)

// left is how long until a context ends.
func left(t *testing.T, ctx context.Context) time.Duration {
	t.Helper()
	deadline, ok := ctx.Deadline()
	if !ok {
		t.Fatal("the context has no deadline")
	}
	return time.Until(deadline)
}

func TestWorkStopsAMarginBeforeTheDeadlineButNotBeforeThreeQuartersOfTheTime(t *testing.T) {
	for total, want := range map[time.Duration]time.Duration{
		time.Minute: 55 * time.Second, 8 * time.Second: 6 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), total)
			defer cancel()
			work, stop := osscall.WithMargin(ctx, 5*time.Second)
			defer stop()
			if got := left(t, work); got != want {
				t.Errorf("of %s work has %s, want %s", total, got, want)
			}
		})
	}
	work, stop := osscall.WithMargin(context.Background(), 5*time.Second)
	defer stop()
	if _, ok := work.Deadline(); ok {
		t.Error("a context without a deadline got one")
	}
}

func TestCleanUpOutlivesItsWorkAndSharesOneTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		var tidying osscall.Tidying
		for _, want := range []time.Duration{osscall.TidyTime, osscall.TidyTime - time.Second} {
			tidy, cancel := tidying.Begin(ctx)
			defer cancel()
			if got := left(t, tidy); got != want || tidy.Err() != nil {
				t.Errorf("%s to clean up, want %s; %v", got, want, tidy.Err())
			}
			time.Sleep(time.Second)
		}
	})
}

func TestCleanUpEndsBeforeTheTimeThatIsKeptForTheReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		work, stop := osscall.WithMargin(ctx, 5*time.Second)
		defer stop()
		<-work.Done() // 2 s before the invocation's deadline
		var tidying osscall.Tidying
		tidy, end := tidying.Begin(work)
		defer end()
		if got, want := left(t, tidy), 1600*time.Millisecond; got != want {
			t.Errorf("%s to clean up, want %s", got, want)
		}
	})
}

// What a copy does after it has cleaned up once, such as beginning another upload, is no clean-up.
func TestOnlyRequestsOfTheCleanUpHaveItsShortLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var tidying osscall.Tidying
		tidy, end := tidying.Begin(work)
		defer end()
		for _, c := range []struct {
			ctx  context.Context
			want time.Duration
		}{{tidy, osscall.TidyLimit}, {work, osscall.LookTime}} {
			began := time.Now()
			var took time.Duration
			_ = osscall.Send(c.ctx, "HeadObject", func(ctx context.Context) error {
				<-ctx.Done()
				if took == 0 {
					took = time.Since(began)
				}
				return ctx.Err()
			})
			if took != c.want {
				t.Errorf("the first attempt had %s, want %s", took, c.want)
			}
		}
	})
}
