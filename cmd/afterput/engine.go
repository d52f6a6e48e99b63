package main

import (
	"fmt"
	"strings"

	"afterput/internal/copier"
	"afterput/internal/settings"
)

// stateFlag says where the engine remembers large copies.
type stateFlag struct {
	State string `env:"AFTERPUT_STATE" help:"Where interrupted large copies are remembered, as the function's variable says: oss://BUCKET/PREFIX/ or off; default: the destination's bucket, prefix .afterput/." placeholder:"oss://BUCKET/PREFIX/"`
}

// engineFlags are the engine's settings. They are read as the function reads its
// variables, which stand in for flags that are not given.
type engineFlags struct {
	stateFlag
	Confirm         string `env:"AFTERPUT_CONFIRM" help:"When a finished copy looks at its source again: always, slow or never; default slow." placeholder:"WHEN"`
	PartSize        string `env:"AFTERPUT_PART_SIZE" help:"Least size of a part; default 2MiB." placeholder:"SIZE"`
	PartsInFlight   string `env:"AFTERPUT_PARTS_IN_FLIGHT" help:"Most copying requests under way at once; default 128." placeholder:"N"`
	SingleCopyLimit string `env:"AFTERPUT_SINGLE_COPY_LIMIT" help:"Size up to which one CopyObject makes the copy; default 128MiB, and from there to 1GiB the way that is expected to end sooner." placeholder:"SIZE"`
}

// options are the engine's settings; the error names the flag and its variable.
func (f *engineFlags) options() (copier.Options, error) { return engineOptions(f.values()) }

func (f *engineFlags) values() map[string]string {
	return map[string]string{
		settings.State: f.State, settings.Confirm: f.Confirm, settings.PartSize: f.PartSize,
		settings.PartsInFlight: f.PartsInFlight, settings.SingleCopyLimit: f.SingleCopyLimit,
	}
}

// state is where large copies are remembered.
func (f *stateFlag) state() (copier.State, error) {
	o, err := engineOptions(map[string]string{settings.State: f.State})
	return o.State, err
}

// engineOptions reads settings by their variables.
func engineOptions(values map[string]string) (copier.Options, error) {
	o, problems := settings.Engine(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
	if problems == nil {
		return o, nil
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = fmt.Sprintf("%s (%s) %s", flagOf(p.Variable), p.Variable, p.Message)
	}
	return o, usageError(strings.Join(lines, "\n"))
}

// flagOf is the flag of one of the engine's variables.
func flagOf(variable string) string {
	return "--" + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "AFTERPUT_")), "_", "-")
}
