package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"afterput/internal/bench/process"
	"afterput/internal/bench/table"
	"afterput/internal/existing"
)

// What comparing a million objects may take, and how much memory any number of them: with ten million it may be some
// more than with a million, and then it must not grow, but for what the measurement varies.
const (
	million         = 1_000_000
	requestsMillion = 2100
	cpuMillion      = 10  // seconds
	memoryMillion   = 64  // MiB
	memoryAny       = 256 // MiB
	grows           = 1.25
)

// taken is what a comparison took.
type taken struct {
	process.Usage
	Requests int64
}

// comparisons measures comparisons of objects that are all in place. Of the CPU of a million, the least of three is
// taken, since other work of the machine only adds to it; of the rest, the most.
func comparisons(ctx context.Context, t *table.Tables) error {
	beginComparisons(t)
	var most taken
	for i := range 3 {
		u, err := measure(ctx, million)
		if err != nil {
			return err
		}
		if i > 0 {
			u.CPU = min(u.CPU, most.CPU)
		}
		u.Resident, u.Requests = max(u.Resident, most.Resident), max(u.Requests, most.Requests)
		most = u
	}
	t.Row(fmt.Sprint(million), t.Most(float64(most.Requests), requestsMillion, "%.0f"),
		t.Most(most.CPU, cpuMillion, "%.2f s"), perObject(most.CPU, million),
		t.Most(most.Resident, memoryMillion, "%.0f MiB"))
	_, err := comparison(ctx, t, 10*million, memoryAny)
	return err
}

// largeComparisons compares as many objects as take long.
func largeComparisons(ctx context.Context, t *table.Tables) error {
	beginComparisons(t)
	memory, err := comparison(ctx, t, 10*million, memoryAny)
	if err != nil {
		return err
	}
	_, err = comparison(ctx, t, 100*million, min(memoryAny, grows*memory))
	return err
}

func beginComparisons(t *table.Tables) {
	t.Begin("Comparing objects that are all in place", "objects", "requests", "CPU", "CPU of an object", "memory")
}

// comparison is a row; it returns the memory.
func comparison(ctx context.Context, t *table.Tables, objects int, most float64) (float64, error) {
	u, err := measure(ctx, objects)
	if err != nil {
		return 0, err
	}
	t.Row(fmt.Sprint(objects), fmt.Sprint(u.Requests), fmt.Sprintf("%.1f s", u.CPU), perObject(u.CPU, objects),
		t.Most(u.Resident, most, "%.0f MiB"))
	return u.Resident, nil
}

func perObject(seconds float64, objects int) string {
	return fmt.Sprintf("%.1f µs", seconds/float64(objects)*1e6)
}

// measure compares in a process of its own, on one processor.
func measure(ctx context.Context, objects int) (u taken, err error) {
	out, err := process.Again(ctx, []string{"GOMAXPROCS=1"}, nil, strconv.Itoa(objects))
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(out, &u)
}

// compare is that process: it compares as the tool does, and prints what that took. What the service takes to
// generate its listings is part of it.
func compare(ctx context.Context, objects int) error {
	folder, err := os.MkdirTemp("", "afterput-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	store, err := existing.NewFolder(folder)
	if err != nil {
		return err
	}
	s := newService(objects, none, 20*time.Millisecond)
	j, err := open(ctx, s, store, 64, nil)
	if err != nil {
		return err
	}
	if err := j.Compare(j.ctx); err != nil {
		return err
	}
	if same := j.Counts().Of(existing.Same).Copies; same != int64(objects) {
		return fmt.Errorf("%d objects were found in place of %d", same, objects)
	}
	u := taken{Requests: s.requests.Load()}
	if u.Usage, err = process.Used(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(u)
}
