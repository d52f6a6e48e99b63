package proof

import (
	"maps"
	"strings"
	"sync"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/state"
)

// footprint is what one step of an interleaving depends on, and what it changes. Of two steps that are independent, the
// order makes no difference: both lead to the same state, whichever comes first.
type footprint struct {
	mu       sync.Mutex
	began    time.Time
	always   bool            // it depends on everything, since time has passed
	accesses map[string]bool // what it has used, and whether it changed it; what ends in a slash stands for all in it
}

func newFootprint() *footprint { return &footprint{began: time.Now(), accesses: map[string]bool{}} }

// use records that the step uses something, or changes it.
func (f *footprint) use(what string, change bool) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accesses[what] = f.accesses[what] || change
}

// end records that the step has ended.
func (f *footprint) end() { f.always = !time.Now().Equal(f.began) }

// independentOf reports whether neither of two steps uses what the other changes.
func (f *footprint) independentOf(g *footprint) bool {
	if f.always || g.always {
		return false
	}
	for a, changed := range f.accesses {
		for b, too := range g.accesses {
			same := a == b || strings.HasSuffix(a, "/") && strings.HasPrefix(b, a) ||
				strings.HasSuffix(b, "/") && strings.HasPrefix(a, b)
			if same && (changed || too) {
				return false
			}
		}
	}
	return true
}

// useOf records what a request uses when OSS accepts it, or changes when it takes effect. An upload that is initiated
// changes the order in which uploads are listed.
func (f *footprint) useOf(call *localoss.Call, effect bool) {
	if f == nil {
		return
	}
	place := call.Bucket + "/" + call.Key
	writes := effect && call.Method != "GET" && call.Method != "HEAD"
	switch {
	case call.Key == "":
		f.use(call.Bucket+"/"+state.DefaultPrefix, false) // only state objects are listed
	case call.Name == "InitiateMultipartUpload":
		f.use(place, false)
		f.use("uploads", writes)
	case call.UploadID != "":
		f.use("upload "+call.UploadID, writes)
		if call.Name == "CompleteMultipartUpload" {
			f.use(place, writes)
		}
	default:
		f.use(place, writes)
	}
	if call.Source != nil {
		f.use(call.Source.Bucket+"/"+call.Source.Key, false)
	}
}

// asleep are the choices that need not be taken in a state, with their footprints. They were taken in an earlier state
// of the same order, and all that happened since is independent of them, so that taking them now leads to a state that
// was reached then. (These are the sleep sets of Godefroid, Partial-Order Methods for the Verification of Concurrent
// Systems, 1996. They leave out orders, but no state.)
type asleep map[string]*footprint

// after returns which choices are still asleep after a step.
func (a asleep) after(step *footprint) asleep {
	still := maps.Clone(a)
	maps.DeleteFunc(still, func(_ string, f *footprint) bool { return !f.independentOf(step) })
	return still
}
