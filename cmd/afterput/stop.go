package main

import (
	"context"
	"errors"
)

// errStopped is the failure of a command that was stopped by a signal.
var errStopped = errors.New("stopped")

// untilStopped returns what f returns, or errStopped as soon as ctx ends: f is for work that cannot be interrupted and
// changes nothing, such as reading standard input or loading rules. What it has not done by then ends with the process.
func untilStopped[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, errStopped
	}
}
