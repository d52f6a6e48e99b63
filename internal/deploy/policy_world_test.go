package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/sts"
	"afterput/rules"
)

// world is a local OSS that enforces a policy, with the handler of its events, in virtual time.
type world struct {
	*localoss.Server
	t       testing.TB
	admin   *oss.Client
	role    *oss.Client
	handler *relay.Handler

	mu      sync.Mutex
	event   []byte           // the newest of a source
	asked   map[request]bool // what the role asked for
	refused []string         // what the policy did not allow

	sts stsTransport // of the role that the function assumes
}

// request is an action on a resource.
type request struct{ action, resource string }

// setup is what a world is made of.
type setup struct {
	rules     string
	env       map[string]string // of the rules
	options   copier.Options
	intercept localoss.Intercept
	buckets   []string // besides src and dst
	far       string   // the region of dst, if it is another
	sources   []string // default: src
	// foreign are the policies of buckets of another account, by bucket.
	foreign map[string]string
	// assumed is what the account of theWriter has set; dst is a bucket of that account then. nil for no such role.
	assumed *deploy.AssumedRole
	// sessionsLast is how long OSS accepts a session of it, whatever STS says; 0 as long as STS says, an hour.
	sessionsLast time.Duration
}

// load reads the rules of a setup.
func (s *setup) load(t testing.TB) *rules.Set {
	t.Helper()
	env := func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }
	set, err := rules.Load("rules.yaml", []byte(s.rules), env)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// policy returns the policy generated for the setup.
func (s *setup) policy(t testing.TB, o deploy.PolicyOptions) deploy.Policy {
	t.Helper()
	o.State, o.SingleCopyLimit = s.options.State, s.options.SingleCopyLimit
	p, _, err := deploy.PolicyOf(s.load(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inWorld runs a test with a role that may do what the policy allows.
func inWorld(t *testing.T, s setup, policy deploy.Policy, test func(w *world)) {
	t.Helper()
	s.withWriter(t)
	parsed := &ram.Policy{}
	if len(policy.Statement) > 0 {
		var err error
		if parsed, err = ram.Parse([]byte(policy.JSON())); err != nil {
			t.Fatalf("the policy is not valid: %v\n%s", err, policy.JSON())
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, asked: map[request]bool{}}
		config := localoss.Config{
			AccessKeys: map[string]localoss.AccessKey{
				"admin": {Secret: "secret", Principal: "200011112222333344"},
				"role":  {Secret: "secret", Role: "afterput/session"},
			},
			Authorize: w.allowing("role", parsed),
			Intercept: s.intercept,
			OnEvent:   func(payload []byte) { w.keepEvent(payload, s.sources) },
		}
		if s.assumed != nil {
			w.serveSTS(&s, &config)
		}
		server, err := localoss.New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w.Server = server
		for _, name := range append([]string{"src", "dst"}, s.buckets...) {
			var options []localoss.BucketOption
			if policy, ok := s.foreign[name]; ok {
				options = append(options, localoss.WithOwner(partner), localoss.WithPolicy(policy))
			}
			if name == "dst" {
				options = append(options, localoss.WithRegion(s.far))
			}
			if err := server.CreateBucket(name, options...); err != nil {
				t.Fatal(err)
			}
		}
		s.options.Region = "cn-hangzhou"
		roles := sts.New("http://sts", w.sts)
		s.options.Remote = func(to rules.Remote) *oss.Client {
			if to.Role == "" {
				return osscall.NewClient(to.Region, "http://127.0.0.1", server.Transport())
			}
			return osscall.NewClientAs(roles.As(to), to.Region, "http://127.0.0.1", server.Transport())
		}
		client := func(id string) *oss.Client {
			return oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
				WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, "secret")).
				WithHttpClient(&http.Client{Transport: server.Transport()}))
		}
		w.admin, w.role = client("admin"), client("role")
		w.handler = relay.New(relay.Config{
			Rules:  relay.Fixed(s.load(t)),
			Copier: copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport()), s.options),
			Log:    slog.New(slog.DiscardHandler),
		})
		test(w)
	})
}

// allowing allows an access key what a policy does, and keeps what it asks for.
func (w *world) allowing(id string, policy *ram.Policy) localoss.Authorize {
	return localoss.Allowing(id, func(action, resource string) bool {
		ok := policy.Allows(action, resource)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked[request{action, resource}] = true
		if !ok {
			w.refused = append(w.refused, action+" on "+resource)
		}
		return ok
	})
}

func (w *world) keepEvent(payload []byte, sources []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes.Contains(payload, []byte("ObjectDownloaded:")) {
		return // a copy that is streamed reads its source
	}
	for _, name := range append(sources, "src") {
		if bytes.Contains(payload, []byte(`"name":"`+name+`"`)) {
			w.event = payload
		}
	}
}

// put uploads to src.
func (w *world) put(key string, change ...func(*oss.PutObjectRequest)) {
	w.t.Helper()
	request := &oss.PutObjectRequest{Bucket: oss.Ptr("src"), Key: &key, Body: strings.NewReader("every field\n")}
	for _, f := range change {
		f(request)
	}
	if _, err := w.admin.PutObject(w.t.Context(), request); err != nil {
		w.t.Fatal(err)
	}
}

// handle gives the newest event of a source to the handler, and returns the results of its copies and the report.
func (w *world) handle() (all []copier.Result, report string) { return w.attempt(0) }

// attempt is handle after so many attempts have failed.
func (w *world) attempt(retries int) (all []copier.Result, report string) {
	w.t.Helper()
	w.mu.Lock()
	event := w.event
	w.mu.Unlock()
	answer, err := w.handler.Handle(w.t.Context(), relay.Invocation{RequestID: "1", RetryCount: retries,
		Credentials: osscall.Credentials{AccessKeyID: "role", AccessKeySecret: "secret"}}, event)
	if err != nil {
		var failure *relay.Failure
		if !errors.As(err, &failure) {
			w.t.Fatal(err)
		}
		fields := map[string]string{"errorMessage": failure.Error(), "errorType": "Failure"}
		if answer, err = json.Marshal(fields); err != nil {
			w.t.Fatal(err)
		}
	}
	read, err := relay.ReadReport(answer)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range read.Objects {
		if o.Error != nil {
			all = append(all, copier.Failed)
		}
		for _, c := range o.Copies {
			all = append(all, c.Outcome.Result)
		}
	}
	return all, string(answer)
}

// without returns the policy without an action on the resources that contain a text. It fails the test if the policy
// did not allow that.
func without(t *testing.T, p deploy.Policy, action, on string) deploy.Policy {
	t.Helper()
	less, found := deploy.Policy{Version: p.Version}, false
	for _, s := range p.Statement {
		for _, a := range s.Action {
			for _, r := range s.Resource {
				if a == action && strings.Contains(r, on) {
					found = true
					continue
				}
				allowed := deploy.Statement{Effect: "Allow", Action: []string{a}, Resource: []string{r}}
				less.Statement = append(less.Statement, allowed)
			}
		}
	}
	if !found {
		t.Fatalf("the policy does not allow %s on %s:\n%s", action, on, p.JSON())
	}
	return less
}

// onlyCopied returns an error unless every result is copied.
func onlyCopied(all []copier.Result) error {
	if len(all) == 0 || slices.ContainsFunc(all, func(r copier.Result) bool { return r != copier.Copied }) {
		return fmt.Errorf("results %v", all)
	}
	return nil
}
