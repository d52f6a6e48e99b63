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

var killSeed = flag.Uint64("kill-seed", rand.Uint64(), "decides when the function is killed")

// What is killed: copies of 2,000 parts, 16 of them on their way at a time.
const (
	killedParts    = 2000
	killedPartSize = 64 << 20
	killedInFlight = 16
)

// ledger is what OSS saw of the multipart uploads.
type ledger struct {
	mu         sync.Mutex
	uploads    map[string]*ledgerUpload
	begun      int // uploads
	remembered int // state objects written
	broken     int // parts copied again that OSS held at the kill
	lives      int
}

type ledgerUpload struct {
	copied map[int]bool // parts that OSS holds
	kept   map[int]bool // those it held when the function was killed last
	listed bool         // they were listed since then: what was still on its way has arrived
	sent   map[int]bool // parts asked for since then
	asked  int          // parts asked for, each counted once between two kills
	whole  bool         // it was completed
}

// killed closes the books on a life of the function. l.mu is held.
func (l *ledger) killed() {
	l.lives++
	for _, u := range l.uploads {
		u.kept, u.sent, u.listed = maps.Clone(u.copied), map[int]bool{}, false
	}
}

// intercept keeps the ledger, and lets a part take some time. Of the parts on
// their way at a kill every other is lost, the rest arrives after it.
func (l *ledger) intercept(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.Name == "UploadPartCopy" {
		life := l.ask(call.UploadID, call.PartNumber)
		time.Sleep(5 * time.Millisecond)
		if call.PartNumber%2 == 0 && life != l.life() {
			return nil
		}
	}
	reply := next()
	if reply == nil || reply.Code != "" {
		return reply
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch call.Name {
	case "InitiateMultipartUpload":
		l.begun++
	case "PutObject":
		if strings.HasPrefix(call.Key, state.DefaultPrefix) {
			l.remembered++
		}
	case "ListParts":
		if u := l.uploads[call.UploadID]; u != nil {
			u.listed = true
		}
	case "UploadPartCopy":
		l.uploads[call.UploadID].copied[call.PartNumber] = true
	case "CompleteMultipartUpload":
		l.uploads[call.UploadID].whole = true
	}
	return reply
}

func (l *ledger) life() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lives
}

// ask notes that a part is asked for, and in which life of the function.
func (l *ledger) ask(upload string, part int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.uploads[upload]
	if u == nil {
		u = &ledgerUpload{copied: map[int]bool{}, kept: map[int]bool{}, sent: map[int]bool{}}
		l.uploads[upload] = u
	}
	if u.kept[part] && u.listed {
		l.broken++
	}
	if !u.sent[part] {
		u.sent[part] = true
		u.asked++
	}
	return l.lives
}

// kill kills the function if it is at work.
func (w *world) kill(l *ledger) bool {
	l.mu.Lock() // so that what OSS held is known as it was at the kill
	defer l.mu.Unlock()
	if !w.FC.Kill() {
		return false
	}
	l.killed()
	return true
}

// killUntilDone kills the function at random moments until all events have their
// outcome, or as often as it may, and gives how often it did.
func (w *world) killUntilDone(l *ledger, random *rand.Rand, most int) (kills int) {
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
			if kills < most && w.kill(l) {
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

// wantKilledCopy checks the destination of a copy that was killed: all of it is
// there, and nothing else.
func (w *world) wantKilledCopy(key string) {
	w.t.Helper()
	src, _ := w.OSS.Object(from, key)
	dst, ok := w.OSS.Object(to, key)
	if !ok {
		w.t.Fatalf("%s was not copied; given up: %v", key, w.FC.Failed())
	}
	want := *src
	want.StorageClass, want.ACL = "IA", "private"
	want.Tags = []localoss.Tag{{Key: "a b+c", Value: "d=e"}, {Key: "copied-by", Value: "replicate"}}
	same := cmpopts.IgnoreFields(localoss.Object{}, "LastModified", "ETag")
	if diff := cmp.Diff(&want, dst, same, cmpopts.IgnoreUnexported(localoss.Object{})); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", key, diff)
	}
}

func TestKilledAtAnyMomentTheNextTryGoesOnAndCopiesAgainOnlyWhatWasOnItsWay(t *testing.T) {
	most := 50
	if testing.Short() {
		most = 10
	}
	t.Logf("-kill-seed=%d", *killSeed)
	random := rand.New(rand.NewPCG(*killSeed, 0))
	l := &ledger{uploads: map[string]*ledgerUpload{}}
	w := start(t, killedRules, held, retrying(10*most), intercepting(l.intercept), env("AFTERPUT_PART_SIZE=64MiB", "AFTERPUT_PARTS_IN_FLIGHT=16"))
	kills, copies := 0, 0
	for ; kills < most; copies++ {
		key := "in/large " + string(rune('a'+copies))
		err := w.OSS.PutSparse(from, key, killedParts*killedPartSize, localoss.WithSeed(uint64(copies+1)),
			localoss.WithHeader("x-oss-tagging", "a%20b%2Bc=d%3De"), localoss.WithHeader("x-oss-meta-author", "Li Wei 李伟"),
			localoss.WithHeader("Content-Type", "text/x-killed"), localoss.WithHeader("Cache-Control", "no-store"))
		if err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Second) // what was put this very second is looked at twice
		w.deliver()
		kills += w.killUntilDone(l, random, most-kills)
		w.wantKilledCopy(key)
	}
	if len(w.FC.Failed()) != 0 {
		t.Errorf("given up: %v", w.FC.Failed())
	}
	if l.broken > 0 {
		t.Errorf("%d parts that OSS held were copied again", l.broken)
	}
	again, whole := 0, 0
	for _, u := range l.uploads {
		if u.whole {
			whole++
			again += u.asked - killedParts
		}
	}
	t.Logf("%d kills, %d copies, %d parts copied again, %v", kills, copies, again, w.OSS.Counts())
	if whole != copies || again > kills*killedInFlight {
		t.Errorf("%d uploads were completed for %d copies, %d parts copied again after %d kills", whole, copies, again, kills)
	}
	// The instant between Initiate and the state object is the one a kill leaves
	// an upload at that nobody remembers.
	if open := w.OSS.Uploads(to); len(open) > l.begun-l.remembered {
		t.Errorf("%d uploads were begun, %d remembered; left open are %+v", l.begun, l.remembered, open)
	}
	if all := w.OSS.Objects(to); len(all) != copies {
		t.Errorf("%d objects in the target bucket, want the %d copies", len(all), copies)
	}
}
