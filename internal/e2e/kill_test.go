package e2e_test

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"afterput/internal/localoss"
	"afterput/internal/state"
)

var killSeed = flag.Uint64("kill-seed", rand.Uint64(), "seed of the moments at which the function is killed")

// The copies that are killed have 2,000 parts, 16 of them in flight at a time.
const (
	killedParts    = 2000
	killedPartSize = 64 << 20
	killedInFlight = 16
)

// uploadTracker records what OSS does for multipart uploads.
type uploadTracker struct {
	mu           sync.Mutex
	uploads      map[string]*trackedUpload
	initiated    int // uploads initiated
	stateObjects int // state objects written
	recopied     int // parts copied again although OSS held them at the last kill
	kills        int
}

type trackedUpload struct {
	copied             map[int]bool // parts that OSS holds now
	heldAtKill         map[int]bool // parts that OSS held at the last kill
	listedSinceKill    bool         // ListParts was called since the last kill, when what was in flight had arrived
	requestedSinceKill map[int]bool // parts requested since the last kill
	requested          int          // parts requested, each counted once between two kills
	completed          bool
}

// recordKill notes that the function was killed. The caller holds t.mu.
func (t *uploadTracker) recordKill() {
	t.kills++
	for _, u := range t.uploads {
		u.heldAtKill, u.requestedSinceKill, u.listedSinceKill = maps.Clone(u.copied), map[int]bool{}, false
	}
}

// intercept records requests and delays each part. Of the parts in flight at a kill, those with even numbers are lost;
// the others arrive after the kill.
func (t *uploadTracker) intercept(
	_ context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	if call.Name == "UploadPartCopy" {
		kills := t.addRequest(call.UploadID, call.PartNumber)
		time.Sleep(5 * time.Millisecond)
		if call.PartNumber%2 == 0 && kills != t.killsSoFar() {
			return nil
		}
	}
	reply := next()
	if reply == nil || reply.Code != "" {
		return reply
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch call.Name {
	case "InitiateMultipartUpload":
		t.initiated++
	case "PutObject":
		if strings.HasPrefix(call.Key, state.DefaultPrefix) {
			t.stateObjects++
		}
	case "ListParts":
		if u := t.uploads[call.UploadID]; u != nil {
			u.listedSinceKill = true
		}
	case "UploadPartCopy":
		t.uploads[call.UploadID].copied[call.PartNumber] = true
	case "CompleteMultipartUpload":
		t.uploads[call.UploadID].completed = true
	}
	return reply
}

// killsSoFar returns how often the function was killed.
func (t *uploadTracker) killsSoFar() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kills
}

// addRequest records a request for a part, and returns how often the function had been killed before it.
func (t *uploadTracker) addRequest(upload string, part int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.uploads[upload]
	if u == nil {
		u = &trackedUpload{copied: map[int]bool{}, heldAtKill: map[int]bool{}, requestedSinceKill: map[int]bool{}}
		t.uploads[upload] = u
	}
	if u.heldAtKill[part] && u.listedSinceKill {
		t.recopied++
	}
	if !u.requestedSinceKill[part] {
		u.requestedSinceKill[part] = true
		u.requested++
	}
	return t.kills
}

// kill kills the function if it is running, and reports whether it did.
func (w *world) kill(tracker *uploadTracker) bool {
	tracker.mu.Lock() // no part may arrive between the kill and recordKill
	defer tracker.mu.Unlock()
	if !w.FC.Kill() {
		return false
	}
	tracker.recordKill()
	return true
}

// killUntilDone kills the function at random moments, at most the given number of times, until all events have
// succeeded or were given up. It returns the number of kills.
func (w *world) killUntilDone(tracker *uploadTracker, random *rand.Rand, most int) (kills int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.FC.Wait(ctx) }()
	for {
		moment := time.NewTimer(time.Duration(random.Int64N(int64(250 * time.Millisecond))))
		select {
		case err := <-done:
			if err != nil {
				w.t.Fatal(err)
			}
			return kills
		case <-moment.C:
			if kills < most && w.kill(tracker) {
				kills++
			}
		}
	}
}

