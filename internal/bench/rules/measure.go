package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"

	"afterput/internal/bench/process"
	"afterput/internal/deploy"
	"afterput/rules"
)

// What a process of its own does with a rules file.
const (
	loads           = "load"
	lints           = "lint"
	derivesTriggers = "triggers"
)

// usage is what that took.
type usage struct {
	process.Usage
	Refused string // why the file was refused, "" if it was accepted
}

// memoryLimit is that of the garbage collector in an instance of 128 MB, as the function sets it.
const memoryLimit = "GOMEMLIMIT=104MiB"

// measure runs this program again as the process that is measured.
func measure(ctx context.Context, task string, data []byte) (u usage, err error) {
	out, err := process.Again(ctx, []string{memoryLimit}, bytes.NewReader(data), task)
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(out, &u)
}

// work is that process: it prints its own usage.
func work(task string) error {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var u usage
	set, err := rules.Load("rules.yaml", data, nil)
	switch {
	case err != nil:
		u.Refused, _, _ = strings.Cut(err.Error(), "\n")
	case task == lints:
		set.Lint()
	case task == derivesTriggers:
		deploy.Triggers(set)
	}
	if u.Usage, err = process.Used(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(u)
}
