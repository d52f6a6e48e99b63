package deploy_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/localoss"
	"afterput/internal/state"
)

// slowAsWriter is a world in which a copy of 25 parts as another account's role takes 100 minutes, one part after the
// other, and what the function's own role may do there.
func slowAsWriter(t *testing.T) (setup, deploy.Policy) {
	s := scenario{copy: ", traffic-limit: 819200, role: '" + theWriter + "'", large: true}
	u := s.setup()
	own := u.policy(t, deploy.PolicyOptions{SingleCopyLimit: 1})
	roles, _, err := deploy.AssumedRolesOf(u.load(t), deploy.PolicyOptions{SingleCopyLimit: 1}, theRole)
	if err != nil {
		t.Fatal(err)
	}
	writer := roles[theWriter]
	u.assumed, u.options.PartSize, u.options.PartsInFlight = &writer, 4<<20, 1
	u.intercept = func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPart" {
			time.Sleep(4 * time.Minute)
		}
		return next()
	}
	return u, own
}

func TestASessionIsRenewedInTheMiddleOfACopy(t *testing.T) {
	u, own := slowAsWriter(t)
	inWorld(t, u, own, func(w *world) {
		began := time.Now()
		report := w.copySparse(100 << 20)
		if n, hours := w.sts.server.Assumed(), time.Since(began).Hours(); hours < 1.5 || n < 2 {
			t.Errorf("%d sessions in %f hours", n, hours)
		}
		if strings.Contains(report, "STS.") {
			t.Errorf("the report has an access key:\n%s", report)
		}
	})
}

// TestASessionThatOSSRefusesIsReplacedInTheMiddleOfACopy: an instance that was frozen believes in a session that has
// ended.
func TestASessionThatOSSRefusesIsReplacedInTheMiddleOfACopy(t *testing.T) {
	u, own := slowAsWriter(t)
	u.sessionsLast = 10 * time.Minute
	inWorld(t, u, own, func(w *world) {
		report := w.copySparse(100 << 20)
		if n := w.sts.server.Assumed(); n < 8 || n > 13 {
			t.Errorf("%d sessions for 100 minutes", n)
		}
		if n := w.Counts(); n["InitiateMultipartUpload"] != 1 {
			t.Errorf("requests: %v\n%s", n, report)
		}
	})
}

func TestRequestsForSessionsAreAmongThoseOfTheReport(t *testing.T) {
	s := scenario{copy: ", role: '" + theWriter + "'"}
	u := s.setup()
	inWorld(t, u, u.policy(t, deploy.PolicyOptions{}), func(w *world) {
		w.ResetCounts()
		w.put("in/a")
		w.ResetCounts()
		all, report := w.handle()
		var r struct {
			Objects []struct {
				Requests int
				Copies   []struct{ Requests int }
			}
		}
		if err := json.Unmarshal([]byte(report), &r); err != nil || !slices.Equal(all, []copier.Result{copier.Copied}) {
			t.Fatalf("%v, %v\n%s", all, err, report)
		}
		reported := r.Objects[0].Requests + r.Objects[0].Copies[0].Requests
		sent := w.sts.server.Assumed()
		for _, n := range w.Counts() {
			sent += n
		}
		if w.sts.server.Assumed() != 1 || reported != sent {
			t.Errorf("%d requests reported, %d sent with AssumeRole\n%s", reported, sent, report)
		}
	})
}

func TestAStateObjectInABucketOfOnesOwnThatIsRefusedNamesTheFunctionsRole(t *testing.T) {
	u, _ := slowAsWriter(t)
	own := u.policy(t, deploy.PolicyOptions{SingleCopyLimit: 1}) // for state objects beside the copy
	u.options.State = state.Location{Bucket: "states", Prefix: "x/"}
	u.buckets = []string{"states"}
	inWorld(t, u, own, func(w *world) {
		if err := w.PutSparse("src", "in/a", 10<<20); err != nil {
			t.Fatal(err)
		}
		_, report := w.handle()
		if !strings.Contains(report, "AFTERPUT_STATE") || !strings.Contains(report, "the function's role needs oss:") ||
			strings.Contains(report, "the role "+theWriter+" needs") {
			t.Errorf("the report names another identity than the one that was refused:\n%s", report)
		}
	})
}

// copySparse has an object of so many bytes copied, and returns the report.
func (w *world) copySparse(size int64) (report string) {
	w.t.Helper()
	if err := w.PutSparse("src", "in/a", size); err != nil {
		w.t.Fatal(err)
	}
	all, report := w.handle()
	if !slices.Equal(all, []copier.Result{copier.Copied}) {
		w.t.Fatalf("%v\n%s", all, report)
	}
	return report
}
