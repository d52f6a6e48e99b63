package e2e_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"afterput/internal/localfc"
)

// killsOf is how often a backfill is killed in each way of copying. AFTERPUT_KILLS says so in make kills.
func killsOf(t *testing.T) int {
	t.Helper()
	text, set := os.LookupEnv("AFTERPUT_KILLS")
	if !set {
		return 6
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("AFTERPUT_KILLS: %v", err)
	}
	return n
}

// killedJob is a backfill whose process is killed at random moments and started again until it ends by itself.
type killedJob struct {
	*existingWorld
	args   []string
	folder string
	kills  map[string]int // by the phase that the job was in
}

func newKilledJob(w *existingWorld, args ...string) *killedJob {
	j := &killedJob{w, nil, filepath.Join(w.t.TempDir(), "job"), map[string]int{}}
	j.args = append([]string{"backfill", w.rules, "--yes", "--json", "--job", j.folder}, args...)
	return j
}

// finish runs the job to its end, with at most so many kills. It gives the summary that the last process prints.
func (j *killedJob) finish(random *rand.Rand, most int) backfillSummary {
	j.t.Helper()
	for killed := 0; ; {
		cmd, stdout, stderr := j.command(j.args...)
		if err := cmd.Start(); err != nil {
			j.t.Fatal(err)
		}
		var moment *time.Timer
		if killed < most {
			const longest = 800 * time.Millisecond // no job ends that soon
			moment = time.AfterFunc(time.Duration(random.Int64N(int64(longest))), func() { _ = cmd.Process.Kill() })
		}
		err := cmd.Wait()
		if moment != nil {
			moment.Stop()
		}
		switch {
		case err == nil:
			return summaryOf(j.t, stdout.String())
		case cmd.ProcessState.ExitCode() >= 0:
			j.t.Fatalf("%v\n%s", err, stderr)
		}
		killed++
		j.kills[j.phase()]++
	}
}

// phase is what the job was doing when it was last saved.
func (j *killedJob) phase() string {
	content, err := os.ReadFile(filepath.Join(j.folder, "job.json"))
	if err != nil {
		return "not saved yet"
	}
	var state struct{ Phase string }
	if err := json.Unmarshal(content, &state); err != nil {
		j.t.Fatalf("job.json is damaged: %v", err)
	}
	return state.Phase
}

// killBackfills runs jobs until so many kills are done. run runs and checks one of them, and gives its kills by phase.
func killBackfills(t *testing.T, run func(t *testing.T, random *rand.Rand, most int) map[string]int) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	most, kills, jobs, phases := killsOf(t), 0, 0, map[string]int{}
	for ; kills < most && !t.Failed(); jobs++ {
		t.Run(strconv.Itoa(jobs), func(t *testing.T) {
			for phase, n := range run(t, random, most-kills) {
				phases[phase] += n
				kills += n
			}
		})
	}
	t.Logf("%d kills in %d jobs, by phase: %v", kills, jobs, phases)
}

// killedObjects have keys so long that the records of their copies do not fit into the tool's memory, so that it saves
// the job in the middle of a phase.
const killedObjects = 6000

func TestKillsOfABackfillLoseNothingAndCopyAgainOnlyWhatWasInFlight(t *testing.T) {
	if currentRuntime.custom {
		t.Skip("done on the other runtime: the function takes no part")
	}
	killBackfills(t, func(t *testing.T, random *rand.Rand, most int) map[string]int {
		const inFlight = 8
		w := startExisting(t, killedObjects)
		w.late = 50 // a process that goes on may look before the copy of one that was killed is there
		j := newKilledJob(w, "--in-flight", strconv.Itoa(inFlight))
		summary := j.finish(random, most)
		kills := 0
		for _, n := range j.kills {
			kills += n
		}
		t.Logf("%d kills, %d copies made again", kills, w.wantCopies(kills*inFlight))
		d := summary.Counts.Done
		if summary.Phase != "complete" || summary.Counts.Objects != w.objects || d.Failed.Copies+d.Skipped.Copies > 0 ||
			d.Copied.Copies+d.Unchanged.Copies != w.missing {
			t.Errorf("after %v kills it counts %+v, want %d objects and %d copies", j.kills, summary, w.objects,
				w.missing)
		}
		return j.kills
	})
}

func TestKillsOfABackfillHandEachObjectToTheFunctionOnce(t *testing.T) {
	if !currentRuntime.custom {
		t.Skip("done on the other runtime: the function is not what is killed")
	}
	killBackfills(t, func(t *testing.T, random *rand.Rand, most int) map[string]int {
		w := startExisting(t, killedObjects)
		server := httptest.NewServer(w.FC.API(map[string]localfc.Credentials{"local": {AccessKeySecret: "local"}}))
		defer server.Close()
		j := newKilledJob(w, "--in-flight", "8", "--function", "function", "--fc-endpoint", server.URL)
		summary := j.finish(random, most)
		w.waitForEvents()
		w.wantCopies(0)
		d := summary.Counts.Done
		if summary.Phase != "handed over" || summary.Counts.Objects != w.objects || d.Handed.Copies != w.missing ||
			w.payloads() != d.Batches || w.attempts() != d.Batches {
			t.Errorf("after %v kills it counts %+v, want %d objects and %d copies; the function got %d batches in %d "+
				"attempts", j.kills, summary, w.objects, w.missing, w.payloads(), w.attempts())
		}
		return j.kills
	})
}
