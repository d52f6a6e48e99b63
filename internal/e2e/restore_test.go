package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
)

const restoringRules = `
version: 1
sources: [source-bucket]
rules:
  - name: films
    match: {prefix: films/, suffix: .mov}
    copy:
      - bucket: target-bucket
        restore: {days: 1, tier: Expedited}
  - name: papers
    match: {prefix: papers/}
    copy:
      - bucket: target-bucket
`

// restoreTime is how long a restore takes in these tests.
const restoreTime = 300 * time.Millisecond

// withRestores makes restores take a moment.
func withRestores(c *localcloud.Config) {
	c.OSS.RestoreTime = func(string, string) time.Duration { return restoreTime }
}

// as uploads an object as one of a storage class.
func as(class string) func(*oss.PutObjectRequest) {
	return func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassType(class) }
}

// waitForRestores waits until the events of all restores so far have been handled.
func (d *deployment) waitForRestores(n int) {
	d.t.Helper()
	ended := func() int {
		d.world.mu.Lock()
		defer d.world.mu.Unlock()
		return len(slices.DeleteFunc(slices.Clone(d.events), func(e []byte) bool {
			return !strings.Contains(string(e), "ObjectRestore:FinishRestore")
		}))
	}
	for began := time.Now(); ended() < n && time.Since(began) < time.Minute; {
		time.Sleep(10 * time.Millisecond)
	}
	d.waitForEvents()
}

func TestColdSourcesAreCopiedWhenTheirRestoresEndWithTheGeneratedTriggersAndPolicy(t *testing.T) {
	d := startDeployment(t, restoringRules, withRestores)
	for _, key := range []string{"films/a.mov", "films/b.mov", "films/note.txt"} {
		d.upload(sourceBucket, key, as("ColdArchive"))
	}
	d.upload(sourceBucket, "films/plain.mov", nil)
	d.waitForEvents()
	if got := d.outcomes(); got[copier.Restoring] != 2 || got[copier.Copied] != 1 {
		t.Fatalf("outcomes %v", got)
	}
	// What nobody asked for comes back too, and passes no trigger.
	_, err := d.client.RestoreObject(t.Context(), &oss.RestoreObjectRequest{
		Bucket: oss.Ptr(sourceBucket), Key: oss.Ptr("films/note.txt")})
	if err != nil {
		t.Fatal(err)
	}
	d.waitForRestores(3)
	if got := d.outcomes(); got[copier.Restoring] != 2 || got[copier.Copied] != 3 || len(got) != 2 {
		t.Errorf("outcomes %v", got)
	}
	for _, key := range []string{"films/a.mov", "films/b.mov", "films/plain.mov"} {
		if d.content(key) != "every field\n" {
			t.Errorf("%s was not copied", key)
		}
	}
	if n := len(d.OSS.Objects(targetBucket)); n != 3 {
		t.Errorf("%d copies", n)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil || !d.usedActions["oss:RestoreObject"] {
		t.Errorf("denied %q, used %v", d.deniedActions, d.usedActions)
	}
	if failed := d.FC.Failed(); len(failed) > 0 {
		t.Errorf("given up: %v", failed)
	}
}

// outcomes counts those of all reports.
func (d *deployment) outcomes() map[copier.Result]int {
	d.t.Helper()
	all := map[copier.Result]int{}
	for _, c := range d.copies() {
		all[c.Outcome.Result]++
	}
	return all
}

func TestTheGeneratedTriggerOfRestoresComesThroughEventBridgeAlone(t *testing.T) {
	d := startDeployment(t, restoringRules)
	for _, tr := range d.triggers {
		if has := slices.Contains(tr.Events, "ObjectRestore:FinishRestore"); has != tr.EventBridge {
			t.Errorf("%+v", tr)
		}
		narrow := slices.Equal(tr.Prefixes, []string{"films/"}) && slices.Equal(tr.Suffixes, []string{".mov"})
		if tr.EventBridge && !narrow {
			t.Errorf("%+v", tr)
		}
	}
	if len(d.triggers) != 3 {
		t.Errorf("%d triggers", len(d.triggers))
	}
}

func TestARestoreWhoseEventComesTwiceIsCopiedOnce(t *testing.T) {
	d := startDeployment(t, restoringRules, withRestores)
	d.upload(sourceBucket, "films/a.mov", as("DeepColdArchive"))
	d.waitForEvents()
	d.waitForRestores(1)
	for _, e := range d.takeEvents() {
		if strings.Contains(string(e), "ObjectRestore:FinishRestore") {
			d.FC.Invoke(e)
		}
	}
	d.waitForEvents()
	if got := d.outcomes(); got[copier.Restoring] != 1 || got[copier.Copied] != 1 || got[copier.Unchanged] != 1 {
		t.Errorf("outcomes %v", got)
	}
}

func TestARestoreWhoseEventIsLostIsCopiedByTheNextSweep(t *testing.T) {
	d := startSwept(t, restoringRules, time.Hour, withRestores,
		func(c *localcloud.Config) { c.Triggers = []localcloud.Trigger{} })
	d.advanceClock(-time.Hour) // a sweep leaves what was put in the last minutes to the events
	for _, class := range []string{"Archive", "ColdArchive", "DeepColdArchive"} {
		d.upload(sourceBucket, "films/"+class+".mov", as(class))
	}
	d.advanceClock(time.Hour)
	if p := d.sweepOnce(); p.Missing != 3 || p.Restoring != 3 || p.Copied != 0 || p.Failed != 0 {
		t.Errorf("the first sweep reports %+v", p)
	}
	time.Sleep(2 * restoreTime)
	if p := d.sweepOnce(); p.Missing != 3 || p.Restoring != 0 || p.Copied != 3 || p.Failed != 0 {
		t.Errorf("the second sweep reports %+v", p)
	}
	if n := len(d.OSS.Objects(targetBucket)); n != 3 {
		t.Errorf("%d copies", n)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil {
		t.Errorf("the policy denied %q", d.deniedActions)
	}
}
