package e2e_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

const (
	killedParts    = 2000
	killedPartSize = 64 << 20
	killedInFlight = 16
)

// ledger is what OSS saw of the parts, one life of the function after another.
type ledger struct {
	mu sync.Mutex
	// landed are the parts of the upload at hand that OSS held when the function
	// was killed last: none of them may be asked for again.
	landed map[int]bool
	sent   map[int]bool // in this life
	open   map[int]bool // accepted and not landed
	copied map[int]bool // landed, all lives of the upload together
	// remembered says that the upload at hand has its state object.
	remembered bool

	total  int // parts sent, each once a life
	again  []int
	orphan int // uploads whose process was killed before it could remember them
}

func newLedger() *ledger { l := new(ledger); l.begin(); return l }

// begin is a new upload. l.mu is held, or l is new.
func (l *ledger) begin() {
	l.landed, l.sent, l.copied, l.remembered = map[int]bool{}, map[int]bool{}, map[int]bool{}, false
}

// killed is the end of a life.
func (l *ledger) killed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.remembered && len(l.sent) > 0 {
		l.orphan++
	}
	l.landed, l.sent = map[int]bool{}, map[int]bool{}
	for n := range l.copied {
		l.landed[n] = true
	}
}

// intercept keeps the ledger, and makes a part take a while.
func (l *ledger) intercept(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	switch call.Name {
	case "UploadPartCopy":
		l.part(call.PartNumber)
		time.Sleep(5 * time.Millisecond)
		reply := next()
		if reply.Code == "" {
			l.mu.Lock()
			l.copied[call.PartNumber] = true
			l.mu.Unlock()
		}
		return reply
	case "InitiateMultipartUpload":
		reply := next()
		l.mu.Lock()
		l.begin()
		l.mu.Unlock()
		return reply
	case "PutObject":
		reply := next()
		if strings.HasPrefix(call.Key, copier.DefaultStatePrefix) {
			l.mu.Lock()
			l.remembered = true
			l.mu.Unlock()
		}
		return reply
	}
	return next()
}

func (l *ledger) part(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.landed[n] {
		l.again = append(l.again, n)
	}
	if !l.sent[n] {
		l.sent[n] = true
		l.total++
	}
}
