package settings

import (
	"fmt"

	"afterput/internal/copier"
	"afterput/rules"
)

// Variables of the engine's settings.
const (
	State           = "AFTERPUT_STATE"
	Confirm         = "AFTERPUT_CONFIRM"
	PartSize        = "AFTERPUT_PART_SIZE"
	PartsInFlight   = "AFTERPUT_PARTS_IN_FLIGHT"
	SingleCopyLimit = "AFTERPUT_SINGLE_COPY_LIMIT"
)

// EngineVariables are all of them.
func EngineVariables() []string {
	return []string{State, Confirm, PartSize, PartsInFlight, SingleCopyLimit}
}

// Engine reads the engine's settings; env looks up one by its variable.
func Engine(env func(string) (string, bool)) (copier.Options, Problems) {
	r := reader{env: env}
	o := r.engine()
	return o, r.problems
}

func (r *reader) engine() copier.Options {
	return copier.Options{
		PartSize:        r.size(PartSize, 100<<10, 5<<30),
		PartsInFlight:   r.count(PartsInFlight, 1, 1000),
		SingleCopyLimit: r.size(SingleCopyLimit, 1, copier.MostSingleCopyLimit),
		Confirm:         r.confirm(Confirm),
		State:           r.state(State),
	}
}

func (r *reader) confirm(name string) copier.Confirm {
	switch v := copier.Confirm(r.text(name, string(copier.ConfirmSlow))); v {
	case copier.ConfirmAlways, copier.ConfirmSlow, copier.ConfirmNever:
		return v
	default:
		r.wrong(name, "is %q; want always, slow or never", v)
		return ""
	}
}

func (r *reader) state(name string) copier.State {
	state, err := copier.ParseState(r.text(name, ""))
	if err != nil {
		r.wrong(name, "%v", err)
	}
	return state
}

// ParseRulesURL splits oss://BUCKET/KEY, where rules are kept, and refuses a
// place where the engine keeps objects of its own. The error begins with a verb,
// to follow the name of what was given.
func ParseRulesURL(s string, state copier.State) (bucket, key string, err error) {
	bucket, key, ok := copier.CutURL(s)
	switch {
	case !ok || bucket == "" || key == "":
		return "", "", fmt.Errorf("is %q; want oss://BUCKET/KEY such as oss://my-settings/rules.yaml", s)
	case rules.CheckBucket(bucket) != nil:
		return "", "", fmt.Errorf("is %q; want the name of a bucket: %w", s, rules.CheckBucket(bucket))
	case state.Holds(bucket, key):
		return "", "", fmt.Errorf("is %q, which is under the state prefix (%s), where the engine keeps and deletes "+
			"objects of its own; move the rules to another key", s, State)
	}
	return bucket, key, nil
}
