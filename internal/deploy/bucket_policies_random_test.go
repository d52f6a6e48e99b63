package deploy_test

import (
	"errors"
	"slices"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/randomrules"
)

func TestBucketPoliciesOfRandomRulesAreEnoughWhereEveryBucketIsForeign(t *testing.T) {
	copies := 0
	randomrules.Seeds(t, 30, func(t *testing.T, seed uint64) {
		r := randomrules.New(seed)
		set, text := loadRandom(r)
		s := setup{rules: text, sources: randomrules.Sources, foreign: map[string]string{}, buckets: slices.Concat(
			randomrules.Sources, randomrules.Destinations, []string{"one-far", "two-far"})}
		if seed%2 == 0 {
			s.options = copier.Options{SingleCopyLimit: 1}
		}
		o := deploy.PolicyOptions{SingleCopyLimit: s.options.SingleCopyLimit}
		policy, _, err := deploy.PolicyOf(set, o)
		if errors.Is(err, deploy.ErrNothingToCopy) {
			return
		}
		for _, bucket := range append(s.buckets, "src", "dst") {
			policies, _, err := deploy.BucketPoliciesOf(set, o, map[string]string{bucket: partner}, theRole)
			if err != nil {
				continue // not a bucket of these rules
			}
			p := policies[bucket]
			p.Statement = append(p.Statement, adminStatement)
			s.foreign[bucket] = p.JSON()
		}
		inWorld(t, s, policy, func(w *world) {
			for _, o := range objectsFor(r, set) {
				copies += len(w.copyTwice(set, o))
			}
			if w.t.Failed() {
				w.t.Logf("%s\n%v", text, s.foreign)
			}
		})
	})
	if copies < 30 {
		t.Errorf("%d copies: the test shows little", copies)
	}
}
