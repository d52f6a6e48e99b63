package relay

import (
	"runtime/debug"

	"afterput/events"
	"afterput/internal/osscall"
)

// rescue, deferred, recovers from a panic: it logs the stack and calls fail with an error of code
// Panic. of names what was being handled: oss://bucket/key, or "" for the invocation as a whole.
// Every goroutine of this package defers it, so that a panic fails one object or one copy, and not
// the instance with all its events.
func (h *Handler) rescue(inv Invocation, of string, fail func(*osscall.Error)) {
	if p := recover(); p != nil {
		h.recovered(p, inv, of, fail)
	}
}

// rescueObject, deferred, is rescue for an object, whose URL it makes only if there is a panic.
func (h *Handler) rescueObject(inv Invocation, o *events.Object, fail func(*osscall.Error)) {
	if p := recover(); p != nil {
		h.recovered(p, inv, osscall.URL(o.Bucket, o.Key), fail)
	}
}

// recovered logs a panic's stack and passes its error on.
func (h *Handler) recovered(p any, inv Invocation, of string, fail func(*osscall.Error)) {
	e := osscall.Panicked("", p)
	h.logStack(requestAttr(inv.RequestID, inv.RetryCount, ""), of, e.Message, debug.Stack())
	fail(e)
}
