package copier

import (
	"sync"

	"afterput/internal/osscall"
)

// readOnce is a value that is read once, when first needed. Goroutines that need it meanwhile
// wait on a channel, which a synctest bubble counts as waiting, not on a lock.
type readOnce[T any] struct {
	mu   sync.Mutex
	done chan struct{} // nil until somebody needs the value, closed when v and err are set
	v    T
	err  error
}

// get gives the value, and reads it if nobody has.
func (r *readOnce[T]) get(read func() (T, error)) (T, error) {
	r.mu.Lock()
	done, first := r.done, r.done == nil
	if first {
		done = make(chan struct{})
		r.done = done
	}
	r.mu.Unlock()
	if first {
		defer close(done)
		r.err = osscall.Safely("read", func() (err error) { r.v, err = read(); return err })
		return r.v, r.err
	}
	<-done
	return r.v, r.err
}

// set sets the value, unless it was read already.
func (r *readOnce[T]) set(v T) { _, _ = r.get(func() (T, error) { return v, nil }) }

// known gives the value if it was read already, without error.
func (r *readOnce[T]) known() (v T, ok bool) {
	r.mu.Lock()
	done := r.done
	r.mu.Unlock()
	select {
	case <-done:
		return r.v, r.err == nil
	default: // still being read; or nil: nobody has needed it
		return v, false
	}
}
