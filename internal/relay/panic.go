package relay

import (
	"runtime/debug"

	"afterput/internal/osscall"
)

// rescue, deferred, recovers from a panic: it logs the stack and calls fail with an error of code
// Panic. of names what was being handled: oss://bucket/key, or "" for the invocation as a whole.
// Every goroutine of this package defers it, so that a panic fails one object or one copy, and not
// the instance with all its events.
func (h *Handler) rescue(inv Invocation, of string, fail func(*osscall.Error)) {
	if p := recover(); p != nil {
		e := osscall.Panicked("", p)
		h.logStack(requestAttr(inv.RequestID, inv.RetryCount, ""), of, e.Message, debug.Stack())
		fail(e)
	}
}
