package main

import (
	"fmt"

	"afterput/rules"
)

type schemaCmd struct{}

func (*schemaCmd) Run(c console) error {
	_, err := fmt.Fprintf(c.out, "%s", rules.Schema())
	return err
}
