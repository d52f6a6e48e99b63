// Command existing measures what it takes to compare objects that are there already, and to copy those that are
// missing: requests, CPU, memory, and, in virtual time, how close copying comes to what the limits allow. It prints
// tables in Markdown, with the goals, and fails if one is missed. It needs Linux.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"afterput/internal/bench/table"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	large := flag.Bool("large", false, "compare 10^8 objects and copy 10^6: half an hour, and 4 GB of temporary files")
	flag.Parse()
	if err := run(ctx, *large, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, large bool, args []string) error {
	if len(args) == 1 { // a process of its own
		objects, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return compare(ctx, objects)
	}
	t := &table.Tables{W: os.Stdout}
	measures := []func(context.Context, *table.Tables) error{comparisons, copies, batches, besideLoop}
	if large {
		measures = []func(context.Context, *table.Tables) error{largeComparisons, largeCopies}
	}
	for _, measure := range measures {
		if err := measure(ctx, t); err != nil {
			return err
		}
	}
	if t.Missed > 0 {
		return fmt.Errorf("%d goals missed", t.Missed)
	}
	return nil
}
