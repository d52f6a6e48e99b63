package deploytest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestBackfillsFunctionHasTasksAndInstancesOfItsOwnAndIsOtherwiseTheSame(t *testing.T) {
	own := func(name string, _ any) bool {
		switch name {
		case "functionName", "description", "asyncInvokeConfig", "concurrencyConfig", "triggers":
			return true
		}
		return false
	}
	main, backfill := props(manifest(t, "s.yaml", nil)), props(manifest(t, backfillFile, nil))
	if diff := cmp.Diff(main, backfill, cmpopts.IgnoreMapEntries(own)); diff != "" {
		t.Errorf("props (-s.yaml +%s):\n%s", backfillFile, diff)
	}
	if a, b := at(main, "functionName"), at(backfill, "functionName"); a == b {
		t.Errorf("both deploy %v: one would replace the other", a)
	}
	if at(backfill, "asyncInvokeConfig", "asyncTask") != true {
		t.Error("without asyncTask a batch that is sent twice would run twice")
	}
	if n, _ := at(backfill, "concurrencyConfig", "reservedConcurrency").(int); n < 1 {
		t.Error("without reservedConcurrency a backfill would take the instances that uploads need")
	}
	if triggers := at(backfill, "triggers"); triggers != nil {
		t.Errorf("it has triggers: %v", triggers)
	}
	failures := []any{"asyncInvokeConfig", "destinationConfig", "onFailure", "destination"}
	if a, b := at(main, failures...), at(backfill, failures...); a != b {
		t.Errorf("failures go to %v and to %v", a, b)
	}
}
