package deploy

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The ARNs of s.yaml: Serverless Devs puts in what stands in ${}.
const (
	account     = "${config('AccountID')}"
	triggerRole = "acs:ram::" + account + ":role/aliyunosseventnotificationrole"
)

// remarks tell who reads the triggers what is not obvious of them.
var remarks = []string{
	"As the rules imply them: change those, then run `afterput triggers --write`.",
	"Every event that leaves a whole object is named: ObjectCreated:* would also run",
	"the function for the start and every part of a multipart upload. invocationRole is",
	"the default; left out, Serverless Devs looks it up, which may time out.",
}

// YAML writes triggers as the props of s.yaml's function hold them, indented to
// be put there.
func YAML(triggers []Trigger) string { return block(triggers, 6, "${vars.region}") }

// block is the field triggers, so many spaces in.
func block(triggers []Trigger, indent int, region string) string {
	var b strings.Builder
	line := func(in int, format string, args ...any) {
		fmt.Fprintf(&b, "%s%s\n", strings.Repeat(" ", indent+in), fmt.Sprintf(format, args...))
	}
	if len(triggers) == 0 {
		line(0, "triggers: []")
		return b.String()
	}
	line(0, "triggers:")
	for _, comment := range remarks {
		line(2, "# %s", comment)
	}
	for i := range triggers {
		t := &triggers[i]
		line(2, "- triggerName: %s", t.Name)
		line(4, "triggerType: %s", t.Type)
		if t.Type == Native {
			line(4, "invocationRole: %s", triggerRole)
			line(4, "sourceArn: acs:oss:%s:%s:%s", region, account, t.Bucket)
		}
		line(4, "qualifier: LATEST")
		line(4, "triggerConfig:")
		if t.Type == EventBridge {
			line(6, "triggerEnable: true")
			line(6, "asyncInvocationType: true")
			line(6, "eventRuleFilterPattern: %s", quoted(t.pattern()))
			line(6, "eventSourceConfig:")
			line(8, "eventSourceType: Default")
			continue
		}
		line(6, "events:")
		for _, e := range t.Events {
			line(8, "- oss:%s", e)
		}
		line(6, "filter:")
		line(8, "key:")
		line(10, "prefix: %s", quoted(t.Prefix))
		line(10, "suffix: %s", quoted(t.Suffix))
	}
	return b.String()
}

// quoted is a text as YAML takes it on one line.
func quoted(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case unprintable(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		case r == '"', r == '\\':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// unprintable is whether YAML wants a character escaped.
// Source: YAML 1.2.2, 5.1, and its line breaks of 1.1.
func unprintable(r rune) bool {
	return r < ' ' || 0x7F <= r && r < 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF
}

// pattern is the rule by which EventBridge selects the trigger's events: its
// fields are ANDed. The subject ends with the key.
// Source: EventBridge user guide, event patterns; OSS events.
func (t *Trigger) pattern() string {
	object := map[string]any{}
	if t.Prefix != "" {
		object["key"] = []any{map[string]string{"prefix": t.Prefix}}
	}
	oss := map[string]any{"bucket": map[string]any{"name": []string{t.Bucket}}}
	if len(object) > 0 {
		oss["object"] = object
	}
	types := make([]string, len(t.Events))
	for i, e := range t.Events {
		types[i] = "oss:" + e
	}
	p := map[string]any{"source": []string{"acs.oss"}, "type": types, "data": map[string]any{"oss": oss}}
	if t.Suffix != "" {
		p["subject"] = []any{map[string]string{"suffix": t.Suffix}}
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		panic(err) // maps and texts
	}
	return strings.TrimSuffix(b.String(), "\n")
}
