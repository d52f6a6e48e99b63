package osscall

import (
	"fmt"
	"runtime/debug"
)

// Safely runs f. A panic in it comes back as an error with code Panic, so that one
// object that no code is ready for costs neither the instance nor the other objects
// under way in it.
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

// Panicked is the error of op that panicked with p.
func Panicked(op string, p any) *Error {
	return NewError(KindPanic, op, "Panic", "%s (the function's log has the stack)", panicText(p))
}

// Stack is where a panic happened, "" for every other error.
func (e *Error) Stack() string { return e.stack }

// panicText keeps what was panicked with to the length of a message.
func panicText(p any) string {
	const most = 1 << 10
	text := fmt.Sprint(p)
	return text[:min(len(text), most)]
}
