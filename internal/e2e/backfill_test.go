package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
)

const secondBucket = "second-bucket"

const backfillRules = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
      - bucket: second-bucket
        key: "copies/${key}"
`

// existingWorld holds objects that no event was about, with one of their copies missing or both.
type existingWorld struct {
	*tool
	objects, missing int

	late    int            // each so many copies take effect late; 0 for none
	landing sync.WaitGroup // copies that OSS has accepted
	mu      sync.Mutex
	begun   int            // copies
	written map[string]int // copies, by destination
}

// backfilledKey is long, so that a batch has few objects.
func backfilledKey(i int) string { return fmt.Sprintf("in/%s/%06d", strings.Repeat("long", 200), i) }

func startExisting(t *testing.T, objects int, change ...func(*localcloud.Config)) *existingWorld {
	t.Helper()
	w := &existingWorld{objects: objects, written: map[string]int{}}
	change = append(change, withoutDelivery, withRetries(20), withIntercept(w.intercept),
		func(c *localcloud.Config) { c.Destinations = append(c.Destinations, secondBucket) })
	w.tool = start(t, backfillRules, change...).tool(backfillRules)
	for i := range objects {
		w.putSparse(sourceBucket, backfilledKey(i), i)
	}
	w.advanceClock(2 * time.Second) // a source put within the same second is read once more
	for i := range objects {
		switch i % 4 {
		case 0:
			w.putSparse(targetBucket, backfilledKey(i), i)
			w.missing++
		case 1:
			w.putSparse(secondBucket, "copies/"+backfilledKey(i), i)
			w.missing++
		case 2:
			w.putSparse(targetBucket, backfilledKey(i), i)
			w.putSparse(secondBucket, "copies/"+backfilledKey(i), i)
		default:
			w.missing += 2
		}
	}
	w.advanceClock(2 * time.Second)
	return w
}

func (w *existingWorld) putSparse(bucket, key string, i int) {
	w.t.Helper()
	if err := w.OSS.PutSparse(bucket, key, int64(i%7), localoss.WithSeed(uint64(i+1))); err != nil {
		w.t.Fatal(err)
	}
}

func (w *existingWorld) intercept(
	_ context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	if call.Name != "CopyObject" {
		return next()
	}
	w.landing.Add(1)
	defer w.landing.Done()
	w.mu.Lock()
	w.begun++
	late := w.late > 0 && w.begun%w.late == 0
	w.mu.Unlock()
	if late {
		time.Sleep(300 * time.Millisecond)
	}
	r := next()
	if r != nil && r.Code == "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.written[call.Bucket+"/"+call.Key]++
	}
	return r
}

// wantCopies checks that every destination is right, and that no more copies than that were written twice. It returns
// how many were.
func (w *existingWorld) wantCopies(twice int) (again int) {
	w.t.Helper()
	w.landing.Wait() // also those whose client was killed
	copies := 0
	for i := range w.objects {
		src, _ := w.OSS.Object(sourceBucket, backfilledKey(i))
		for n, to := range [][2]string{{targetBucket, backfilledKey(i)}, {secondBucket, "copies/" + backfilledKey(i)}} {
			dst, ok := w.OSS.Object(to[0], to[1])
			if !ok || dst.ETag != src.ETag {
				w.t.Fatalf("object %d is not in %s", i, to[0])
			}
			there := i%4 == n || i%4 == 2
			switch written := w.written[to[0]+"/"+to[1]]; {
			case there && written > 0:
				w.t.Fatalf("object %d was in %s before and was written", i, to[0])
			case !there:
				copies++
				again += written - 1
			}
		}
	}
	if copies != w.missing || again > twice {
		w.t.Errorf("%d copies were to be made, want %d; %d were written again, want %d at most",
			copies, w.missing, again, twice)
	}
	return again
}

// unreliableFC passes requests to FC's API. It loses every third response, and kills a tool in the middle.
type unreliableFC struct {
	api http.Handler

	mu       sync.Mutex
	requests int
	killAt   int // the request at which the tool is killed; 0 for none
	tool     *exec.Cmd
}

func (f *unreliableFC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	lost := f.requests%3 == 0
	if f.requests == f.killAt {
		_ = f.tool.Process.Kill()
	}
	f.mu.Unlock()
	if !lost {
		f.api.ServeHTTP(w, r)
		return
	}
	f.api.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// run runs a tool that is killed at some request from now, and reports whether it was.
func (f *unreliableFC) run(cmd *exec.Cmd, killIn int) (killed bool, err error) {
	f.mu.Lock()
	f.tool, f.killAt = cmd, 0
	if killIn > 0 {
		f.killAt = f.requests + killIn
	}
	err = cmd.Start()
	f.mu.Unlock()
	if err != nil {
		return false, err
	}
	err = cmd.Wait()
	return err != nil && cmd.ProcessState.ExitCode() < 0, err
}

// backfillSummary is what backfill --json and --status --json print of a job.
type backfillSummary struct {
	Job    string
	Phase  string
	Counts struct {
		Objects int
		Done    struct {
			Copied, Unchanged, Skipped, Failed, Handed struct{ Copies int }
			Batches                                    int
		}
	}
	Tasks map[string]int
}

func summaryOf(t *testing.T, text string) (s backfillSummary) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

func TestABackfillByTheFunctionMakesEachMissingCopyWhateverIsLostOrKilled(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const inFlight = 16
	w := startExisting(t, 2000, withEnv("AFTERPUT_PARTS_IN_FLIGHT=16"),
		func(c *localcloud.Config) { c.FC.RefuseEvery = 5 })
	fc := &unreliableFC{api: w.FC.API(map[string]localfc.Credentials{"local": {AccessKeySecret: "local"}})}
	server := httptest.NewServer(fc)
	defer server.Close()
	job := filepath.Join(t.TempDir(), "job")
	args := []string{"backfill", w.rules, "--yes", "--json", "--job", job, "--function", "function",
		"--fc-endpoint", server.URL}
	toolKills, functionKills := 0, 0
	var summary backfillSummary
	for {
		killIn := 0
		if toolKills < 3 {
			killIn = 1 + random.IntN(4)
		}
		cmd, stdout, stderr := w.command(args...)
		killed, err := fc.run(cmd, killIn)
		if w.FC.Kill() {
			functionKills++
		}
		if killed {
			toolKills++
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		summary = summaryOf(t, stdout.String())
		break
	}
	w.waitForEvents()
	t.Logf("%d kills of the tool, %d of the function, %d requests, %d batches", toolKills, functionKills, fc.requests,
		summary.Counts.Done.Batches)
	w.wantCopies(functionKills * inFlight)
	c := summary.Counts
	if toolKills == 0 || c.Objects != w.objects || c.Done.Handed.Copies != w.missing || c.Done.Batches < 5 {
		t.Errorf("the tool was killed %d times; it counts %+v, want %d objects, %d copies", toolKills, c, w.objects,
			w.missing)
	}
	if failed := w.FC.Failed(); len(failed) > 0 {
		t.Errorf("given up: %v", failed)
	}
	if batches := w.payloads(); batches != c.Done.Batches {
		t.Errorf("the function got %d batches, the tool counts %d", batches, c.Done.Batches)
	}
	stdout, _ := w.tool.run(t, append(args, "--status")...)
	if s := summaryOf(t, stdout); s.Tasks["succeeded"] != c.Done.Batches ||
		s.Tasks["failed"]+s.Tasks["running"]+s.Tasks["waiting"] > 0 {
		t.Errorf("--status says of %d batches: %v", c.Done.Batches, s.Tasks)
	}
	w.tool.run(t, "diff", w.rules) // it fails if anything is missing
}

// payloads is how many different payloads the function has got.
func (w *world) payloads() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]bool{}
	for _, r := range w.results {
		all[string(r.Payload)] = true
	}
	return len(all)
}
