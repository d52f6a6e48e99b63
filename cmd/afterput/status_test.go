package main

import (
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/existing"
	"afterput/internal/localoss"
)

func TestTheStatusNeverCallsAJobCompleteOfWhichSomethingFailedOrIsUnderWay(t *testing.T) {
	one := existing.Tally{Copies: 1}
	by := func(d existing.Done) existing.Counts { return existing.Counts{Done: d} }
	for _, c := range []struct {
		phase  existing.Phase
		counts existing.Counts
		tasks  *taskCounts
		want   existing.Phase
	}{
		{existing.Comparing, by(existing.Done{}), nil, "compare"},
		{existing.HandingOver, by(existing.Done{Failed: one}), nil, "hand over"},
		{existing.Complete, by(existing.Done{Copied: one}), nil, "complete"},
		{existing.Complete, by(existing.Done{Copied: one, Failed: one}), nil, "failed in part"},
		{existing.Complete, by(existing.Done{Handed: one}), nil, "handed over"},
		{existing.Complete, by(existing.Done{Handed: one}), &taskCounts{Succeeded: 1, Running: 1}, "handed over"},
		{existing.Complete, by(existing.Done{Handed: one}), &taskCounts{Succeeded: 1, Failed: 1}, "failed in part"},
		{existing.Complete, by(existing.Done{Handed: one}), &taskCounts{Succeeded: 1}, "complete"},
	} {
		if got := phaseOf(existing.Standing{Phase: c.phase, Counts: c.counts}, c.tasks); got != c.want {
			t.Errorf("%s, %+v, %+v: %q, want %q", c.phase, c.counts.Done, c.tasks, got, c.want)
		}
	}
}

func TestTheStatusIsReadWhileAnotherProcessWorksAndNeedsNoneOfTheFlagsOfTheJob(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for key, class := range map[string]string{"in/a": "Standard", "in/b": "Archive", "c": "Standard"} {
		if err := server.PutSparse("photos", key, 1, localoss.WithHeader("x-oss-storage-class", class)); err != nil {
			t.Fatal(err)
		}
	}
	path := files(t, map[string]string{"rules.yaml": replicatePhotos})
	job := filepath.Join(t.TempDir(), "job")
	status := func(exits int, want string) {
		t.Helper()
		code, out, problems := command(t, "backfill", path("rules.yaml"), "--job", job, "--status")
		if code != exits || !strings.Contains(out+problems, want) {
			t.Errorf("exit %d, want %d and %q:\n%s%s", code, exits, want, out, problems)
		}
	}
	selected := []string{"backfill", path("rules.yaml"), "--job", job, "--prefix", "in/"}
	command(t, selected...)
	folder, err := existing.NewFolder(job)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := folder.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status(exitGood, "hand over: 0 of 2 copies, 0 failed; saved ")
	unlock()
	command(t, append(selected, "--yes")...)
	status(exitBad, "failed in part: 2 objects seen")
	status(exitBad, "try again with: cat "+job+"/failed-*.jsonl | afterput replay")
}
