package proof

import (
	"fmt"
	"slices"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/osscall"
)

// correctDestination is a destination that was correct when a retry began: how many states it had had by then, and how
// many versions and tags its source.
type correctDestination struct {
	*sourceVersion
	states, versions, tags int
}

// correctDestinations returns, by bucket/key, the destinations that a retry that begins now must not write. Programs
// with a fault that may hide a destination from the engine have none. Links are left out: they cannot be compared if
// their target does not exist.
func (w *world) correctDestinations() map[string]correctDestination {
	all := map[string]correctDestination{}
	mayHide := !w.faults.over() && slices.ContainsFunc(w.program.faults, hidesDestination)
	if !drawnSituations.has(needlessWrites) || mayHide {
		return all
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.history.expectedDestinations(w.ruleset.expected) {
		c, states := d.candidates[0], w.history.states[d.place]
		if len(d.candidates) > 1 || c.anyTags || c.keepsFirst || c.sourceVersion.linkTarget != "" ||
			len(c.sourceVersion.tagHistory) > 1 {
			continue
		}
		d.withoutEvent = false
		if w.history.whyWrong(d) != "" || len(states) == 0 || states[len(states)-1].isForeign() {
			continue
		}
		seen := states[len(states)-1].putAt + min(0, w.history.ahead) // by the clock of the destination
		if seen.Truncate(time.Second) > c.sourceVersion.putAt.Truncate(time.Second) {
			all[d.place] = correctDestination{sourceVersion: c.sourceVersion, states: len(states),
				versions: len(w.history.versions[c.sourceVersion.key]), tags: len(c.sourceVersion.tagHistory)}
		}
	}
	return all
}

// judgeWrite checks that what a retry has just written was not correct before.
func (w *world) judgeWrite(call *localoss.Call) {
	switch call.Name {
	case "CopyObject", "CompleteMultipartUpload", "PutObjectTagging", "DeleteObjectTagging", "PutObjectACL":
	case "PutObject":
		if !streams(call) {
			return
		}
	default:
		return
	}
	place := call.Bucket + "/" + call.Key
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.attempts[w.callerOf(call.AccessKeyID)]
	if a == nil {
		return
	}
	w.writtenBy[place] = w.callerOf(call.AccessKeyID)
	if why := a.mustNotWrite(place); why != "" {
		w.violations = append(w.violations, fmt.Sprintf("%s: %s writes %s, %s", a.name, call.Name, place, why))
	}
	before, wasCorrect := a.correctBefore[place]
	if !wasCorrect {
		return
	}
	// The user has changed the source since, perhaps for a moment only: the retry may have begun to copy a version that
	// came and went.
	if len(w.history.versions[before.key]) != before.versions || len(before.sourceVersion.tagHistory) != before.tags {
		return
	}
	if len(w.history.states[place]) == before.states+1 {
		w.violations = append(w.violations,
			fmt.Sprintf("%s: %s writes %s again, which was correct before", a.name, call.Name, place))
	}
}

// undisturbed reports whether nothing has gone wrong in an attempt that has ended, except for what other invocations
// and the user did.
func (a *attempt) undisturbed() bool {
	w := a.world
	return drawnSituations.has(needlessFailures) && a.disruption == nil && !a.killed() &&
		(len(w.program.faults) == 0 || a.start.Sub(w.faults.start) > w.program.faultsEnd)
}

// mostUploads is how many uploads one copy begins or resumes at most, as docs/design.md says.
const mostUploads = 3

// recordEnd records who was the first to abort or complete an upload.
func (w *world) recordEnd(call *localoss.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, known := w.endedBy[call.UploadID]
	if !known && (call.Name == "AbortMultipartUpload" || call.Name == "CompleteMultipartUpload") {
		w.endedBy[call.UploadID] = w.callerOf(call.AccessKeyID)
	}
}

// othersEndedAll reports whether an error means that other invocations, which copy the same content with other
// attributes, have ended every upload that a copy may use.
func (a *attempt) othersEndedAll(e *osscall.Error) bool {
	if e.Code != "NoSuchUpload" && e.Code != "PartsMissing" {
		return false
	}
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	ended := 0
	for id := range a.uploads {
		if by, is := a.world.endedBy[id]; is && by != a.accessKey {
			ended++
		}
	}
	return ended >= mostUploads
}

// withoutFaults reports whether nothing goes wrong in any attempt of the program.
func (p *program) withoutFaults() bool {
	disrupted := func(d delivery) bool { return len(d.disruptions) > 0 }
	return len(p.faults) == 0 && !slices.ContainsFunc(p.steps, func(s step) bool {
		return slices.ContainsFunc(s.deliveries, disrupted)
	}) && !slices.ContainsFunc(p.scans, func(s scan) bool { return slices.ContainsFunc(s.runs, disrupted) })
}

// destinationsCorrect reports whether all destinations of the version's key are correct.
func (w *world) destinationsCorrect(v *sourceVersion) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.history.expectedDestinations(w.ruleset.expected) {
		its := slices.ContainsFunc(d.candidates, func(c candidate) bool { return c.sourceVersion.key == v.key })
		if its && w.history.whyWrong(d) != "" {
			return false
		}
	}
	return true
}
