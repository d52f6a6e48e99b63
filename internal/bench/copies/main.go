// Command copies copies every size on every model of a service in virtual time, with the engine and with the SDK's
// Copier, and on services of other speeds also in parts of one size, the best of all sizes. It prints two tables in
// Markdown, a row each, beside the least possible time; with -json one JSON object a row. The figures are the same on
// every machine, but for 1 % or so where requests are refused. It exits 1 if a goal is missed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"afterput/internal/bench"
)

func main() {
	asJSON := flag.Bool("json", false, "print one JSON object a row instead of tables")
	flag.Parse()
	r := run{out: os.Stdout, problems: os.Stderr, asJSON: *asJSON}
	err := r.table(bench.Models(), bench.Sizes(), bench.ModelColumns, bench.MeasureRow)
	if err == nil {
		err = r.table(bench.Paces(), bench.PaceSizes(), bench.PaceColumns, bench.MeasurePace)
	}
	if err == nil && r.missed > 0 {
		err = fmt.Errorf("%d rows, %d goals missed", r.rows, r.missed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "copies:", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "%d rows, every goal met\n", r.rows)
}

// run measures rows, writes them to out, and names the goals that are missed on problems.
type run struct {
	out, problems io.Writer
	asJSON        bool
	rows, missed  int
}

// table measures every size on every model.
func (r *run) table(models []bench.Model, sizes []bench.Size, columns bench.Columns,
	measure func(bench.Model, bench.Size) (bench.Row, error),
) error {
	if !r.asJSON {
		fmt.Fprintln(r.out)
		columns.PrintHeader(r.out)
	}
	for _, model := range models {
		for _, size := range sizes {
			row, err := measure(model, size)
			if err != nil {
				return err
			}
			if err := r.write(columns, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a row, and names the goals that it misses.
func (r *run) write(columns bench.Columns, row bench.Row) error {
	r.rows++
	for _, goal := range row.Goals {
		if !goal.Met() {
			r.missed++
			fmt.Fprintf(r.problems, "%s, %s: %s\n", row.Model, row.Size, goal)
		}
	}
	if r.asJSON {
		return json.NewEncoder(r.out).Encode(row)
	}
	columns.Print(r.out, row)
	return nil
}
