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

// Operations of the engine, by what a fault does to them.
var (
	telling = []string{"CopyObject", "UploadPartCopy", "InitiateMultipartUpload", "CompleteMultipartUpload"}
	reading = []string{"HeadObject", "GetObjectTagging", "GetObjectAcl", "GetObject", "ListParts"}
	noting  = []string{"PutObject", "DeleteObject", "AbortMultipartUpload", "DeleteObjectTagging"}
)

// drawFault draws one of all that the local OSS can do wrong.
func drawFault(r *rand.Rand) fault.Fault {
	pick := func(lists ...[]string) []string {
		list := lists[r.IntN(len(lists))]
		i := r.IntN(len(list))
		return list[i : i+1]
	}
	f := fault.Fault{Operations: pick(telling, telling, reading, noting)}
	switch r.IntN(10) {
	case 0, 1:
		f.Drop, f.Committed = true, r.IntN(2) == 0
		f.Delay = span(r, 0, 3*time.Second)
	case 2:
		f.Error = &localoss.Error{Code: localoss.InternalError}
		f.Committed = r.IntN(2) == 0
	case 3:
		f.Error = &localoss.Error{Code: localoss.ServiceUnavailable, Header: http.Header{"X-Oss-Qos-Delay-Time": {"300"}}}
	case 4:
		f.Operations = pick(telling)
		f.Error, f.Committed = &localoss.Error{Code: localoss.InternalError, Status: http.StatusOK}, r.IntN(2) == 0
	case 5:
		f.Body = []fault.Body{fault.Empty, fault.Malformed, fault.Truncated}[r.IntN(3)]
	case 6:
		f.Operations, f.WithoutETag = pick(telling, []string{"HeadObject"}), true
	case 7:
		f.Operations, f.Corrupt = []string{"UploadPartCopy"}, []int64{int64(r.IntN(100))}
	case 8:
		f.Operations, f.IgnoreRange = []string{"UploadPartCopy"}, true
	case 9:
		f.Delay, f.ReplyDelay = span(r, 0, 12*time.Second), span(r, 0, 12*time.Second)
	}
	if r.IntN(3) == 0 {
		f.Calls = fault.Calls{First: 1 + r.IntN(2), Last: 2 + r.IntN(5)}
	} else {
		f.Probability = 0.1 + 0.4*r.Float64()
	}
	return f
}

// changing are the operations that change something, those that put content in
// place more than once.
var changing = []string{"CopyObject", "CopyObject", "CopyObject", "CompleteMultipartUpload", "UploadPartCopy", "InitiateMultipartUpload",
	"AbortMultipartUpload", "PutObject", "DeleteObject", "PutObjectTagging", "DeleteObjectTagging", "PutObjectACL"}

// drawAftermath draws an error whose request takes effect after it was answered.
func drawAftermath(r *rand.Rand) fault.Fault {
	i := r.IntN(len(changing))
	f := fault.Fault{Operations: changing[i : i+1], Later: span(r, 0, 3*time.Second)}
	if r.IntN(2) == 0 {
		f.Later = span(r, 0, 40*time.Second)
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

// hides reports whether the fault may keep the engine from seeing what stands.
func hides(f fault.Fault) bool {
	return slices.ContainsFunc(f.Operations, func(name string) bool { return slices.Contains(reading, name) })
}

func describe(f fault.Fault) string {
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
		s += fmt.Sprintf(", done %v later,", f.Later)
	}
	return fmt.Sprintf("%s committed=%t delay %v and %v", s, f.Committed, f.Delay, f.ReplyDelay)
}

// ambush is a user who waits for a copy to be under way.
type ambush struct {
	key  string
	nth  int
	hold time.Duration
	now  chan struct{}
}

// weather is what OSS does to the engine's requests, beside what they ask for.
type weather struct {
	program  *program
	faults   *fault.Injector
	born     time.Time
	mu       sync.Mutex
	drawn    map[string]uint64
	ambushes []*ambush
}

func newWeather(p *program) *weather {
	return &weather{program: p, faults: fault.New(p.seed, p.faults...), born: time.Now(), drawn: map[string]uint64{}}
}

func (w *weather) calm() bool { return time.Since(w.born) > w.program.calm }

// intercept takes time before and after a request takes effect, and lets what
// else goes wrong happen.
func (w *weather) intercept(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if w.program.still {
		return next()
	}
	before, after := w.times(call)
	before += w.sprung(call)
	slowly := func() *localoss.Response {
		pause(ctx, before)
		reply := next()
		pause(ctx, after)
		return reply
	}
	if w.calm() {
		return slowly()
	}
	return w.faults.Intercept(ctx, call, slowly)
}

// times draws by what the request is, not by when it comes: requests of one
// instant are in no order.
func (w *weather) times(call *localoss.Call) (before, after time.Duration) {
	name := call.Operation.String()
	w.mu.Lock()
	turn := w.drawn[name]
	w.drawn[name]++
	w.mu.Unlock()
	h := fnv.New64a()
	fmt.Fprint(h, w.program.seed, name, turn)
	r := rand.New(rand.NewPCG(h.Sum64(), 7))
	draw := func() time.Duration {
		if r.Float64() >= w.program.slow || w.calm() {
			return span(r, time.Millisecond, 10*time.Millisecond)
		}
		return span(r, 0, []time.Duration{300 * time.Millisecond, 4 * time.Second}[r.IntN(2)])
	}
	return draw(), draw()
}

func (w *weather) lieInWait(key string, nth int, hold time.Duration) *ambush {
	a := &ambush{key: key, nth: nth, hold: hold, now: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ambushes = append(w.ambushes, a)
	return a
}

// sprung tells those who waited for such a request, and gives how long it is
// held up for it.
func (w *weather) sprung(call *localoss.Call) (hold time.Duration) {
	if call.Name != "CopyObject" && call.Name != "UploadPartCopy" && call.Name != "CompleteMultipartUpload" {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.ambushes {
		if a.nth > 0 && strings.Contains(call.Key, a.key[strings.Index(a.key, "/")+1:]) {
			if a.nth--; a.nth == 0 {
				close(a.now)
				hold = max(hold, a.hold)
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
