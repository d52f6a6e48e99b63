package page

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// writes are the operations with which the function makes copies.
var writes = []string{"CopyObject", "UploadPartCopy", "CompleteMultipartUpload", "PutObjectTagging", "PutObjectACL"}

type namedFault struct {
	name  string
	fault fault.Fault
}

// troubles are what can be switched on, each for the requests that make copies.
var troubles = []namedFault{
	{"slow", fault.Fault{Operations: writes, Delay: 1500 * time.Millisecond}},
	{"busy", fault.Fault{Operations: writes, Error: &localoss.Error{Code: localoss.ServiceUnavailable}}},
	{"denied", fault.Fault{Operations: writes, Error: &localoss.Error{Code: localoss.AccessDenied}}},
	{"lost", fault.Fault{Operations: writes, Drop: true, Committed: true, Probability: 0.5}},
}

// trouble makes requests fail while a trouble is switched on.
type trouble struct {
	mu sync.Mutex
	on map[string]*fault.Injector
}

func newTrouble() *trouble { return &trouble{on: map[string]*fault.Injector{}} }

// set switches a trouble on or off.
func (t *trouble) set(name string, on bool) error {
	i := slices.IndexFunc(troubles, func(one namedFault) bool { return one.name == name })
	if i < 0 {
		return fmt.Errorf("there is no trouble %q", name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.on, name)
	if on {
		t.on[name] = fault.New(uint64(time.Now().UnixNano()), troubles[i].fault)
	}
	return nil
}

// happened is how often each trouble that is on has happened since.
func (t *trouble) happened() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]int{}
	for name, injector := range t.on {
		all[name] = injector.Happened()[0]
	}
	return all
}

// intercept is a [localoss.Intercept]: all troubles that are on, in their order.
func (t *trouble) intercept(
	ctx context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	t.mu.Lock()
	var all []localoss.Intercept
	for _, one := range troubles {
		if injector := t.on[one.name]; injector != nil {
			all = append(all, injector.Intercept)
		}
	}
	t.mu.Unlock()
	if all == nil {
		return next()
	}
	return localoss.Chain(all...)(ctx, call, next)
}
