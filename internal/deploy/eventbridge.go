package deploy

import (
	"encoding/json"
	"slices"
	"strings"
)

// eventPattern returns the pattern by which EventBridge selects the events of the trigger. All its fields must match;
// of a list, one value. The subject of an event ends with the key.
// Source: EventBridge user guide, event patterns; OSS events.
func (t *Trigger) eventPattern() string {
	oss := map[string]any{"bucket": map[string]any{"name": []string{t.Bucket}}}
	if len(t.Prefixes) > 0 {
		oss["object"] = map[string]any{"key": eachAs("prefix", t.Prefixes)}
	}
	types := make([]string, len(t.Events))
	for i, e := range t.Events {
		types[i] = "oss:" + e
	}
	p := map[string]any{"source": []string{"acs.oss"}, "type": types, "data": map[string]any{"oss": oss}}
	if len(t.Suffixes) > 0 {
		p["subject"] = eachAs("suffix", t.Suffixes)
	}
	return compactJSON(p)
}

// eachAs returns one condition of a pattern for each text.
func eachAs(operator string, texts []string) (all []any) {
	for _, s := range texts {
		all = append(all, map[string]string{operator: s})
	}
	return all
}

// readEventBridge reads the configuration of an EventBridge trigger. It returns false if the trigger delivers no events
// of OSS, or if its pattern cannot be read.
func (t *manifestTrigger) readEventBridge(problems *problemList) bool {
	config := at(t.node, "triggerConfig")
	disabled := textAt(config, "triggerEnable") == "false"
	if disabled || textAt(config, "eventSourceConfig", "eventSourceType") != "Default" {
		return false
	}
	text := at(config, "eventRuleFilterPattern")
	if text == nil {
		problems.add(t.node, "trigger %s has no eventRuleFilterPattern", t.name)
		return false
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text.Value), &fields); err != nil {
		problems.add(text, "trigger %s: eventRuleFilterPattern is not a JSON object: %v", t.name, err)
		return false
	}
	var source []string
	if json.Unmarshal(fields["source"], &source) == nil && !slices.Contains(source, "acs.oss") {
		return false
	}
	if !t.readPattern(fields) {
		problems.add(text, "trigger %s: cannot tell which events this pattern delivers; "+
			"write it as `afterput triggers` does", t.name)
		return false
	}
	return true
}

// readPattern reads the fields that [Trigger.eventPattern] writes. It returns false if there are others.
func (t *manifestTrigger) readPattern(fields map[string]json.RawMessage) bool {
	for name := range fields {
		if !slices.Contains([]string{"source", "type", "data", "subject"}, name) {
			return false
		}
	}
	return t.readTypes(fields["type"]) && t.readData(fields["data"]) && t.readSubject(fields["subject"])
}

func (t *manifestTrigger) readTypes(text json.RawMessage) bool {
	var types []string
	if !decodeStrictly(text, &types) {
		return false
	}
	if types == nil {
		t.events = []string{"*"}
	}
	for _, name := range types {
		t.events = append(t.events, strings.TrimPrefix(name, "oss:"))
	}
	return true
}

// keyCondition is a condition on the beginning or the end of a value.
type keyCondition struct{ Prefix, Suffix string }

// readData reads the bucket and the prefixes of keys.
func (t *manifestTrigger) readData(text json.RawMessage) bool {
	var data struct {
		OSS struct {
			Bucket struct{ Name []string }
			Object struct{ Key []keyCondition }
		}
	}
	if !decodeStrictly(text, &data) || len(data.OSS.Bucket.Name) > 1 {
		return false
	}
	for _, name := range data.OSS.Bucket.Name {
		t.bucket = name
	}
	for _, c := range data.OSS.Object.Key {
		if c.Prefix == "" || c.Suffix != "" {
			return false
		}
		t.prefixes = append(t.prefixes, c.Prefix)
	}
	return true
}

// readSubject reads the suffixes of keys.
func (t *manifestTrigger) readSubject(text json.RawMessage) bool {
	var subject []keyCondition
	if !decodeStrictly(text, &subject) {
		return false
	}
	for _, c := range subject {
		if c.Suffix == "" || c.Prefix != "" {
			return false
		}
		t.suffixes = append(t.suffixes, c.Suffix)
	}
	return true
}

// decodeStrictly decodes the value of a field, if it is given. It returns false if the value has fields that into
// lacks.
func decodeStrictly(text json.RawMessage, into any) bool {
	if text == nil {
		return true
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into) == nil
}
