package deploy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"afterput/internal/deploy"
)

// partner is the account of foreign buckets, and theRole the function's.
const (
	partner = "9999888877776666"
	theRole = "acs:ram::1234567890123456:role/afterput"
)

// adminStatement lets the test itself into a foreign bucket.
var adminStatement = deploy.BucketStatement{
	Statement: deploy.Statement{Effect: "Allow", Action: []string{"oss:*"}, Resource: []string{"*"}},
	Principal: []string{"200011112222333344"},
}

// ownedBy makes the bucket of a setup another account's, whose policy is p and lets the test in.
func ownedBy(u *setup, bucket string, p deploy.BucketPolicy) {
	p.Statement = append(slices.Clone(p.Statement), adminStatement)
	u.foreign = map[string]string{bucket: p.JSON()}
}

// withoutInBucket returns the policy without an action on the resources that contain a text. It reports whether there
// was one.
func withoutInBucket(p deploy.BucketPolicy, action, on string) (less deploy.BucketPolicy, found bool) {
	less.Version = p.Version
	for _, whole := range p.Statement {
		for _, a := range whole.Action {
			for _, r := range whole.Resource {
				s := whole
				if a == action && strings.Contains(r, on) {
					found = true
					continue
				}
				s.Statement = deploy.Statement{Effect: "Allow", Action: []string{a}, Resource: []string{r}}
				less.Statement = append(less.Statement, s)
			}
		}
	}
	return less, found
}

// With one bucket of another account, each scenario works with the policy that its owner sets, and no longer without
// the action that it needs there. The policy of the role has no part in that: without what it says of the bucket, the
// scenario works as well.
func TestTheBucketPolicyIsEnoughAndEveryActionInItIsNeeded(t *testing.T) {
	needed := 0
	for _, s := range scenarios {
		for _, bucket := range []string{"src", "dst"} {
			t.Run(s.name+"/"+bucket, func(t *testing.T) {
				u := s.setup()
				o := deploy.PolicyOptions{SourceKMSKeys: s.kms, SingleCopyLimit: u.options.SingleCopyLimit}
				policies, _, err := deploy.BucketPoliciesOf(u.load(t), o, map[string]string{bucket: partner}, theRole)
				if err != nil {
					if bucket == "dst" && strings.Contains(err.Error(), "neither read nor write") {
						t.Skip("in place")
					}
					t.Fatal(err)
				}
				own := ofOtherBuckets(u.policy(t, o), bucket)
				run := func(p deploy.BucketPolicy) error {
					s := s
					s.change = func(u *setup) { ownedBy(u, bucket, p) }
					return s.run(t, own)
				}
				if err := run(policies[bucket]); err != nil {
					t.Fatalf("with the whole policy: %v\n%s", err, policies.JSON())
				}
				less, found := withoutInBucket(policies[bucket], s.action, ":"+bucket+afterBucket(s.on))
				if !strings.HasPrefix(s.on, ":"+bucket) || !found {
					return
				}
				needed++
				if run(less) == nil {
					t.Errorf("without %s on %s everything still works", s.action, s.on)
				}
			})
		}
	}
	if needed < len(scenarios)*2/3 {
		t.Errorf("%d of %d scenarios need an action in a bucket of another account", needed, len(scenarios))
	}
}

// afterBucket is what follows the bucket in a part of a resource, ":bucket/key*".
func afterBucket(on string) string {
	if i := strings.IndexByte(on, '/'); i >= 0 {
		return on[i:]
	}
	return ""
}

// ofOtherBuckets returns a RAM policy without what it allows in a bucket.
func ofOtherBuckets(p deploy.Policy, bucket string) deploy.Policy {
	less := deploy.Policy{Version: p.Version}
	for _, s := range p.Statement {
		s.Resource = slices.DeleteFunc(slices.Clone(s.Resource), func(r string) bool {
			name, _, _ := strings.Cut(strings.TrimPrefix(r, "acs:oss:*:*:"), "/")
			return name == bucket
		})
		if len(s.Resource) > 0 {
			less.Statement = append(less.Statement, s)
		}
	}
	return less
}

func TestOneBucketPolicyIsMadeOfEachForeignBucketThatTheRulesUse(t *testing.T) {
	s := setup{rules: oneRule("{prefix: in/}", "[{bucket: dst}, {bucket: 'team-${tag.team}'}]")}
	policies, notes, err := deploy.BucketPoliciesOf(s.load(t), deploy.PolicyOptions{},
		map[string]string{"team-a": partner, "dst": partner}, theRole)
	if err != nil {
		t.Fatal(err)
	}
	text := policies.JSON()
	for _, want := range []string{
		`"acs:oss:*:` + partner + `:team-a/in/*"`, `"acs:oss:*:` + partner + `:dst/in/*"`,
		`"arn:sts::1234567890123456:assumed-role/afterput/*"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if len(policies) != 2 || strings.Contains(text, "src") || strings.Contains(text, "team-*") {
		t.Errorf("other buckets in\n%s", text)
	}
	for _, want := range []string{
		"principal arn:sts::", "bucket-owner-full-control", "oss:ListObjects: not confirmed",
	} {
		if !strings.Contains(strings.Join(notes, "\n"), want) {
			t.Errorf("no note about %s in %q", want, notes)
		}
	}
}

func TestWrongArgumentsOfBucketPoliciesAreRefused(t *testing.T) {
	s := setup{rules: oneRule("{prefix: in/}", "[{bucket: dst}]")}
	for want, c := range map[string]struct{ bucket, account, role string }{
		`"afterput" is not the ARN of a role`:                           {"dst", partner, "afterput"},
		`"me" is not the id of another account than the role's`:         {"dst", "me", theRole},
		`"1234567890123456" is not the id of another account`:           {"dst", "1234567890123456", theRole},
		`neither read nor write bucket "dts"; the buckets are dst, src`: {"dts", partner, theRole},
	} {
		owners := map[string]string{c.bucket: c.account}
		_, _, err := deploy.BucketPoliciesOf(s.load(t), deploy.PolicyOptions{}, owners, c.role)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, _, err := deploy.BucketPoliciesOf((&setup{rules: oneRule("{}", "[{bucket: dst}]\n    disabled: true")}).load(t),
		deploy.PolicyOptions{}, map[string]string{"dst": partner}, theRole)
	if !errors.Is(err, deploy.ErrNothingToCopy) {
		t.Errorf("disabled rules: %v", err)
	}
}

func TestEachStatementOfALongBucketPolicyIsOneThatOSSAccepts(t *testing.T) {
	var prefixes []string
	for i := range 400 {
		prefixes = append(prefixes, strings.Repeat("p", 1+i%9)+string(rune('a'+i%26))+strings.Repeat("q", i/26)+"/")
	}
	s := setup{rules: oneRule("{prefix: ["+strings.Join(prefixes, ", ")+"]}", "[{bucket: dst}]")}
	owners := map[string]string{"dst": partner}
	policies, notes, err := deploy.BucketPoliciesOf(s.load(t), deploy.PolicyOptions{}, owners, theRole)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range policies["dst"].Statement {
		one := deploy.BucketPolicy{Version: "1", Statement: []deploy.BucketStatement{st}}
		if n := len(strings.Join(strings.Fields(one.JSON()), "")); n > 4095+50 {
			t.Errorf("a statement of about %d bytes", n)
		}
	}
	if !strings.Contains(strings.Join(notes, "\n"), "OSS accepts at most 16384") {
		t.Errorf("notes %q", notes)
	}
}
