package deploy

import (
	"fmt"
	"strings"
)

// The ARNs of s.yaml: Serverless Devs replaces what stands in ${}.
const (
	account     = "${config('AccountID')}"
	triggerRole = "acs:ram::" + account + ":role/aliyunosseventnotificationrole"
)

// triggersComment explains the triggers to readers of s.yaml.
var triggersComment = []string{
	"Generated from the rules: change those, then run `afterput triggers --write`.",
	"Every event that leaves a complete object is named: ObjectCreated:* would also run",
	"the function for the start and every part of a multipart upload. invocationRole is",
	"the default; without it, Serverless Devs looks it up, which may time out.",
}

// YAML writes the triggers as a field of the function's props in s.yaml, with the indentation that they have there.
func YAML(triggers []Trigger) string { return triggersYAML(triggers, "", 6, "${vars.region}") }

// triggersYAML writes the field triggers, indented by so many spaces. otherTriggers is the text of triggers that do not
// come from the rules. EventBridge triggers follow them.
func triggersYAML(triggers []Trigger, otherTriggers string, indent int, region string) string {
	w := &yamlWriter{indent: indent}
	if len(triggers) == 0 && otherTriggers == "" {
		w.line(0, "triggers: []")
		return w.String()
	}
	w.line(0, "triggers:")
	if len(triggers) > 0 {
		for _, line := range triggersComment {
			w.line(2, "# %s", line)
		}
	}
	written := false
	for i := range triggers {
		if triggers[i].Type == EventBridge && !written {
			w.WriteString(otherTriggers)
			written = true
		}
		w.trigger(&triggers[i], region)
	}
	if !written {
		w.WriteString(otherTriggers)
	}
	return w.String()
}

// yamlWriter writes lines that are indented by at least so many spaces.
type yamlWriter struct {
	strings.Builder
	indent int
}

// line writes one line, indented by so many spaces more.
func (w *yamlWriter) line(more int, format string, args ...any) {
	fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", w.indent+more), fmt.Sprintf(format, args...))
}

func (w *yamlWriter) trigger(t *Trigger, region string) {
	w.line(2, "- triggerName: %s", t.Name)
	w.line(4, "triggerType: %s", t.Type)
	if t.Type == Native {
		w.line(4, "invocationRole: %s", triggerRole)
		w.line(4, "sourceArn: acs:oss:%s:%s:%s", region, account, t.Bucket)
	}
	w.line(4, "qualifier: LATEST")
	w.line(4, "triggerConfig:")
	if t.Type == EventBridge {
		w.line(6, "triggerEnable: true")
		w.line(6, "asyncInvocationType: true")
		w.line(6, "eventRuleFilterPattern: %s", quoted(t.eventPattern()))
		w.line(6, "eventSourceConfig:")
		w.line(8, "eventSourceType: Default")
		return
	}
	w.line(6, "events:")
	for _, e := range t.Events {
		w.line(8, "- oss:%s", e)
	}
	w.line(6, "filter:")
	w.line(8, "key:")
	w.line(10, "prefix: %s", quoted(t.Prefix))
	w.line(10, "suffix: %s", quoted(t.Suffix))
}

// quoted returns a text as a quoted YAML scalar on one line.
func quoted(s string) string {
	if !strings.ContainsFunc(s, mustEscape) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case mustEscape(r):
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

// mustEscape reports whether YAML allows a character only as an escape.
// Source: YAML 1.2.2, 5.1, and its line breaks of 1.1.
func mustEscape(r rune) bool {
	return r < ' ' || 0x7F <= r && r < 0xA0 ||
		r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF
}