const killedRules = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
        storage-class: IA
        object-acl: private
        tagging-directive: MERGE
        tagging: {copied-by: "${rule}"}
`

// wantKilledCopy checks that the destination has the content and exactly the attributes that the rule asks for.
func (w *world) wantKilledCopy(key string) {
	w.t.Helper()
	src, _ := w.OSS.Object(sourceBucket, key)
	dst, ok := w.OSS.Object(targetBucket, key)
	if !ok {
		w.t.Fatalf("%s does not exist in the target bucket; given up: %v", key, w.FC.Failed())
	}
	want := *src
	want.StorageClass, want.ACL = "IA", "private"
	want.Tags = []localoss.Tag{{Key: "a b+c", Value: "d=e"}, {Key: "copied-by", Value: "replicate"}}
	same := cmpopts.IgnoreFields(localoss.Object{}, "LastModified", "ETag")
	if diff := cmp.Diff(&want, dst, same, cmpopts.IgnoreUnexported(localoss.Object{})); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", key, diff)
	}
}

func TestAttemptAfterAKillResumesAndRecopiesOnlyPartsThatWereInFlight(t *testing.T) {
	most := 50
	if testing.Short() {
		most = 10
	}
	t.Logf("-kill-seed=%d", *killSeed)
	random := rand.New(rand.NewPCG(*killSeed, 0))
	tracker := &uploadTracker{uploads: map[string]*trackedUpload{}}
	w := start(t, killedRules, withoutDelivery, withRetries(10*most), withIntercept(tracker.intercept),
		withEnv("AFTERPUT_PART_SIZE=64MiB", "AFTERPUT_PARTS_IN_FLIGHT=16"))
	kills, copies := 0, 0
	for ; kills < most; copies++ {
		key := "in/large " + string(rune('a'+copies))
		err := w.OSS.PutSparse(sourceBucket, key, killedParts*killedPartSize, localoss.WithSeed(uint64(copies+1)),
			localoss.WithHeader("x-oss-tagging", "a%20b%2Bc=d%3De"),
			localoss.WithHeader("x-oss-meta-author", "Li Wei 李伟"),
			localoss.WithHeader("Content-Type", "text/x-killed"), localoss.WithHeader("Cache-Control", "no-store"))
		if err != nil {
			t.Fatal(err)
		}
		w.advanceClock(2 * time.Second) // a source put within the same second is read once more
		w.deliverEvents()
		kills += w.killUntilDone(tracker, random, most-kills)
		w.wantKilledCopy(key)
	}
	if len(w.FC.Failed()) != 0 {
		t.Errorf("given up: %v", w.FC.Failed())
	}
	if tracker.recopied > 0 {
		t.Errorf("%d parts that OSS held were copied again", tracker.recopied)
	}
	again, completed := 0, 0
	for _, u := range tracker.uploads {
		if u.completed {
			completed++
			again += u.requested - killedParts
		}
	}
	t.Logf("%d kills, %d copies, %d parts copied again, %v", kills, copies, again, w.OSS.Counts())
	if completed != copies || again > kills*killedInFlight {
		t.Errorf("%d uploads were completed for %d copies, %d parts copied again after %d kills",
			completed, copies, again, kills)
	}
	// Only a kill between InitiateMultipartUpload and the state object may leave an upload open.
	if open := w.OSS.Uploads(targetBucket); len(open) > tracker.initiated-tracker.stateObjects {
		t.Errorf("%d uploads initiated, %d state objects written; leftover uploads: %+v",
			tracker.initiated, tracker.stateObjects, open)
	}
	if all := w.OSS.Objects(targetBucket); len(all) != copies {
		t.Errorf("%d objects in the target bucket, want %d", len(all), copies)
	}
}
