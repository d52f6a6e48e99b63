package relay_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// restored copies archived sources too; plain does not.
const restored = `
version: 1
sources: [source-bucket]
rules:
  - name: restored
    match: {prefix: in/, event: "ObjectCreated:PutObject", size: {at-least: 1}}
    copy:
      - bucket: target-bucket
        key: ${time.date}/${event}/${key}
        restore: {}
  - name: plain
    match: {suffix: .txt}
    copy:
      - bucket: target-bucket
        key: plain/${key}
`

// as uploads an object as one of a storage class.
func as(class string) func(*oss.PutObjectRequest) {
	return func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassType(class) }
}

// finished waits until all restores have ended, and gives the payload of the last one's event.
func (w *world) finished() []byte {
	w.t.Helper()
	time.Sleep(6 * time.Hour)
	synctest.Wait()
	payload := w.newest()
	if !bytes.Contains(payload, []byte("ObjectRestore:FinishRestore")) {
		w.t.Fatalf("the newest event is %s", payload)
	}
	return payload
}

func TestTheEndOfARestoreMakesTheCopyThatItsUploadAskedFor(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		time.Sleep(20 * time.Hour) // five hours later it is another day
		upload, day := w.put("in/a", "content", as("ColdArchive")), time.Now().UTC().Format("2006-01-02")
		r, failed := w.handle(upload, 0)
		if failed {
			t.Fatalf("%+v", r)
		}
		w.wantOutcomes(r, copier.Restoring)
		destination := day + "/ObjectCreated:PutObject/in/a"
		end := w.finished()
		for _, want := range []copier.Result{copier.Copied, copier.Unchanged} { // the event may be delivered twice
			if r, failed = w.handle(end, 0); failed {
				t.Fatalf("%+v", r)
			}
			w.wantOutcomes(r, want)
			if to := r.Objects[0].Copies[0].Destination; to != "oss://target-bucket/"+destination {
				t.Errorf("copied to %s, want %s", to, destination)
			}
		}
		if got := w.content(destination); got != "content" {
			t.Errorf("the copy holds %q", got)
		}
		if lag := r.Objects[0].Copies[0].LagSeconds; lag != nil {
			t.Errorf("a copy that was there has a lag of %v s", *lag)
		}
	})
}

func TestTheEndOfARestoreCostsNoRequestWhereNoRuleWithRestoreWantsTheObject(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		w.put("out/a.txt", "content", as("ColdArchive"))
		_, err := w.client.RestoreObject(t.Context(), &oss.RestoreObjectRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr("out/a.txt")})
		if err != nil {
			t.Fatal(err)
		}
		end := w.finished()
		w.ResetCounts()
		if r, failed := w.handle(end, 0); failed || len(r.Objects[0].Copies) > 0 || len(w.Counts()) > 0 {
			t.Errorf("failed: %t, %+v, requests %v", failed, r, w.Counts())
		}
	})
}

func TestAnObjectThatIsGoneWhenItsRestoreEndsIsReportedAsSuch(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		w.handle(w.put("in/a", "content", as("ColdArchive")), 0)
		end := w.finished()
		_, err := w.client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr("in/a")})
		if err != nil {
			t.Fatal(err)
		}
		r, failed := w.handle(end, 0)
		o := r.Objects[0]
		if failed || !strings.Contains(o.Ignored, "deleted") || len(o.Copies) > 0 || o.Requests != 1 {
			t.Errorf("failed: %t, %+v", failed, o)
		}
	})
}

func TestAVersionThatReplacedTheRestoredOneIsCopiedOnceAndStays(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		w.handle(w.put("in/a", "old", as("ColdArchive")), 0)
		end := w.finished()
		newer := w.put("in/a", "new")
		for _, payload := range [][]byte{end, newer, end} {
			if r, failed := w.handle(payload, 0); failed {
				t.Fatalf("%+v", r)
			}
			if got := w.content(time.Now().UTC().Format("2006-01-02") + "/ObjectCreated:PutObject/in/a"); got != "new" {
				t.Fatalf("the copy holds %q", got)
			}
		}
		if n := len(w.Objects(to)); n != 1 {
			t.Errorf("%d copies", n)
		}
	})
}

