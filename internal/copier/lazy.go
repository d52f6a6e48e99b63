package copier

import (
	"sync"

	"afterput/internal/osscall"
)

// lazy is a value read once, when first asked for. Who asks meanwhile waits on a
// channel, which the clock of a test can see, not on a lock.
type lazy[T any] struct {
	mu   sync.Mutex
	done chan struct{} // nil until somebody asks, closed once v and err stand
	v    T
	err  error
}

func (l *lazy[T]) get(read func() (T, error)) (T, error) {
	l.mu.Lock()
	done, first := l.done, l.done == nil
	if first {
		done = make(chan struct{})
		l.done = done
	}
	l.mu.Unlock()
	if first {
		defer close(done)
		l.err = osscall.Safely("read", func() (err error) { l.v, err = read(); return err })
		return l.v, l.err
	}
	<-done
	return l.v, l.err
}

// set gives the value before anybody asks.
func (l *lazy[T]) set(v T) { _, _ = l.get(func() (T, error) { return v, nil }) }

// known is the value if it was read already, without error.
func (l *lazy[T]) known() (v T, ok bool) {
	l.mu.Lock()
	done := l.done
	l.mu.Unlock()
	select {
	case <-done:
		return l.v, l.err == nil
	default: // not read, or nil: not asked for
		return v, false
	}
}
