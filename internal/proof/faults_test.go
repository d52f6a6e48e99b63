package proof

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// The engine's operations, as faults are drawn for them.
var (
	copyOperations = []string{
		"CopyObject", "UploadPartCopy", "InitiateMultipartUpload", "CompleteMultipartUpload",
	}
	readOperations = []string{
		"HeadObject", "GetObjectTagging", "GetObjectAcl", "GetBucketAcl", "GetObject", "ListParts",
	}
	bookkeepingOperations = []string{"PutObject", "DeleteObject", "AbortMultipartUpload", "DeleteObjectTagging"}
)

// drawFault draws one of the faults that the local OSS can inject.
func drawFault(r *rand.Rand) fault.Fault {
	pick := func(lists ...[]string) []string {
		list := lists[r.IntN(len(lists))]
		i := r.IntN(len(list))
		return list[i : i+1]
	}
	f := fault.Fault{Operations: pick(copyOperations, copyOperations, readOperations, bookkeepingOperations)}
	switch r.IntN(10) {
	case 0, 1:
		f.Drop, f.Committed = true, r.IntN(2) == 0
		f.Delay = randomDuration(r, 0, 3*time.Second)
	case 2:
		f.Error = &localoss.Error{Code: localoss.InternalError}
		f.Committed = r.IntN(2) == 0
	case 3:
		f.Error = &localoss.Error{
			Code: localoss.ServiceUnavailable, Header: http.Header{"X-Oss-Qos-Delay-Time": {"300"}},
		}
	case 4:
		f.Operations = pick(copyOperations)
		f.Error, f.Committed = &localoss.Error{Code: localoss.InternalError, Status: http.StatusOK}, r.IntN(2) == 0
	case 5:
		f.Body = []fault.Body{fault.Empty, fault.Malformed, fault.Truncated}[r.IntN(3)]
	case 6:
		f.Operations, f.WithoutETag = pick(copyOperations, []string{"HeadObject"}), true
	case 7:
		f.Operations, f.Corrupt = []string{"UploadPartCopy"}, []int64{int64(r.IntN(100))}
	case 8:
		f.Operations, f.IgnoreRange = []string{"UploadPartCopy"}, true
	case 9:
		f.Delay, f.ReplyDelay = randomDuration(r, 0, 12*time.Second), randomDuration(r, 0, 12*time.Second)
	}
	if r.IntN(3) == 0 {
		f.Calls = fault.Calls{First: 1 + r.IntN(2), Last: 2 + r.IntN(5)}
	} else {
		f.Probability = 0.1 + 0.4*r.Float64()
	}
	return f
}

// writeOperations are the operations that change something. Those that write an object are listed more than once, so
// that they are drawn more often.
var writeOperations = []string{
	"CopyObject", "CopyObject", "CopyObject", "CompleteMultipartUpload", "UploadPartCopy", "InitiateMultipartUpload",
	"AbortMultipartUpload", "PutObject", "DeleteObject", "PutObjectTagging", "DeleteObjectTagging", "PutObjectACL",
}

// drawLateEffect draws an error whose request takes effect after the reply.
func drawLateEffect(r *rand.Rand) fault.Fault {
	i := r.IntN(len(writeOperations))
	f := fault.Fault{Operations: writeOperations[i : i+1], Later: randomDuration(r, 0, 3*time.Second)}
	if r.IntN(2) == 0 {
		f.Later = randomDuration(r, 0, 40*time.Second)
	}
	if r.IntN(4) == 0 {
		f.Drop = true
	} else {
		f.Error = &localoss.Error{Code: localoss.InternalError, Status: []int{500, 502, 504}[r.IntN(3)]}
		f.Body = []fault.Body{fault.Whole, fault.Whole, fault.HTML}[r.IntN(3)]
	}
	if r.IntN(3) > 0 {
		f.Calls = fault.Calls{First: 1 + r.IntN(2), Last: 2 + r.IntN(2)}
	} else {
		f.Probability = 0.1 + 0.4*r.Float64()
	}
	return f
}

// hidesDestination reports whether the fault may keep the engine from seeing what a destination is.
func hidesDestination(f fault.Fault) bool {
	return slices.ContainsFunc(f.Operations, func(name string) bool { return slices.Contains(readOperations, name) })
}