func TestWaitingForRestoresDoesNotHoldUpTheOtherObjectsOfAPayload(t *testing.T) {
	const archived, others = 200, 300
	inWorld(t, setup{rules: strings.ReplaceAll(restored, "${time.date}/${event}/", "")}, func(t *testing.T, w *world) {
		var payloads [][]byte
		for i := range archived {
			payloads = append(payloads, w.put(fmt.Sprintf("in/archived-%d", i), "content", as("Archive")))
		}
		for i := range others {
			payloads = append(payloads, w.put(fmt.Sprintf("in/other-%d", i), "content"))
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		r, failed := w.handleIn(ctx, together(payloads...), 0)
		if took := time.Since(began); failed || took > 80*time.Second {
			t.Errorf("failed: %t, took %s", failed, took)
		}
		w.wantOutcomes(r, slices.Repeat([]copier.Result{copier.Copied}, len(outcomes(r)))...)
		if n := r.Summary["restored"][copier.Copied]; n != archived+others {
			t.Errorf("the summary is %v", r.Summary)
		}
		late := 0
		for i := range others {
			if o, ok := w.Object(to, fmt.Sprintf("in/other-%d", i)); !ok || o.LastModified.Sub(began) > 5*time.Second {
				late++
			}
		}
		if late > 0 {
			t.Errorf("%d of %d other objects were held up", late, others)
		}
	})
}

func TestTheTimeOfWaitingSaysNothingAboutTheTimeThatOtherRecordsTake(t *testing.T) {
	slow := fault.Fault{Operations: []string{"CopyObject"}, Key: "in/other-*", Delay: 5 * time.Second}
	s := setup{rules: strings.ReplaceAll(restored, "${time.date}/${event}/", ""), faults: []fault.Fault{slow}}
	inWorld(t, s, func(t *testing.T, w *world) {
		var payloads [][]byte
		for i := range 80 {
			payloads = append(payloads, w.put(fmt.Sprintf("in/archived-%d", i), "content", as("Archive")))
		}
		for i := range 1200 {
			payloads = append(payloads, w.put(fmt.Sprintf("in/other-%d", i), "content"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		r, failed := w.handleIn(ctx, together(payloads...), 0)
		if failed {
			t.Errorf("not everything was copied: summary %v, by code %v", r.Summary, r.FailedByCode)
		}
	})
}

func TestARecordIsBegunEvenIfOthersWaitForRestores(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		var payloads [][]byte
		for i := range 100 {
			payloads = append(payloads, w.put(fmt.Sprintf("in/%d", i), "content", as("Archive")))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		r, failed := w.handleIn(ctx, together(payloads...), 0)
		if !failed {
			t.Error("the invocation succeeded, so that nothing is retried")
		}
		for _, o := range r.Objects {
			if o.Error != nil || o.Copies[0].Error.Code != "Restoring" || o.Copies[0].Error.Permanent {
				t.Fatalf("%+v", o)
			}
		}
	})
}

func TestOneObjectThatIsCopiedOnItsOwnIsNotWaitedFor(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		objects, err := events.Parse(w.put("in/a", "content", as("Archive")))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r := w.handler.Object(t.Context(), relay.Invocation{Credentials: osscall.Credentials{
			AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}}, objects[0])
		if r.Copies[0].Result != copier.Restoring || time.Since(began) > time.Second {
			t.Errorf("%+v after %s", r, time.Since(began))
		}
	})
}

// inPlaceToo copies elsewhere after a restore, and tags the object itself.
func inPlaceToo(restore string) string {
	return `
version: 1
sources: [source-bucket]
rules:
  - name: elsewhere
    match: {}
    copy: [{bucket: target-bucket, restore: {}}]
  - name: mark
    match: {}
    copy: [{tagging: {seen: "yes"}` + restore + `}]
`
}

func TestAChangeInPlaceWaitsForTheCopyThatWaitsForARestore(t *testing.T) {
	inWorld(t, setup{rules: inPlaceToo(", restore: {}")}, func(t *testing.T, w *world) {
		r, failed := w.handle(w.put("a", "content", as("ColdArchive")), 0)
		if failed {
			t.Fatalf("%+v", r)
		}
		w.wantOutcomes(r, copier.Restoring, copier.Restoring)
		r, _ = w.handle(w.finished(), 0)
		w.wantOutcomes(r, copier.Copied, copier.Copied)
	})
	inWorld(t, setup{rules: inPlaceToo("")}, func(t *testing.T, w *world) {
		r, failed := w.handle(w.put("a", "content", as("ColdArchive")), 0)
		w.wantOutcomes(r, copier.Restoring, copier.Failed)
		if e := r.Objects[0].Copies[1].Error; !failed || e.Code != "OtherCopyWaits" || e.Permanent ||
			!strings.Contains(e.Message, "set restore") {
			t.Errorf("failed: %t, %+v", failed, e)
		}
	})
}

func TestTheLogSaysWhatACopyWaitsForAndHowLateItIs(t *testing.T) {
	inWorld(t, setup{rules: restored}, func(t *testing.T, w *world) {
		w.handle(w.put("in/a", "content", as("ColdArchive")), 0)
		w.handle(w.finished(), 0)
		lines := w.lines()
		if len(lines) != 2 {
			t.Fatalf("%d lines: %v", len(lines), lines)
		}
		if reason, _ := lines[0]["reason"].(string); lines[0]["outcome"] != "restoring" ||
			!strings.Contains(reason, "2 to 5 hours") || lines[0]["lag_seconds"] != nil {
			t.Errorf("%v", lines[0])
		}
		if lag, _ := lines[1]["lag_seconds"].(float64); lines[1]["outcome"] != "copied" || lag != 6*3600 {
			t.Errorf("%v", lines[1])
		}
	})
}
