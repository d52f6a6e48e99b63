// Command streams measures copies to another region, whose content passes through the function: in virtual time beside
// the least possible time and two hand-written functions, and the CPU and memory of a process that copies over TLS. It
// prints tables in Markdown, with the goals, and fails if one is missed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"afterput/internal/bench/table"
)

func main() {
	large := flag.Bool("large", false, "500 GiB too, which takes some minutes of CPU")
	role := flag.String("role", "", "for its own processes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *role, *large); err != nil {
		fmt.Fprintln(os.Stderr, "streams:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, role string, large bool) error {
	switch role {
	case "serve":
		return serve(ctx)
	case "engine", "plain":
		return transfer(ctx, role)
	}
	t := &table.Tables{W: os.Stdout}
	if err := makespans(ctx, t, large); err != nil {
		return err
	}
	if err := costs(ctx, t); err != nil {
		return err
	}
	if t.Missed > 0 {
		return fmt.Errorf("%d goals missed", t.Missed)
	}
	return nil
}
