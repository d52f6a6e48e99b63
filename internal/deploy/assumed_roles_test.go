package deploy_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/deploy"
	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
	"afterput/internal/localsts"
)

// theWriter is the role of another account that rules assume.
const theWriter = "acs:ram::" + partner + ":role/writer"

// stsTransport serves requests to STS in this process.
type stsTransport struct{ server *localsts.Server }

func (t stsTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	served := req.Clone(req.Context())
	served.Host = req.URL.Host
	t.server.ServeHTTP(recorder, served)
	return recorder.Result(), nil
}

// serveSTS lets the function's role assume theWriter, whose account owns dst.
func (w *world) serveSTS(s *setup, config *localoss.Config) {
	w.t.Helper()
	policy, err := ram.Parse([]byte(s.assumed.Policy.JSON()))
	if err != nil {
		w.t.Fatal(err)
	}
	ofRole := config.Authorize
	server, err := localsts.New(localsts.Config{AccessKeys: config.AccessKeys, Allows: ofRole,
		Roles: map[string]localsts.Role{theWriter: {Trust: s.assumed.Trust.JSON()}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.sts.server = server
	config.Sessions = func(id string) (localoss.AccessKey, bool) {
		key, ok := server.AccessKey(id)
		if s.sessionsLast > 0 {
			key.Expires = key.Expires.Add(s.sessionsLast - time.Hour)
		}
		return key, ok
	}
	config.Authorize = func(op localoss.Operation) error {
		if _, ok := server.AccessKey(op.AccessKeyID); ok {
			return w.allowing(op.AccessKeyID, policy)(op)
		}
		return ofRole(op)
	}
}

// withWriter has the account of theWriter set what is printed for it, if the rules assume it. The buckets into which
// they copy as that role are of that account; where they may copy as the function's too, its policy allows that.
func (s *setup) withWriter(t testing.TB) {
	t.Helper()
	set, o := s.load(t), deploy.PolicyOptions{State: s.options.State, SingleCopyLimit: s.options.SingleCopyLimit}
	roles, _, err := deploy.AssumedRolesOf(set, o, theRole)
	if err != nil {
		return // they do not
	}
	writer := roles[theWriter]
	if s.assumed == nil {
		s.assumed = &writer
	}
	if s.foreign == nil {
		s.foreign = map[string]string{}
	}
	for _, bucket := range append(slices.Clone(s.buckets), "dst") {
		if set.RemoteOf(bucket).Role == "" || slices.Contains(set.Sources(), bucket) || s.foreign[bucket] != "" {
			continue
		}
		p := deploy.BucketPolicy{Version: "1"}
		if both, _, err := deploy.BucketPoliciesOf(set, o, map[string]string{bucket: partner}, theRole); err == nil {
			p = both[bucket]
		}
		p.Statement = append(p.Statement, adminStatement)
		s.foreign[bucket] = p.JSON()
	}
}

// asRole is the scenario with a role assumed for dst; ok is false for one that has no such copy, whose faults are those
// of CopyObject, or that is about tags that remain, as no streamed copy has them.
func (s *scenario) asRole() (as scenario, ok bool) {
	if s.whole != "" || s.faults != nil || s.action == "oss:DeleteObjectTagging" {
		return as, false
	}
	as = *s
	as.copy += ", role: '" + theWriter + "', external-id: our-id"
	return as, true
}

// loseDestination closes the connection after a PutObject to dst took effect.
func loseDestination(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	r := next()
	if call.Name == "PutObject" && call.Bucket == "dst" {
		return nil
	}
	return r
}

// streamed are scenarios whose faults are those of streamed copies.
var streamed = []scenario{
	{name: "the destination's ACL is compared with the rule's", action: "oss:GetObjectAcl", on: inDst,
		copy: ", object-acl: private", faults: loseDestination},
	{name: "a lost response is resolved by reading the destination", action: "oss:GetObject", on: inDst,
		faults: loseDestination},
	{name: "a lost response is resolved by comparing tags", action: "oss:GetObjectTagging", on: inDst,
		copy: ", tagging: {b: x}", faults: loseDestination},
}

// Each scenario works with the policies that are printed for the two roles, and no longer without the action that it
// needs, on the side that needs it.
func TestThePoliciesOfBothRolesAreEnoughAndEveryActionInThemIsNeeded(t *testing.T) {
	var all []scenario
	for _, s := range streamed {
		s.copy += ", role: '" + theWriter + "', external-id: our-id"
		all = append(all, s)
	}
	for _, s := range scenarios {
		if as, ok := s.asRole(); ok {
			all = append(all, as)
		}
	}
	if len(all) < 25 {
		t.Fatalf("only %d scenarios", len(all))
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			u := s.setup()
			o := deploy.PolicyOptions{SourceKMSKeys: s.kms, SingleCopyLimit: u.options.SingleCopyLimit}
			own := u.policy(t, o)
			roles, _, err := deploy.AssumedRolesOf(u.load(t), o, theRole)
			if err != nil {
				t.Fatal(err)
			}
			run := func(own deploy.Policy, writer deploy.AssumedRole) error {
				s := s
				s.change = func(u *setup) { u.assumed = &writer }
				return s.run(t, own)
			}
			writer := roles[theWriter]
			if err := run(own, writer); err != nil {
				t.Fatalf("with the whole policies: %v\n%s%s", err, own.JSON(), roles.JSON())
			}
			wants := "needs " + s.action + ": give it the policy that afterput policy RULES prints"
			if strings.HasPrefix(s.on, ":src") {
				own = without(t, own, s.action, s.on)
			} else {
				writer.Policy = without(t, writer.Policy, s.action, s.on)
				wants = "the role " + theWriter + " needs " + s.action +
					": its account gives it the policy that afterput policy --assumed-roles RULES prints"
			}
			err = run(own, writer)
			if err == nil {
				t.Fatalf("without %s on %s everything still works", s.action, s.on)
			}
			if s.after == nil && !strings.Contains(err.Error(), wants) {
				t.Errorf("the missing action is not named: %v", err)
			}
		})
	}
}

func TestARoleThatCannotBeAssumedFailsTheCopyWithWhatToDo(t *testing.T) {
	s := scenario{name: "assuming", copy: ", role: '" + theWriter + "', external-id: our-id"}
	u := s.setup()
	own := u.policy(t, deploy.PolicyOptions{})
	roles, _, err := deploy.AssumedRolesOf(u.load(t), deploy.PolicyOptions{}, theRole)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		own   deploy.Policy
		trust deploy.TrustPolicy
	}{
		"the function may not assume it": {without(t, own, "sts:AssumeRole", theWriter), roles[theWriter].Trust},
		"it trusts another role":         {own, deploy.Trusting(theRole+"-2", []string{"our-id"})},
		"it wants another external id":   {own, deploy.Trusting(theRole, []string{"their-id"})},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.change = func(u *setup) {
				u.assumed = &deploy.AssumedRole{Trust: c.trust, Policy: roles[theWriter].Policy}
			}
			err := s.run(t, c.own)
			for _, want := range []string{`\"code\":\"NoPermission\"`, `\"permanent\":true`,
				"You should be authorized by RAM. (either the function's role may not call sts:AssumeRole on "} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("no %s in %v", want, err)
				}
			}
		})
	}
}
