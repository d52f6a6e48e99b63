// Command function measures the function itself: the work of its stages, the CPU
// of an event, cold start, size, memory and cost, beside the function people write
// by hand and an empty one. It prints tables in Markdown, with the goals, and
// fails if one is missed. It is run at the top of the repository.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"afterput/internal/bench/table"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == "many" { // a process of its own, for its memory
		return manyAtOnce(ctx, args[1], args[2])
	}
	if len(args) == 3 && args[0] == "connect" { // a process of its own, for its CPU
		return connecting(args[1], args[2] != "")
	}
	dir, err := os.MkdirTemp("", "afterput-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := &table.Tables{W: os.Stdout}
	measures := []func(context.Context, *table.Tables, string) error{
		work, binaries, perEvent, connect, memory, cost, runtimes, bursts,
	}
	for _, measure := range measures {
		if err := measure(ctx, t, dir); err != nil {
			return err
		}
	}
	if t.Missed > 0 {
		return fmt.Errorf("%d goals missed", t.Missed)
	}
	return nil
}