func describeFault(f fault.Fault) string {
	s := fmt.Sprintf("%s calls %v p=%.2f", f.Operations[0], f.Calls, f.Probability)
	switch {
	case f.Drop:
		s += " dropped"
	case f.Error != nil:
		s += fmt.Sprintf(" %s %d", f.Error.Code, f.Error.Status)
	case f.Body != "":
		s += " body " + string(f.Body)
	case f.WithoutETag:
		s += " without ETag"
	case f.Corrupt != nil:
		s += " corrupt"
	case f.IgnoreRange:
		s += " range ignored"
	}
	if f.Later > 0 {
		s += fmt.Sprintf(", takes effect %v later,", f.Later)
	}
	return fmt.Sprintf("%s committed=%t delay %v and %v", s, f.Committed, f.Delay, f.ReplyDelay)
}

// copyWatch is a step of the user that waits for a copy request.
type copyWatch struct {
	key     string
	any     bool          // any request about the key counts, not only those of copies
	nth     int           // the request for the key that the step waits for, counted down
	hold    time.Duration // how long that request is held
	reached chan struct{} // closed when it has come
}

// faults is what OSS does to the engine's requests besides carrying them out: delays and injected faults.
type faults struct {
	program  *program
	injector *fault.Injector
	start    time.Time
	mu       sync.Mutex
	turns    map[string]uint64 // by request: how often it was sent
	watches  []*copyWatch
}

func newFaults(p *program) *faults {
	return &faults{program: p, injector: fault.New(p.seed, p.faults...), start: time.Now(), turns: map[string]uint64{}}
}

func (f *faults) over() bool { return time.Since(f.start) > f.program.faultsEnd }

// intercept delays a request before and after its effect, and injects the faults of the program.
func (f *faults) intercept(
	ctx context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	if f.program.instantOSS {
		return next()
	}
	before, after := f.delays(call)
	before += f.copyReached(call)
	slowly := func() *localoss.Response {
		pause(ctx, before)
		reply := next()
		pause(ctx, after)
		return reply
	}
	if f.over() {
		return slowly()
	}
	return f.injector.Intercept(ctx, call, slowly)
}

// delays draws from what the request is, not from when it comes, because requests of the same instant come in any
// order.
func (f *faults) delays(call *localoss.Call) (before, after time.Duration) {
	name := call.Operation.String()
	f.mu.Lock()
	turn := f.turns[name]
	f.turns[name]++
	f.mu.Unlock()
	h := fnv.New64a()
	fmt.Fprint(h, f.program.seed, name, turn)
	r := rand.New(rand.NewPCG(h.Sum64(), 7))
	draw := func() time.Duration {
		if r.Float64() >= f.program.slowShare || f.over() {
			return randomDuration(r, time.Millisecond, 10*time.Millisecond)
		}
		return randomDuration(r, 0, []time.Duration{300 * time.Millisecond, 4 * time.Second}[r.IntN(2)])
	}
	far := time.Duration(0)
	if call.Bucket != sourceBucket {
		far = f.program.far.delay(call.BytesIn)
	}
	return draw() + far, draw()
}

// watchCopies makes a step wait for the nth copy request for a key from now on.
func (f *faults) watchCopies(key string, nth int, hold time.Duration) *copyWatch {
	return f.watch(copyWatch{key: key, nth: nth, hold: hold})
}

// watch makes a step wait for a request from now on.
func (f *faults) watch(w copyWatch) *copyWatch {
	watch := &w
	watch.reached = make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watches = append(f.watches, watch)
	return watch
}

// copyReached starts the steps that wait for this request, and returns how long they hold it.
func (f *faults) copyReached(call *localoss.Call) (hold time.Duration) {
	copies := call.Name == "CopyObject" || call.Name == "UploadPartCopy" || call.Name == "CompleteMultipartUpload" ||
		streams(call)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, watch := range f.watches {
		_, name, _ := strings.Cut(watch.key, "/")
		if (copies || watch.any) && watch.nth > 0 && strings.Contains(call.Key, name) {
			if watch.nth--; watch.nth == 0 {
				close(watch.reached)
				hold = max(hold, watch.hold)
			}
		}
	}
	return hold
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
