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
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	large := flag.Bool("large", false, "compare 10^8 objects too, which takes half an hour and 6 GB of disk")
	flag.Parse()
	if flag.NArg() == 2 && flag.Arg(0) == "compare" { // a process of its own
		n, err := strconv.Atoi(flag.Arg(1))
		if err != nil {
			return err
		}
		return compareHere(ctx, n)
	}
	t := &table.Tables{W: os.Stdout}
	_ = large
	if err := compare(ctx, t, million); err != nil {
		return err
	}
	if t.Missed > 0 {
		return fmt.Errorf("%d goals missed", t.Missed)
	}
	return nil
}
