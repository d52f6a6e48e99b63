// Command rules measures what it costs to load rules files: of ten thousand rules, as people write them, and hostile
// ones. It prints tables in Markdown, with the goals, and fails if one is missed. It needs Linux.
//
// Each figure is of a process of its own: its user and system time, which do not depend on what else the machine does,
// and the most memory that was resident.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"afterput/internal/bench/rulesfile"
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

// Goals: seconds of CPU, and MiB that are resident.
const (
	loadCPU     = 1
	validateCPU = 3
	triggersCPU = 2
	hostileCPU  = 2
	memory      = 128
)

func run(ctx context.Context, args []string) error {
	if len(args) == 1 { // a process of its own
		return work(args[0])
	}
	t := &table.Tables{W: os.Stdout}
	if err := large(ctx, t); err != nil {
		return err
	}
	if err := hostile(ctx, t); err != nil {
		return err
	}
	if t.Missed > 0 {
		return fmt.Errorf("%d goals missed", t.Missed)
	}
	return nil
}

// large measures files of many rules.
func large(ctx context.Context, t *table.Tables) error {
	t.Begin("Large rules files", "rules", "size", "load: CPU", "memory", "allocations", "allocated", "with lint: CPU",
		"triggers: CPU")
	for _, f := range rulesfile.Large(10_000) {
		data := f.Write()
		var used [3]usage
		for i, task := range []string{loads, lints, derivesTriggers} {
			var err error
			if used[i], err = measure(ctx, task, data); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			if used[i].Refused != "" {
				return fmt.Errorf("%s: %s", f.Name, used[i].Refused)
			}
		}
		t.Row(f.Name, fmt.Sprintf("%d KiB", len(data)>>10), t.Most(used[0].CPU, loadCPU, "%.2f s"),
			t.Most(used[0].Resident, memory, "%.0f MiB"), fmt.Sprint(used[0].Allocations),
			fmt.Sprintf("%.0f MiB", used[0].Allocated), t.Most(used[1].CPU, validateCPU, "%.2f s"),
			t.Most(used[2].CPU, triggersCPU, "%.2f s"))
	}
	return nil
}

// hostile measures files that try to take much time or memory; the page has those that take most.
func hostile(ctx context.Context, t *table.Tables) error {
	t.Begin("Hostile rules files of at most 2 MiB", "file", "load: CPU", "memory", "allocations", "allocated",
		"triggers: CPU", "memory", "result")
	for _, f := range rulesfile.Hostile(2 << 20) {
		data := f.Write()
		u, err := measure(ctx, loads, data)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		cpu, resident, result := "", "", "refused" // there are no triggers of a file that is refused
		if u.Refused == "" {
			used, err := measure(ctx, derivesTriggers, data)
			if err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			cpu, resident = t.Most(used.CPU, hostileCPU, "%.2f s"), t.Most(used.Resident, memory, "%.0f MiB")
			result = "accepted"
		}
		t.Row(f.Name, t.Most(u.CPU, hostileCPU, "%.2f s"), t.Most(u.Resident, memory, "%.0f MiB"),
			fmt.Sprint(u.Allocations), fmt.Sprintf("%.0f MiB", u.Allocated), cpu, resident, result)
	}
	return nil
}
