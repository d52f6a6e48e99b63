package existing_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/existing"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
)

const films = `
version: 1
sources: [uploads]
rules:
  - name: films
    match: {prefix: films/}
    copy: [{bucket: replica, restore: {tier: Bulk}}]
  - name: papers
    match: {prefix: papers/}
    copy: [{bucket: replica}]
`

func TestABackfillRequestsRestoresAndTheNextOneMakesTheirCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica")
		archived := []string{"Archive", "ColdArchive", "ColdArchive"}
		for i, class := range archived {
			err := w.PutSparse("uploads", fmt.Sprintf("films/%d", i), 1e9, localoss.WithSeed(uint64(i+1)),
				localoss.WithHeader("x-oss-storage-class", class))
			if err != nil {
				t.Fatal(err)
			}
		}
		w.put("uploads", 4, func(i int) string { return fmt.Sprintf("papers/%d", i) })
		set := load(t, films)
		ctx := osscall.WithCredentials(t.Context(), keys)
		began := time.Now()
		j, err := w.run(ctx, set, existing.NewMemory())
		if err != nil {
			t.Fatal(err)
		}
		c := j.Counts()
		if d := c.Done; d.Restoring.Copies != 3 || d.Copied.Copies != 4 || d.Failed.Copies != 0 {
			t.Errorf("%+v", d)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("took %s: it waited for a restore", took)
		}
		// One Archive object of 1 GB, and two ColdArchive ones at CNY 0.3 for 10,000 and 0.03 for a GB.
		want := 0.06 + 2*0.3/10_000 + 2*0.03
		if e := c.Estimate("", existing.Pace{InFlight: 1}); e.Restores != 3 || math.Abs(e.RestoresCNY-want) > 1e-9 {
			t.Errorf("the estimate is %d restores for CNY %f, want 3 for %f", e.Restores, e.RestoresCNY, want)
		}
		time.Sleep(13 * time.Hour)
		if j, err = w.run(ctx, set, existing.NewMemory()); err != nil {
			t.Fatal(err)
		}
		if d := j.Counts().Done; d.Restoring.Copies != 0 || d.Copied.Copies != 3 || d.Failed.Copies != 0 {
			t.Errorf("the second run: %+v", d)
		}
		_ = w.Close()
	})
}
