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

// Without a bound, a file of many rules that each take all steps of a rule would take minutes.
func TestTheStepsOfAllRulesAreBounded(t *testing.T) {
	set := mustLoad(t, "version: 1\nsources: [inbox]\nrules:\n  - {name: a, match: {}, copy: [{bucket: replica}]}\n")
	steps := 0
	for g := newFullAnalysis(set); ; steps += stepsOfRule {
		g.meter.Spend(stepsOfRule)
		next := g.forRule()
		if next == g && g.meter.Exceeded() {
			break
		}
		if g = next; steps > 2*maxForRules {
			t.Fatalf("%d steps, and still more", steps)
		}
	}
	if steps < maxForRules/2 {
		t.Errorf("no more steps after %d", steps)
	}
}
