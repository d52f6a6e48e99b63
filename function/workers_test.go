package main

import (
	"runtime"
	"sync"
	"testing"
)

func TestInvocationsAtOnceDoNotWaitForEachOther(t *testing.T) {
	w := make(workers)
	var all, inside sync.WaitGroup
	inside.Add(20)
	for range 20 {
		all.Go(func() {
			w.do(func() { inside.Done(); inside.Wait() }) // none returns before all are inside
		})
	}
	all.Wait()
}

func TestInvocationsOneAfterTheOtherUseTheSameGoroutines(t *testing.T) {
	w := make(workers)
	before := runtime.NumGoroutine()
	for range 1000 {
		w.do(func() {})
	}
	// One is enough unless a call comes before the goroutine of the last waits for it.
	if more := runtime.NumGoroutine() - before; more > 10 {
		t.Errorf("%d goroutines for 1000 calls", more)
	}
}
