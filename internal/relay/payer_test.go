package relay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
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
	"afterput/internal/localoss/ram"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
	"afterput/rules"
)

type payWorld struct {
	*localoss.Server
	t       *testing.T
	handler *relay.Handler
	mu      sync.Mutex
	events  [][]byte
}

// inPayWorld is a world whose buckets belong to another account than the function.
func inPayWorld(t *testing.T, text string, options copier.Options, faults []fault.Fault, authorize localoss.Authorize, test func(w *payWorld)) {
	synctest.Test(t, func(t *testing.T) {
		w := &payWorld{t: t}
		server, err := localoss.New(localoss.Config{
			AccessKeys: map[string]localoss.AccessKey{"role": {Secret: secret, SecurityToken: token, Account: "42"}, "local": {Secret: "local"}},
			OnEvent: func(p []byte) {
				if objects, err := events.Parse(p); err == nil && objects[0].Bucket == from {
					w.mu.Lock()
					w.events = append(w.events, p)
					w.mu.Unlock()
				}
			},
			Authorize: authorize,
			Intercept: fault.New(1, faults...).Intercept,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w.Server = server
		for _, b := range []string{from, to} {
			if err := server.CreateBucket(b, localoss.WithRequesterPays()); err != nil {
				t.Fatal(err)
			}
		}
		set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		w.handler = relay.New(relay.Config{Rules: relay.Fixed(set),
			Copier: copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport()), options),
			Log:    slog.New(slog.NewJSONHandler(&log, nil))})
		test(w)
	})
}

func (w *payWorld) handle(d time.Duration, payload []byte, retry int) (*relay.Report, bool) {
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	answer, err := w.handler.Handle(ctx, relay.Invocation{RetryCount: retry,
		Credentials: osscall.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}}, payload)
	if err != nil {
		answer, _ = json.Marshal(map[string]string{"errorMessage": err.Error()})
	}
	r, readErr := relay.ReadReport(answer)
	if readErr != nil {
		w.t.Fatal(readErr)
	}
	return r, err != nil
}

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

func TestBucketsWhoseRequestersPayAreReadAndWrittenByAnotherAccount(t *testing.T) {
	for name, more := range map[string]string{"copy": "", "replace": "        tagging: {a: b}\n        tagging-directive: REPLACE\n        object-acl: private\n",
		"drop": "        tagging: {}\n        tagging-directive: REPLACE\n", "source acl": "        object-acl: source\n"} {
		for _, size := range []int64{5, 8 << 20} {
			text := "version: 1\nsources: [source-bucket]\nrules:\n  - name: r\n    match: {}\n    copy:\n      - bucket: target-bucket\n        request-payer: requester\n" + more
			stop := fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 3, Calls: fault.Nth(1), Delay: 100 * time.Hour, Drop: true}
			second := fault.Fault{Operations: []string{"DeleteObjectTagging", "ListParts"}, Calls: fault.Nth(1), Error: &localoss.Error{Code: "InternalError"}}
			t.Run(name, func(t *testing.T) {
				inPayWorld(t, text, copier.Options{SingleCopyLimit: 100, PartSize: 1 << 20}, []fault.Fault{stop, second}, nil, func(w *payWorld) {
					if err := w.PutSparse(from, "k", size, localoss.WithSeed(1), localoss.WithHeader("x-oss-tagging", "x=y")); err != nil {
						t.Fatal(err)
					}
					event := w.events[0]
					for try := range 3 {
						r, _ := w.handle(12*time.Second, event, try)
						for _, e := range errorsOf(r) {
							if strings.Contains(e, "AccessDenied") {
								t.Errorf("%s", e)
							}
						}
						time.Sleep(time.Second)
					}
					if len(w.Uploads(to)) > 0 || len(w.Objects(to)) != 1 {
						t.Errorf("left %v %v", w.Uploads(to), w.Objects(to))
					}
				})
			})
		}
	}
}

// gc of a bucket whose requesters pay.
func TestGCPaysWhereRequestersPay(t *testing.T) {
	text := "version: 1\nsources: [source-bucket]\nrules:\n  - name: r\n    match: {}\n    copy:\n      - bucket: target-bucket\n        request-payer: requester\n"
	stop := fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 3, Delay: 100 * time.Hour, Drop: true}
	inPayWorld(t, text, copier.Options{SingleCopyLimit: 100, PartSize: 1 << 20}, []fault.Fault{stop}, nil, func(w *payWorld) {
		if err := w.PutSparse(from, "k", 8<<20, localoss.WithSeed(1)); err != nil {
			t.Fatal(err)
		}
		w.handle(12*time.Second, w.events[0], 0)
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())
		ctx := osscall.WithCredentials(w.t.Context(), osscall.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token})
		found, err := state.NewCollector(client, state.Location{}).Find(ctx, to, 0)
		if err != nil || len(found) != 1 {
			t.Errorf("found %v, %v", found, err)
		}
	})
}

// With the policy that `afterput policy` prints, a retry must succeed where the first
// try did.
func TestARetryNeedsNoMoreThanThePolicyGives(t *testing.T) {
	for name, more := range map[string]string{"acl": "        object-acl: private\n", "tags": "", "replace": "        tagging: {a: b}\n        tagging-directive: REPLACE\n",
		"drop": "        tagging: {}\n        tagging-directive: REPLACE\n", "merge": "        tagging: {a: b}\n        tagging-directive: MERGE\n"} {
		for _, size := range []int64{5, 8 << 20} {
			text := "version: 1\nsources: [source-bucket]\nrules:\n  - name: r\n    match: {}\n    copy:\n      - bucket: target-bucket\n        request-payer: requester\n" + more
			t.Run(name, func(t *testing.T) {
				set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
				if err != nil {
					t.Fatal(err)
				}
				options := copier.Options{SingleCopyLimit: 100, PartSize: 1 << 20}
				p, _, err := deploy.PolicyOf(set, deploy.PolicyOptions{SingleCopyLimit: 100})
				if err != nil {
					t.Fatal(err)
				}
				parsed, err := ram.Parse([]byte(p.JSON()))
				if err != nil {
					t.Fatal(err)
				}
				var refused []string
				auth := localoss.Allowing("role", func(a, r string) bool {
					ok := parsed.Allows(a, r)
					if !ok {
						refused = append(refused, a+" "+r)
					}
					return ok
				})
				inPayWorld(t, text, options, nil, auth, func(w *payWorld) {
					if err := w.PutSparse(from, "k", size, localoss.WithSeed(1), localoss.WithHeader("x-oss-tagging", "x=y")); err != nil {
						t.Fatal(err)
					}
					for try := range 2 {
						if r, failed := w.handle(time.Minute, w.events[0], try); failed {
							t.Errorf("%d bytes, try %d: %v; refused: %v", size, try, errorsOf(r), slices.Compact(refused))
						} else {
						}
					}
				})
			})
		}
	}
}

var _ http.RoundTripper
