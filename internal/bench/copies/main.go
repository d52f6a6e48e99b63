// Command copies copies every size on every model of a service in virtual time, with the engine and with the SDK's
// Copier. It prints a table in Markdown, a row each, beside the least possible time; with -json one JSON object a row.
// The figures are the same on every machine. It exits 1 if a goal is missed.
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
	asJSON := flag.Bool("json", false, "print one JSON object a row instead of a table")
	flag.Parse()
	write := writeTable
	if *asJSON {
		write = writeJSON
	}
	if err := run(os.Stdout, os.Stderr, write); err != nil {
		fmt.Fprintln(os.Stderr, "copies:", err)
		os.Exit(1)
	}
}

// run measures every row, writes it to out, and names the goals that are missed on problems.
func run(out, problems io.Writer, write func(io.Writer) func(bench.Row) error) error {
	missed, rows := 0, 0
	writeRow := write(out)
	for _, model := range bench.Models() {
		for _, size := range bench.Sizes() {
			row, err := bench.MeasureRow(model, size)
			if err != nil {
				return err
			}
			if err := writeRow(row); err != nil {
				return err
			}
			rows++
			missed += report(problems, row)
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d rows, %d goals missed", rows, missed)
	}
	fmt.Fprintf(problems, "%d rows, every goal met\n", rows)
	return nil
}

// report names the goals that a row misses, and returns how many.
func report(problems io.Writer, row bench.Row) (missed int) {
	for _, goal := range row.Goals {
		if !goal.Met() {
			missed++
			fmt.Fprintf(problems, "%s, %s: %s\n", row.Model, row.Size, goal)
		}
	}
	return missed
}

func writeTable(w io.Writer) func(bench.Row) error {
	bench.PrintHeader(w)
	return func(row bench.Row) error {
		row.Print(w)
		return nil
	}
}

func writeJSON(w io.Writer) func(bench.Row) error {
	encoder := json.NewEncoder(w)
	return func(row bench.Row) error { return encoder.Encode(row) }
}
