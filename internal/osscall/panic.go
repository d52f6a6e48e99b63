package osscall

import (
	"fmt"
	"runtime/debug"
)

// Safely calls f and returns its error, or an error of [KindPanic] with the stack if it panics.
// So one object that triggers a bug fails neither the instance nor the other objects that it is
// working on.
func Safely(op string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e := Panicked(op, p)
			e.stack = string(debug.Stack())
			err = e
		}
	}()
	return f()
}

// Panicked is the error of an operation that panicked with p.
func Panicked(op string, p any) *Error {
	return NewError(KindPanic, op, "Panic", "%s (the function's log has the stack)", panicText(p))
}

// Stack is the stack of a panic that [Safely] caught, "" for every other error.
func (e *Error) Stack() string { return e.stack }

// panicText is the value of a panic as text, cut to the length of a message.
func panicText(p any) string {
	const most = 1 << 10
	text := fmt.Sprint(p)
	return text[:min(len(text), most)]
}
