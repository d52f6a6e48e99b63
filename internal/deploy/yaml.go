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
func YAML(triggers []Trigger) string { return block(triggers, "", 6, "${vars.region}") }

// block is the field triggers, so many spaces in, with others written out already.
// Those of EventBridge come last.
func block(triggers []Trigger, others string, indent int, region string) string {
	b := &lines{indent: indent}
	if len(triggers) == 0 && others == "" {
		b.add(0, "triggers: []")
		return b.String()
	}
	b.add(0, "triggers:")
	if len(triggers) > 0 {
		for _, remark := range remarks {
			b.add(2, "# %s", remark)
		}
	}
	written := false
	for i := range triggers {
		if triggers[i].Type == EventBridge && !written {
			b.WriteString(others)
			written = true
		}
		b.trigger(&triggers[i], region)
	}
	if !written {
		b.WriteString(others)
	}
	return b.String()
}

// lines are those of a block so many spaces in.
type lines struct {
	strings.Builder
	indent int
}

func (b *lines) add(in int, format string, args ...any) {
	fmt.Fprintf(b, "%s%s\n", strings.Repeat(" ", b.indent+in), fmt.Sprintf(format, args...))
}

func (b *lines) trigger(t *Trigger, region string) {
	b.add(2, "- triggerName: %s", t.Name)
	b.add(4, "triggerType: %s", t.Type)
	if t.Type == Native {
		b.add(4, "invocationRole: %s", triggerRole)
		b.add(4, "sourceArn: acs:oss:%s:%s:%s", region, account, t.Bucket)
	}
	b.add(4, "qualifier: LATEST")
	b.add(4, "triggerConfig:")
	if t.Type == EventBridge {
		b.add(6, "triggerEnable: true")
		b.add(6, "asyncInvocationType: true")
		b.add(6, "eventRuleFilterPattern: %s", quoted(t.pattern()))
		b.add(6, "eventSourceConfig:")
		b.add(8, "eventSourceType: Default")
		return
	}
	b.add(6, "events:")
	for _, e := range t.Events {
		b.add(8, "- oss:%s", e)
	}
	b.add(6, "filter:")
	b.add(8, "key:")
	b.add(10, "prefix: %s", quoted(t.Prefix))
	b.add(10, "suffix: %s", quoted(t.Suffix))
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
