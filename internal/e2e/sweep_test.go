package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"afterput/events"
	"afterput/internal/existing"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

const sweptRules = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
      - bucket: target-bucket
        key: "approved/${key}"
        storage-class: IA
        tagging-directive: MERGE
        tagging: {by: "${rule}"}
  - name: reviewed
    match: {prefix: in/, tagging: {review: approved}}
    copy:
      - bucket: second-bucket
`

// sweepOnce fires the sweep of the deployment and returns what it reports.
func (d *deployment) sweepOnce() *existing.SweepProgress {
	d.t.Helper()
	d.Fire(d.sweep)
	d.waitForEvents()
	d.world.mu.Lock()
	defer d.world.mu.Unlock()
	last := d.results[len(d.results)-1]
	var report existing.SweepReport
	if err := json.Unmarshal(last.Response, &report); err != nil || last.Error != nil || report.Sweep == nil {
		d.t.Fatalf("the sweep: %v, %v: %s", last.Error, err, last.Response)
	}
	return report.Sweep
}

func TestEventsThatAreLostAreFoundByTheNextSweepWithTheRightsOfThePolicy(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	d := startSwept(t, sweptRules, time.Hour, withoutDelivery, func(c *localcloud.Config) {
		c.Triggers = []localcloud.Trigger{}
		c.FC.Lose, c.FC.LoseSeed = 0.25, seed
	})
	const objects = 300
	d.advanceClock(-time.Hour) // a sweep leaves what was put in the last minutes to the events
	for i := range objects {
		tag := localoss.WithHeader("x-oss-tagging", map[bool]string{true: "review=approved", false: "a=1"}[i%3 == 0])
		err := d.OSS.PutSparse(sourceBucket, fmt.Sprintf("in/%d", i), int64(i%5), localoss.WithSeed(uint64(i+1)), tag)
		if err != nil {
			t.Fatal(err)
		}
	}
	d.advanceClock(time.Hour)
	for _, event := range d.takeEvents() {
		d.FC.Deliver(event)
	}
	lost, missing := d.FC.Lost(), 0
	for _, payload := range lost {
		o, err := events.Parse(payload)
		if err != nil {
			t.Fatal(err)
		}
		missing += 2
		if i, _ := strconv.Atoi(strings.TrimPrefix(o[0].Key, "in/")); i%3 == 0 {
			missing++
		}
	}
	d.waitForEvents()
	if n := len(d.OSS.Objects(targetBucket)); n != 2*(objects-len(lost)) || len(lost) == 0 {
		t.Fatalf("%d events were lost and %d copies are there", len(lost), n)
	}
	p := d.sweepOnce()
	if !p.Complete || p.Objects != objects || int(p.Missing) != missing || int(p.Copied) != missing || p.Failed != 0 {
		t.Errorf("%d copies were lost; the sweep reports %+v", missing, p)
	}
	d.wantSwept(objects)
	if p := d.sweepOnce(); !p.Complete || p.Missing+p.Older+p.Undecided+p.Failed != 0 || p.Objects != objects {
		t.Errorf("a second sweep reports %+v", p)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil {
		t.Errorf("the policy denied %q", d.deniedActions)
	}
	if failed := d.FC.Failed(); len(failed) > 0 {
		t.Errorf("given up: %v", failed)
	}
	if !strings.Contains(d.output(), fmt.Sprintf(`"found_missing":%d`, missing)) {
		t.Error("the log has no line with found_missing")
	}
}

// wantSwept checks that all copies are right, and that the sweep leaves nothing else behind.
func (d *deployment) wantSwept(objects int) {
	d.t.Helper()
	reviewed := 0
	for i := range objects {
		key := fmt.Sprintf("in/%d", i)
		src, _ := d.OSS.Object(sourceBucket, key)
		places := [][2]string{{targetBucket, key}, {targetBucket, "approved/" + key}}
		if i%3 == 0 {
			places, reviewed = append(places, [2]string{"second-bucket", key}), reviewed+1
		}
		for n, to := range places {
			dst, ok := d.OSS.Object(to[0], to[1])
			if !ok || dst.ETag != src.ETag || n == 1 && (dst.StorageClass != "IA" || len(dst.Tags) != 2) {
				d.t.Fatalf("oss://%s/%s is %+v", to[0], to[1], dst)
			}
		}
	}
	if a, b := len(d.OSS.Objects(targetBucket)), len(d.OSS.Objects("second-bucket")); a != 2*objects || b != reviewed {
		d.t.Errorf("%d and %d objects, want %d and %d", a, b, 2*objects, reviewed)
	}
}
