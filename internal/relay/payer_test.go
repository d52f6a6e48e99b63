package relay_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
	"afterput/rules"
)

// payWorld is a world whose buckets belong to another account than the function, and let
// requesters pay.
type payWorld struct {
	*localoss.Server
	t       *testing.T
	handler *relay.Handler
	mu      sync.Mutex
	events  [][]byte
}

// payCase is what differs between tests by inPayWorld.
type payCase struct {
	set    *rules.Set
	faults []fault.Fault
	policy func(bucket string) string // of buckets; default: the function may do everything
	size   int64                      // of the source's object
}

// roleKey signs the function's requests.
var roleKey = osscall.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}

// everythingForTheRole is a bucket policy.
const everythingForTheRole = `{"Version": "1", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
	"Principal": "arn:sts::42:assumed-role/afterput/*"}}`

// payRules are rules of one copy with more fields.
func payRules(t *testing.T, more string) *rules.Set {
	t.Helper()
	text := replicate + "        request-payer: requester\n"
	for line := range strings.Lines(more) {
		text += "        " + line
	}
	set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// inPayWorld runs a test in a payWorld, after the source was put.
func inPayWorld(t *testing.T, c payCase, test func(w *payWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &payWorld{t: t}
		server, err := localoss.New(localoss.Config{
			AccessKeys: map[string]localoss.AccessKey{
				"role":  {Secret: secret, SecurityToken: token, Account: "42", Role: "afterput/session"},
				"local": {Secret: "local"}},
			OnEvent:   w.keepEvent,
			Intercept: fault.New(1, c.faults...).Intercept,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w.Server = server
		if c.policy == nil {
			c.policy = func(string) string { return everythingForTheRole }
		}
		for _, b := range []string{from, to} {
			err := server.CreateBucket(b, localoss.WithRequesterPays(), localoss.WithPolicy(c.policy(b)))
			if err != nil {
				t.Fatal(err)
			}
		}
		tags := localoss.WithHeader("x-oss-tagging", "x=y")
		if err := w.PutSparse(from, "k", c.size, localoss.WithSeed(1), tags); err != nil {
			t.Fatal(err)
		}
		w.handler = relay.New(relay.Config{
			Rules: relay.Fixed(c.set),
			Copier: copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport()),
				copier.Options{SingleCopyLimit: 100, PartSize: 1 << 20}),
			Log: slog.New(slog.DiscardHandler)})
		test(w)
	})
}

// keepEvent keeps the payload of an event of the source's bucket.
func (w *payWorld) keepEvent(payload []byte) {
	if objects, err := events.Parse(payload); err == nil && objects[0].Bucket == from {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, payload)
	}
}

// handle runs one attempt at the source's event, and gives its report and whether it failed.
func (w *payWorld) handle(timeout time.Duration, retry int) (*relay.Report, bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
	defer cancel()
	answer, err := w.handler.Handle(ctx, relay.Invocation{RetryCount: retry, Credentials: roleKey}, w.events[0])
	if err != nil {
		answer, _ = json.Marshal(map[string]string{"errorMessage": err.Error()})
	}
	r, readErr := relay.ReadReport(answer)
	if readErr != nil {
		w.t.Fatal(readErr)
	}
	return r, err != nil
}

// errorsOf are the errors of a report, and the outcomes of its copies.
func errorsOf(r *relay.Report) (all []string) {
	for _, o := range r.Objects {
		if o.Error != nil {
			all = append(all, o.Error.Error())
		}
		for _, c := range o.Copies {
			s := string(c.Outcome.Result)
			if c.Error != nil {
				s += " " + c.Error.Error() + c.Error.Message
			}
			all = append(all, s)
		}
	}
	return all
}

// payFields are fields of a copy that need different requests.
var payFields = map[string]string{
	"copy":       "",
	"replace":    "tagging: {a: b}\ntagging-directive: REPLACE\nobject-acl: private\n",
	"drop":       "tagging: {}\ntagging-directive: REPLACE\n",
	"source acl": "object-acl: source\n",
	"acl":        "object-acl: private\n",
	"merge":      "tagging: {a: b}\ntagging-directive: MERGE\n",
}

// neverAnswered is a part whose request hangs.
var neverAnswered = fault.Fault{
	Operations: []string{"UploadPartCopy"}, Part: 3, Calls: fault.Nth(1), Delay: 100 * time.Hour, Drop: true}

func TestBucketsWhoseRequestersPayAreReadAndWrittenByAnotherAccount(t *testing.T) {
	failing := fault.Fault{Operations: []string{"DeleteObjectTagging", "ListParts"}, Calls: fault.Nth(1),
		Error: &localoss.Error{Code: "InternalError"}}
	for name, fields := range payFields {
		for _, size := range []int64{5, 8 << 20} {
			t.Run(name, func(t *testing.T) {
				c := payCase{set: payRules(t, fields), size: size, faults: []fault.Fault{neverAnswered, failing}}
				inPayWorld(t, c, func(w *payWorld) { w.wantCopied() })
			})
		}
	}
}

// wantCopied makes three attempts, and checks that none is denied and that nothing but the copy is left.
func (w *payWorld) wantCopied() {
	w.t.Helper()
	for try := range 3 {
		r, _ := w.handle(12*time.Second, try)
		if all := strings.Join(errorsOf(r), "\n"); strings.Contains(all, "AccessDenied") {
			w.t.Error(all)
		}
		time.Sleep(time.Second)
	}
	if len(w.Uploads(to)) > 0 || len(w.Objects(to)) != 1 {
		w.t.Errorf("left %v %v", w.Uploads(to), w.Objects(to))
	}
}

func TestGCPaysWhereRequestersPay(t *testing.T) {
	c := payCase{set: payRules(t, ""), size: 8 << 20, faults: []fault.Fault{neverAnswered}}
	c.faults[0].Calls = fault.Calls{}
	inPayWorld(t, c, func(w *payWorld) {
		w.handle(12*time.Second, 0)
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())
		ctx := osscall.WithCredentials(w.t.Context(), roleKey)
		found, err := state.NewCollector(client, state.Location{}, rules.Remote{}, nil).Find(ctx, to, 0)
		if err != nil || len(found) != 1 {
			t.Errorf("found %v, %v", found, err)
		}
	})
}

func TestARetryNeedsNoMoreThanTheBucketPoliciesThatArePrinted(t *testing.T) {
	for name, fields := range payFields {
		for _, size := range []int64{5, 8 << 20} {
			t.Run(name, func(t *testing.T) {
				set := payRules(t, fields)
				c := payCase{set: set, size: size, policy: bucketPolicies(t, set)}
				inPayWorld(t, c, func(w *payWorld) {
					for try := range 2 {
						if r, failed := w.handle(time.Minute, try); failed {
							t.Errorf("%d bytes, attempt %d: %v", size, try+1, errorsOf(r))
						}
					}
				})
			})
		}
	}
}

// bucketPolicies are those that afterput policy --bucket-policies prints for rules.
func bucketPolicies(t *testing.T, set *rules.Set) func(bucket string) string {
	t.Helper()
	owners := map[string]string{from: "1234567890123456", to: "1234567890123456"}
	printed, _, err := deploy.BucketPoliciesOf(set, deploy.PolicyOptions{SingleCopyLimit: 100}, owners,
		"acs:ram::42:role/afterput")
	if err != nil {
		t.Fatal(err)
	}
	return func(bucket string) string { return printed[bucket].JSON() }
}
