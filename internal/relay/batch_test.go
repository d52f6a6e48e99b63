package relay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss/fault"
	"afterput/internal/relay"
)

// upload puts n objects and gives one payload of their events.
func (w *world) upload(n int, key func(i int) string) []byte {
	w.t.Helper()
	var payloads [][]byte
	for i := range n {
		payloads = append(payloads, w.put(key(i), fmt.Sprint(i)))
	}
	return together(payloads...)
}

func numbered(i int) string { return fmt.Sprintf("k%04d", i) }

// attempts delivers a payload as Function Compute does, with a time-out for each attempt, until one
// succeeds. next is called between attempts.
func (w *world) attempts(payload []byte, most int, timeout time.Duration, next func()) (last *relay.Report, tries int) {
	w.t.Helper()
	for try := range most {
		ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
		report, failed := w.handleIn(ctx, payload, try)
		if ctx.Err() != nil {
			w.t.Errorf("attempt %d took all of its time", try+1)
		}
		cancel()
		if last = report; !failed {
			return last, try + 1
		}
		time.Sleep(time.Minute)
		next()
	}
	return last, most
}

// slowCopies makes each copy take so long that an attempt of 3 s makes 900 of them, 64 at once.
var slowCopies = []fault.Fault{{Operations: []string{"CopyObject"}, Delay: 150 * time.Millisecond}}

func (w *world) wantAllCopied(n int) {
	w.t.Helper()
	missing := 0
	for i := range n {
		if w.content(numbered(i)) != fmt.Sprint(i) {
			missing++
		}
	}
	if missing > 0 {
		w.t.Errorf("%d of %d were never copied", missing, n)
	}
}

func TestBatchThatNeedsSeveralAttemptsIsCopiedOnceByOneInstance(t *testing.T) {
	inWorld(t, setup{faults: slowCopies}, func(t *testing.T, w *world) {
		payload := w.upload(1500, numbered)
		w.ResetCounts()
		report, tries := w.attempts(payload, 4, 3*time.Second, func() {})
		w.wantAllCopied(1500)
		if n := w.Counts()["CopyObject"]; n > 1600 {
			t.Errorf("%d × CopyObject for 1500 objects", n)
		}
		if got := len(report.Objects) + report.Omitted["copied"]; got != 1500 || tries > 3 {
			t.Errorf("%d of 1500 records are in the last report, of attempt %d", got, tries)
		}
		logged := map[string]int{}
		for _, l := range w.lines() {
			if l["msg"] == "copy" && l["outcome"] == "copied" {
				logged[l["source"].(string)]++
			}
		}
		for source, n := range logged {
			if n > 1 {
				t.Errorf("the copy of %s is logged %d times", source, n)
			}
		}
		if len(logged) != 1500 {
			t.Errorf("%d copies are logged", len(logged))
		}
	})
}

func TestBatchIsCopiedWholeThoughEachAttemptIsOnANewInstance(t *testing.T) {
	s := setup{faults: slowCopies}
	inWorld(t, s, func(t *testing.T, w *world) {
		payload := w.upload(1500, numbered)
		w.attempts(payload, 4, 3*time.Second, func() { w.handler = w.newHandler(s) })
		w.wantAllCopied(1500)
	})
}

func TestRecordsThatFailForGoodDoNotKeepOthersFromBeingCopied(t *testing.T) {
	s := setup{authorize: deny,
		faults: []fault.Fault{{Operations: []string{"CopyObject"}, Delay: 150 * time.Millisecond}}}
	s.faults[0].Bucket = to
	key := func(i int) string {
		if i < 700 {
			return numbered(i) + "-denied"
		}
		return numbered(i)
	}
	inWorld(t, s, func(t *testing.T, w *world) {
		payload := w.upload(1500, key)
		report, tries := w.attempts(payload, 4, 3*time.Second, func() {})
		missing := 0
		for i := 700; i < 1500; i++ {
			if w.content(key(i)) == "" {
				missing++
			}
		}
		if missing > 0 || tries != 4 || report.FailedByCode["NotReached"] > 0 {
			t.Errorf("%d of 800 were never copied in %d attempts; failures left out: %v", missing, tries,
				report.FailedByCode)
		}
	})
}

func TestRecordThatCannotEndInTimeIsNotBegunAndSaysSo(t *testing.T) {
	someRules := strings.Replace(replicate, "{}", "{prefix: k}", 1)
	inWorld(t, setup{faults: slowCopies, rules: someRules}, func(t *testing.T, w *world) {
		payload := w.upload(136, func(i int) string {
			if i%2 == 1 {
				return "unwanted/" + numbered(i)
			}
			return numbered(i)
		})
		w.ResetCounts()
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond) // of which 300 ms are for copies
		defer cancel()
		report, failed := w.handleIn(ctx, payload, 0)
		var done, notReached, unwanted int
		for _, o := range report.Objects {
			switch {
			case o.Error != nil && o.Error.Code == "NotReached" && !o.Error.Permanent && len(o.Copies) == 0:
				notReached++
			case len(o.Copies) == 1 && o.Copies[0].Outcome.Result == copier.Copied:
				done++
			case strings.HasPrefix(o.Key, "unwanted/") && o.Error == nil && len(o.Copies) == 0:
				unwanted++
			default:
				t.Errorf("%+v", o)
			}
		}
		if !failed || done < 64 || notReached == 0 || done+notReached != 68 || unwanted != 68 {
			t.Errorf("failed %v; %d copied, %d not reached, %d unwanted", failed, done, notReached, unwanted)
		}
		if n := w.Counts()["CopyObject"]; n != done {
			t.Errorf("%d × CopyObject for %d copies", n, done)
		}
	})
}

func TestRetryMakesNoneOfTheCopiesThatSucceeded(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		payload := together(w.put("good", "1"), w.put("denied", "2"), w.put("fine", "3"))
		first, _ := w.handle(payload, 0)
		w.ResetCounts()
		retry, failed := w.handle(payload, 1)
		if n := w.Counts()["CopyObject"]; !failed || n != 1 {
			t.Errorf("failed %v, %d × CopyObject in the retry", failed, n)
		}
		for _, i := range []int{0, 2} {
			a, b := first.Objects[i].Copies[0], retry.Objects[i].Copies[0]
			if b.Outcome.Result != copier.Copied || a.ETag != b.ETag || a.LastModified != b.LastModified {
				t.Errorf("object %d was reported as %+v, then as %+v", i, a, b)
			}
		}
		w.ResetCounts()
		again, _ := w.handle(payload, 0)
		if !slices.Equal(outcomes(again), outcomes(first)) || w.Counts()["CopyObject"] != 3 {
			t.Errorf("a first attempt took something as done: requests %v", w.Counts())
		}
	})
}

func TestRetryBecauseOfABadRecordMakesNoneOfTheCopiesThatSucceeded(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		good := w.put("good", "1")
		const bad = `{"eventName":"ObjectCreated:PutObject","oss":{}}`
		payload := []byte(strings.Replace(string(good), `"events":[`, `"events":[`+bad+",", 1))
		w.ResetCounts()
		for try := range 3 {
			report, failed := w.handle(payload, try)
			if !failed || report.Error == nil || !slices.Equal(outcomes(report), []copier.Result{copier.Copied}) {
				t.Errorf("try %d: failed %v, %+v", try, failed, report)
			}
		}
		if n := w.Counts()["CopyObject"]; n != 1 {
			t.Errorf("%d × CopyObject", n)
		}
	})
}
