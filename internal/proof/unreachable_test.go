package proof

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
	"afterput/rules"
)

// unreachable is a region that nothing reaches, from a request on until a moment: connections are refused, or nobody
// answers.
type unreachable struct {
	next  http.RoundTripper
	from  string // part of the request's query; "" is every request
	began *atomic.Bool
	until time.Time
	hangs bool
}

func (u unreachable) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.Contains(req.URL.RawQuery, u.from) {
		u.began.Store(true)
	}
	switch {
	case time.Now().After(u.until), !u.began.Load():
		return u.next.RoundTrip(req)
	case u.hangs:
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// TestCaseADestinationThatCannotBeReachedForAnHour: Function Compute tries an event again three times, and then hands
// it to the on-failure destination, from where it is replayed.
func TestCaseADestinationThatCannotBeReachedForAnHour(t *testing.T) {
	for name, c := range map[string]struct {
		size    int
		from    string
		hangs   bool
		message string
		uploads int // that are left meanwhile
	}{
		"small, refused":            {40, "", false, "AFTERPUT_ENDPOINTS", 0},
		"large, refused":            {130 << 10, "", false, "is reached over the internet", 0},
		"small, no answer":          {40, "", true, "no answer", 0},
		"large, no answer":          {130 << 10, "", true, "no answer", 0},
		"in the middle of the copy": {130 << 10, "partNumber=2", false, "AFTERPUT_ENDPOINTS", 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := program{streamed: true, faultsEnd: time.Hour}
			runCaseOf(t, p, copier.Options{}, func(ctx context.Context, w *world, _ *copier.Copier) {
				announced := w.perform(ctx, step{kind: stepPut, key: matchedKeys[0], size: c.size})
				payload := announced[len(announced)-1].body
				outage := unreachable{w.Transport(), c.from, new(atomic.Bool), time.Now().Add(time.Hour), c.hangs}
				for attempt := range 4 {
					w.failingAttempt(ctx, t, outage, attempt, payload, c.message)
					time.Sleep(time.Minute << attempt)
				}
				_, visible := w.Object(mirrorBucket, matchedKeys[0])
				if left := w.Uploads(mirrorBucket); len(left) != c.uploads || visible {
					t.Errorf("uploads are left: %v; the copy is visible: %t", left, visible)
				}
				time.Sleep(time.Until(outage.until) + time.Minute)
				_, err := w.farHandler(outage).Handle(ctx, relay.Invocation{RequestID: "replay", Repeated: true,
					Credentials: credentialsOf(accessKeys[1])}, payload)
				if s := w.stateOf(mirrorBucket + "/" + matchedKeys[0]); err != nil || len(s.content) != c.size {
					t.Errorf("replayed: %v, the destination is %v", err, s)
				}
				if left := w.Objects(mirrorBucket); len(left) != 1 || len(w.Uploads(mirrorBucket)) > 0 ||
					w.Counts()["InitiateMultipartUpload"] > 1 {
					t.Errorf("left are %v; requests: %v", left, w.Counts())
				}
			})
		})
	}
}

// farHandler is an instance of the function that reaches the other region through outage.
func (w *world) farHandler(outage unreachable) *relay.Handler {
	return relay.New(relay.Config{Rules: relay.Fixed(w.set), Log: discardLog, Copier: copier.New(
		osscall.NewClient(homeRegion, endpoint, w.Transport()), copier.Options{Region: homeRegion,
			PartSize: 100 << 10, SingleCopyLimit: largeSize, State: state.Location{},
			Remote: func(to rules.Remote) *oss.Client {
				return osscall.NewClient(to.Region, endpoint, outage)
			}})})
}

// failingAttempt is an attempt that must fail in its time, for a reason that passes and with a message.
func (w *world) failingAttempt(
	ctx context.Context, t *testing.T, outage unreachable, attempt int, payload []byte, message string,
) {
	t.Helper()
	const timeout = 10 * time.Minute
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := w.farHandler(outage).Handle(within, relay.Invocation{RequestID: "attempt", RetryCount: attempt,
		Credentials: credentialsOf(accessKeys[0])}, payload)
	var failure *relay.Failure
	if !errors.As(err, &failure) || time.Since(began) > timeout {
		t.Fatalf("attempt %d: %v after %v", attempt, err, time.Since(began))
	}
	report, err := relay.ReadReport([]byte(failure.Error()))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range reportErrors(report.Objects[0]) {
		if e.Permanent || !strings.Contains(e.Message, message) {
			t.Errorf("attempt %d reports %+v", attempt, e)
		}
	}
}
