package relay

import (
	"runtime/debug"

	"afterput/internal/osscall"
)

// rescue ends a panic of the function that defers it: its stack goes to the log,
// and fail gets an error of code Panic. of names what was worked on: oss://bucket/key,
// or "" for the invocation as a whole. Every goroutine of this package defers
// rescue, so that a panic fails one object or one copy and not the instance
// with all its events.
func (h *Handler) rescue(inv Invocation, of string, fail func(*osscall.Error)) {
	if p := recover(); p != nil {
		e := osscall.Panicked("", p)
		h.logStack(requestAttr(inv.RequestID, inv.RetryCount, ""), of, e.Message, debug.Stack())
		fail(e)
	}
}
