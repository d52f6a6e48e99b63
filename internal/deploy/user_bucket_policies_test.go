package deploy_test

import (
	"slices"
	"testing"

	"afterput/internal/deploy"
)

// A person compares and backfills objects of a bucket of another account with the policy that its owner sets, and no
// longer without one of the actions in it.
func TestTheBucketPolicyForAPersonIsEnoughAndEveryActionInItIsNeeded(t *testing.T) {
	reading := []string{"oss:ListObjects", "oss:GetObject", "oss:GetObjectTagging", "oss:GetObjectAcl"}
	for name, c := range map[string]struct {
		user   deploy.UserOptions
		needed []string
		rest   int // actions that the function's role is proved to need
	}{
		"diff": {deploy.UserOptions{}, reading, 0},
		"backfill by the function": {deploy.UserOptions{Backfill: true, Function: "f", JobBucket: "jobs",
			JobPrefix: "a/"}, reading, 0},
		"backfill": {deploy.UserOptions{Backfill: true, JobBucket: "jobs", JobPrefix: "a/"},
			slices.Concat(reading, []string{"oss:PutObject", "oss:PutObjectAcl"}), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := userSetup()
			own, _, err := deploy.UserPolicy(s.load(t), c.user, deploy.PolicyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			own = ofOtherBuckets(own, "dst")
			policies, _, err := deploy.BucketPoliciesForUser(s.load(t), c.user, deploy.PolicyOptions{},
				map[string]string{"dst": partner}, theRole)
			if err != nil {
				t.Fatal(err)
			}
			try := func(p deploy.BucketPolicy) (err error) {
				s := s
				ownedBy(&s, "dst", p)
				inWorld(t, s, own, func(w *world) { err = w.backfill(&s, c.user, own) })
				return err
			}
			whole := policies["dst"]
			if err := try(whole); err != nil {
				t.Fatalf("with the whole policy: %v\n%s", err, whole.JSON())
			}
			for _, action := range c.needed {
				less, found := withoutInBucket(whole, action, ":dst")
				if !found || try(less) == nil {
					t.Errorf("without %s everything still works", action)
				}
			}
			actions := 0
			for _, st := range whole.Statement {
				actions += len(st.Action)
			}
			if actions != len(c.needed)+c.rest {
				t.Errorf("the policy has %d actions, and %d of them were shown to be needed:\n%s", actions,
					len(c.needed), whole.JSON())
			}
		})
	}
}

// RAM users are named by their ids in bucket policies.
func TestABucketPolicyNamesARAMUserByID(t *testing.T) {
	s := userSetup()
	policies, notes, err := deploy.BucketPoliciesForUser(s.load(t), deploy.UserOptions{}, deploy.PolicyOptions{},
		map[string]string{"dst": partner}, "1234567890123456/200011112222333344")
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range policies["dst"].Statement {
		if !slices.Equal(st.Principal, []string{"200011112222333344"}) {
			t.Errorf("the principal is %q", st.Principal)
		}
	}
	for _, n := range notes {
		if len(n) > 9 && n[:9] == "principal" {
			t.Errorf("a note on sessions: %s", n)
		}
	}
}
