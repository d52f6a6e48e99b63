package main

import (
	"fmt"
	"strings"

	"afterput/internal/copier"
	"afterput/internal/settings"
)

// stateFlag says where the engine remembers large copies.
type stateFlag struct {
	State string `env:"AFTERPUT_STATE" placeholder:"oss://BUCKET/PREFIX/" help:"state_help"`
}

// engineFlags are the engine's settings. They are read as the function reads its variables; a flag that is not given
// takes its value from the variable.
type engineFlags struct {
	stateFlag
	endpointsFlag
	Prefer          string `env:"AFTERPUT_PREFER" placeholder:"WHAT" values:"time,money" help:"prefer_help"`
	Confirm         string `env:"AFTERPUT_CONFIRM" placeholder:"WHEN" values:"always,slow,never" help:"confirm_help"`
	PartSize        string `env:"AFTERPUT_PART_SIZE" placeholder:"SIZE" help:"part_size_help"`
	PartsInFlight   string `env:"AFTERPUT_PARTS_IN_FLIGHT" placeholder:"N" help:"parts_in_flight_help"`
	SingleCopyLimit string `env:"AFTERPUT_SINGLE_COPY_LIMIT" placeholder:"SIZE" help:"single_copy_help"`
}

// engineHelp holds the help texts that are too long for a struct tag.
var engineHelp = helpTexts{
	"state_help": "Where interrupted large copies are remembered, as in the function's variable: " +
		"oss://BUCKET/PREFIX/ or off; default: the destination's bucket, prefix .afterput/.",
	"prefer_help":          "What copies save in their choice of requests: time or money; default time.",
	"confirm_help":         "When a finished copy looks at its source again: always, slow or never; default slow.",
	"part_size_help":       "Size of all parts; default: what copies show to be best.",
	"parts_in_flight_help": "Most copying requests under way at once; default 128.",
	"single_copy_help": "Largest size that is always copied with one CopyObject; default 128MiB, and from there " +
		"to 1GiB whatever is expected to end sooner.",
	"endpoints_help":    "Endpoints of other regions; default: their public ones.",
	"sts_endpoint_help": "Endpoint of STS, which assumes the roles that rules name; default: the region's public one.",
}

// options are the engine's settings, in the region of a cloud; an error names the flag and its variable.
func (f *engineFlags) options(cloud *cloudFlags) (copier.Options, error) {
	return engineOptions(f.valuesAt(cloud))
}

// valuesAt are the settings in the region of a cloud.
func (f *engineFlags) valuesAt(cloud *cloudFlags) map[string]string {
	values := f.values()
	values["OSS_REGION"], values["OSS_ENDPOINT"] = cloud.Region, cloud.Endpoint
	return values
}

func (f *engineFlags) values() map[string]string {
	return map[string]string{
		settings.State: f.State, settings.Confirm: f.Confirm, settings.PartSize: f.PartSize, settings.Prefer: f.Prefer,
		settings.PartsInFlight: f.PartsInFlight, settings.SingleCopyLimit: f.SingleCopyLimit,
		settings.Endpoints: f.Endpoints, settings.STSEndpoint: f.STSEndpoint,
	}
}

// variables are the settings that are given as environment variables of the function.
func (f *engineFlags) variables() []string {
	var vars []string
	for name, value := range f.values() {
		if value != "" { // the local cloud has endpoints of its own
			vars = append(vars, name+"="+value)
		}
	}
	return vars
}

// endpointsFlag says how other regions and STS are reached.
type endpointsFlag struct {
	Endpoints   string `env:"AFTERPUT_ENDPOINTS" placeholder:"REGION=URL,…" help:"endpoints_help"`
	STSEndpoint string `name:"sts-endpoint" env:"AFTERPUT_STS_ENDPOINT" placeholder:"URL" help:"sts_endpoint_help"`
}

// engineOptions reads settings by the names of their variables.
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
