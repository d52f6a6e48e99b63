package main

import "afterput/rules"

type schemaCmd struct{}

func (*schemaCmd) Run(c console) error {
	_, err := c.out.Write(rules.Schema())
	return err
}
