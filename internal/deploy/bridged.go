package deploy

import (
	"encoding/json"
	"slices"
	"strings"
)

// eventBridge reads the rule of an EventBridge trigger, as far as OSS's events
// are concerned; false if it brings none.
func (m *Manifest) eventBridge(d *declared) bool {
	config := at(d.node, "triggerConfig")
	if textAt(config, "triggerEnable") == "false" || textAt(at(config, "eventSourceConfig"), "eventSourceType") != "Default" {
		return false
	}
	text := at(config, "eventRuleFilterPattern")
	if text == nil {
		m.wrong(d.node, "trigger %s has no eventRuleFilterPattern", d.name)
		return false
	}
	var p map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text.Value), &p); err != nil {
		m.wrong(text, "trigger %s: eventRuleFilterPattern is no JSON object: %v", d.name, err)
		return false
	}
	var source []string
	if json.Unmarshal(p["source"], &source) == nil && !slices.Contains(source, "acs.oss") {
		return false
	}
	if !d.pattern(p) {
		m.wrong(text, "trigger %s: whether this pattern lets through what the rules want is not understood; write it as `afterput triggers` does", d.name)
		return false
	}
	return true
}

// pattern reads the fields that [Trigger.pattern] writes; false if there are
// others.
func (d *declared) pattern(p map[string]json.RawMessage) bool {
	var types []string
	var data struct {
		OSS *struct {
			Bucket struct{ Name []string }
			Object struct{ Key []condition }
		}
	}
	var subject []condition
	decode := func(field string, into any) bool {
		text, given := p[field]
		if !given {
			return true
		}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.DisallowUnknownFields()
		return decoder.Decode(into) == nil
	}
	for field := range p {
		if !slices.Contains([]string{"source", "type", "data", "subject"}, field) {
			return false
		}
	}
	if !decode("type", &types) || !decode("data", &data) || !decode("subject", &subject) {
		return false
	}
	d.events = []string{"*"}
	if types != nil {
		d.events = nil
	}
	for _, t := range types {
		d.events = append(d.events, strings.TrimPrefix(t, "oss:"))
	}
	if data.OSS != nil {
		switch names := data.OSS.Bucket.Name; len(names) {
		case 0:
		case 1:
			d.bucket = names[0]
		default:
			return false
		}
		for _, c := range data.OSS.Object.Key {
			if c.Prefix == "" || c.Suffix != "" {
				return false
			}
			d.prefix = append(d.prefix, c.Prefix)
		}
	}
	for _, c := range subject {
		if c.Suffix == "" || c.Prefix != "" {
			return false
		}
		d.suffix = append(d.suffix, c.Suffix)
	}
	return true
}

// condition is one value of a pattern that is not to be matched exactly.
type condition struct{ Prefix, Suffix string }
