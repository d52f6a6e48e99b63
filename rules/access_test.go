package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/bench/rulesfile"
	"afterput/rules/internal/keyset"
)

// A policy is made of the accesses: those of the last rules of a large file are as exact as those of the first.
func TestAccessesAreAsExactAfterManyRules(t *testing.T) {
	for _, f := range rulesfile.Large(200) {
		set, err := Load("rules.yaml", f.Write(), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		spent := newFullAnalysis(set)
		spent.meter = keyset.NewMeter(0)
		spent.meter.Spend(1)
		if diff := cmp.Diff(set.Accesses(), set.accesses(spent)); diff != "" {
			t.Errorf("%s (-with all steps +when they are spent):\n%s", f.Name, diff)
		}
	}
}
