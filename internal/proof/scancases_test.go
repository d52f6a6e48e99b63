package proof

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// Cases of scans that random programs meet too rarely to rely on.

// put is a step that uploads a small object to the first matched key.
func put(content int, at time.Duration) step {
	return step{kind: stepPut, key: matchedKeys[0], at: at, content: content, size: 40 + content,
		attributes: attributeSets[0]}
}

// withoutEvent is the step with its event lost.
func (s step) withoutEvent() step {
	s.lost = true
	return s
}

func runScanCase(t *testing.T, p program) {
	t.Helper()
	p.confirm, p.faultsEnd = copier.ConfirmAlways, time.Minute
	result := runProgram(t, p)
	for _, violation := range result.violations {
		t.Error(violation)
	}
	if t.Failed() {
		for _, line := range result.log {
			t.Log(line)
		}
	}
}

// late makes the nth request of an operation take effect so long after its sender got an error.
func late(operation string, nth int, after time.Duration) fault.Fault {
	return fault.Fault{Operations: []string{operation}, Calls: fault.Nth(nth), Later: after,
		Error: &localoss.Error{Code: localoss.InternalError, Status: http.StatusGatewayTimeout}}
}

func TestCaseBackfillThatGoesOnRepairsWhatItsKilledProcessHasOverwritten(t *testing.T) {
	overwrite := put(1, 15*time.Second)
	overwrite.deliveries = []delivery{{timeout: time.Minute}}
	runScanCase(t, program{
		steps:  []step{put(0, time.Second).withoutEvent(), overwrite},
		faults: []fault.Fault{late("CopyObject", 1, 20*time.Second)},
		scans: []scan{{kind: scanBackfill, at: 10 * time.Second, runs: []delivery{
			{disruptions: []disruption{{kind: killAfterReply, request: 3}}}}}}, // it lists two buckets, and copies
	})
}

func TestCaseSweepTriesAgainWhatMayHaveOverwrittenANewerVersion(t *testing.T) {
	overwrite := put(1, 20*time.Second)
	overwrite.deliveries = []delivery{{timeout: time.Minute}}
	runScanCase(t, program{
		steps:  []step{put(0, time.Second).withoutEvent(), overwrite},
		faults: []fault.Fault{late("CopyObject", 1, 20*time.Second)},
		scans:  []scan{{at: 10 * time.Second, olderThan: time.Second, runs: []delivery{{timeout: time.Minute}}}},
	})
}

func TestCaseProgressWrittenAfterTheEndStopsNoSweep(t *testing.T) {
	runScanCase(t, program{
		steps: []step{put(0, time.Second).withoutEvent()},
		// A sweep writes its lock, its progress, what is wanted, its progress, what is missing, and its progress.
		faults: []fault.Fault{late("PutObject", 6, 20*time.Second)},
		scans:  []scan{{at: 10 * time.Second, olderThan: time.Second, runs: []delivery{{timeout: time.Minute}}}},
	})
}

func TestCaseSweepStoppedWhileItListsLosesNothing(t *testing.T) {
	slow := fault.Fault{
		Operations: []string{"ListObjectsV2"}, Calls: fault.Calls{First: 2, Last: 3}, Delay: 5 * time.Second,
	}
	p := program{pageSize: 1, faults: []fault.Fault{slow}}
	for i, key := range []string{"in/a", "in/b", "in/c", "in/d"} {
		s := put(i, time.Second).withoutEvent()
		s.key = key
		p.steps = append(p.steps, s)
	}
	p.scans = []scan{{at: 10 * time.Second, olderThan: time.Second,
		runs: []delivery{{timeout: 2 * time.Second}, {timeout: time.Minute}}}}
	runScanCase(t, p)
}

func TestCaseSweepComparesAgainBeforeItCopiesInALaterInvocation(t *testing.T) {
	s := put(0, time.Second)
	s.deliveries = []delivery{{after: 20 * time.Second, timeout: time.Minute}}
	runScanCase(t, program{
		steps: []step{s},
		// After the six writes that the case above names it remembers that it begins to copy.
		faults: []fault.Fault{{
			Operations: []string{"PutObject"}, Calls: fault.Nth(7), Drop: true, Delay: 5 * time.Second,
		}},
		scans: []scan{{at: 10 * time.Second, olderThan: time.Second,
			runs: []delivery{{timeout: 2 * time.Second}, {after: 30 * time.Second, timeout: time.Minute}}}},
	})
}

func TestCaseBackfillThatGoesOnComparesWhatItHadBegun(t *testing.T) {
	runScanCase(t, program{
		steps: []step{put(0, time.Second).withoutEvent()},
		scans: []scan{{kind: scanBackfill, at: 10 * time.Second, runs: []delivery{
			{disruptions: []disruption{{kind: killAfterReply, request: 3}}}}}}, // that of the copy
	})
}

// The copy of the first version gets its tags after the second was put, and while that is hidden by a delete marker.
// Its Last-Modified stays as it was: the backfill cannot tell that it is as the second version would be copied.
func TestCaseBackfillCopiesAgainWhatOnlyItsTagsMakeNewerThanItsSource(t *testing.T) {
	first, removal, back := put(0, time.Second), put(0, 4*time.Second), put(0, 10*time.Second)
	first.deliveries = []delivery{{timeout: time.Minute}}
	removal.kind, back.kind = stepDelete, stepDeleteVersion
	runScanCase(t, program{
		ruleset: slices.IndexFunc(rulesets, func(r ruleset) bool { return r.name == "by etag" }), versioned: true,
		steps: []step{first, put(0, 3*time.Second).withoutEvent(), removal.withoutEvent(), back.withoutEvent()},
		faults: []fault.Fault{
			{Operations: []string{"DeleteObjectTagging"}, Calls: fault.Nth(1), Delay: 5 * time.Second},
		},
		scans: []scan{{kind: scanBackfill, at: 20 * time.Second, runs: []delivery{{timeout: time.Minute}}}},
	})
}
