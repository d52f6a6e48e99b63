package main

import (
	"encoding/json"
	"fmt"

	"afterput/internal/bench"
)

type benchCmd struct {
	JSON bool `help:"Print one JSON object a row instead of a table." name:"json"`
}

// Run copies every size on every model of a service, in virtual time: the figures
// are the same on every machine. It fails if a goal is missed.
func (cmd *benchCmd) Run(c console) error {
	missed, rows := 0, 0
	if !cmd.JSON {
		bench.PrintHeader(c.out)
	}
	for _, m := range bench.Models() {
		for _, s := range bench.Sizes() {
			row, err := bench.MeasureRow(m, s)
			if err != nil {
				return err
			}
			rows++
			for _, goal := range row.Goals {
				if !goal.Met() {
					missed++
					fmt.Fprintf(c.err, "%s, %s: %s\n", row.Model, row.Size, goal)
				}
			}
			if !cmd.JSON {
				row.Print(c.out)
			} else if err := json.NewEncoder(c.out).Encode(row); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(c.err, "%d rows, %d goals missed\n", rows, missed)
	if missed > 0 {
		return errSaid
	}
	return nil
}
