package deploy

import (
	"fmt"
	"strings"
	"testing"

	"afterput/rules"
)

// trigger is a native trigger of an s.yaml.
func trigger(name, bucket, events, prefix, suffix string) string {
	return fmt.Sprintf(`
        - triggerName: %s
          triggerType: oss
          sourceArn: acs:oss:${vars.region}:${config('AccountID')}:%s
          triggerConfig: {events: [%s], filter: {key: {prefix: '%s', suffix: '%s'}}}
`, name, bucket, events, prefix, suffix)
}

func bridge(name, pattern string) string {
	return fmt.Sprintf(`
        - triggerName: %s
          triggerType: eventbridge
          triggerConfig: {triggerEnable: true, eventSourceConfig: {eventSourceType: Default}, eventRuleFilterPattern: '%s'}
`, name, pattern)
}

const (
	put     = "oss:ObjectCreated:PutObject"
	post    = "oss:ObjectCreated:PostObject"
	uploads = put + ", " + post + ", oss:ObjectCreated:CopyObject, oss:ObjectCreated:CompleteMultipartUpload, oss:ObjectCreated:AppendObject, oss:ObjectCreated:PutSymlink"
)

func TestCheckTellsWhatWouldNotComeOrComeTwice(t *testing.T) {
	numbered := ""
	for i := range MostTriggers + 1 {
		numbered += trigger(fmt.Sprint("t", i), "src", uploads, fmt.Sprint(i, "/"), "")
	}
	const in = "{prefix: in/}"
	for name, c := range map[string]struct {
		match    string
		triggers string
		vars     string
		problems []string // none is good
		warnings []string
	}{
		"good":                        {in, trigger("t", "src", uploads, "in/", ""), "", nil, nil},
		"wider than needed":           {in, trigger("t", "src", uploads, "", ""), "", nil, nil},
		"bucket by a variable":        {in, trigger("t", "${vars.b.name}", uploads, "in/", ""), ", b: {name: '${vars.c}'}, c: src", nil, nil},
		"bucket by environment":       {in, trigger("t", "${env(\"NOT_SET\", \"src\")}", uploads, "in/", ""), "", nil, nil},
		"several that cover together": {"{regexp: '^(a|b)/'}", trigger("t", "src", uploads, "a/", "") + trigger("u", "src", uploads, "b/", ""), "", nil, nil},
		"an except leaves the rest":   {"{prefix: [a/, b/]}\n    except: [{prefix: b/}]", trigger("t", "src", uploads, "a/", ""), "", nil, nil},
		"other triggers":              {in, trigger("t", "src", uploads, "", "") + "\n        - {triggerName: clock, triggerType: timer, triggerConfig: {}}\n", "", nil, nil},

		"no trigger":       {in, " []\n", "", []string{"no trigger is on bucket src", "wants ObjectCreated:PutObject of oss://src/in/, but no trigger delivers it"}, nil},
		"missing event":    {in, trigger("t", "src", put, "in/", ""), "", []string{"rule r0 (line 4) wants ObjectCreated:PostObject of oss://src/in/, but no"}, nil},
		"missing prefix":   {"{prefix: [a/, b/]}", trigger("t", "src", uploads, "a/", ""), "", []string{"oss://src/b/, but no trigger delivers it"}, nil},
		"narrower suffix":  {in, trigger("t", "src", uploads, "in/", ".jpg"), "", []string{"oss://src/in/, but no trigger delivers it"}, nil},
		"overlap":          {in, trigger("t", "src", uploads, "in/", "") + trigger("u", "src", put, "", ""), "", []string{"trigger u overlaps trigger t (line 14)", "it would be copied twice"}, nil},
		"overlap unwanted": {in, trigger("t", "src", uploads, "in/", "") + trigger("u", "src", put, "x", ".a") + trigger("v", "src", put, "", "b.a"), "", []string{"trigger v overlaps trigger t", "trigger v overlaps trigger u", "wants ObjectCreated:PutObject of oss://src/in/b.a, but triggers t"}, []string{"trigger u calls the function for events that no rule wants"}},
		"same name":        {"{prefix: [a/, b/]}", trigger("t", "src", uploads, "a/", "") + trigger("t", "src", uploads, "b/", ""), "", []string{"another trigger is already named t"}, nil},
		"eleven":           {"{prefix: [0/, 1/, 2/, 3/, 4/, 5/, 6/, 7/, 8/, 9/, 10/]}", numbered, "", []string{"bucket src has more than 10 OSS triggers"}, nil},
		"other bucket":     {in, trigger("t", "src", uploads, "in/", "") + trigger("u", "dst", uploads, "", ""), "", []string{"trigger u is on bucket dst, which is not one of the rules' sources (src)"}, nil},
		"other region": {in, strings.Replace(trigger("t", "src", uploads, "in/", ""), "${vars.region}", "cn-beijing", 1), "",
			[]string{"trigger t is on a bucket in cn-beijing, but the function is in cn-hangzhou"}, nil},
		"undefined bucket": {in, trigger("t", "${vars.none}", uploads, "in/", ""), "", []string{"does not name a bucket", "no trigger is on bucket src", "no trigger delivers it"}, nil},
		"unknown event":    {in, trigger("t", "src", uploads+", oss:ObjectCreated:PutObjekt", "in/", ""), "", []string{`no event "oss:ObjectCreated:PutObjekt"`}, nil},
		"no suffix":        {in, strings.Replace(trigger("t", "src", uploads, "in/", ""), ", suffix: ''", "", 1), "", []string{"no triggerConfig.filter.key.suffix; write ''"}, nil},
		"no events":        {in, trigger("t", "src", "", "in/", ""), "", []string{"trigger t has no events", "no trigger is on", "no trigger delivers"}, nil},

		"useless":        {in, trigger("t", "src", uploads, "in/", "") + trigger("u", "src", uploads, "old/", ""), "", nil, []string{"trigger u calls the function for events that no rule wants"}},
		"useless events": {"{prefix: in/, event: ObjectCreated:PutObject}", trigger("t", "src", put, "in/", "") + trigger("u", "src", post, "in/", ""), "", nil, []string{"trigger u calls the function for events"}},
		"every event":    {in, trigger("t", "src", "'oss:ObjectCreated:*'", "in/", ""), "", nil, []string{"trigger t also calls the function for ObjectCreated:*"}},
		"parts":          {in, trigger("t", "src", uploads+", oss:ObjectCreated:UploadPart", "in/", ""), "", nil, []string{"also calls the function for ObjectCreated:UploadPart"}},

		"by EventBridge":         {"{prefix: in/, event: [ObjectReplication:ObjectCreated]}", bridge("t", `{"source":["acs.oss"],"type":["oss:ObjectReplication:ObjectCreated"],"data":{"oss":{"bucket":{"name":["src"]}}}}`), "", nil, nil},
		"by EventBridge, others": {in, bridge("t", `{"source":["acs.oss"],"type":["oss:ObjectReplication:ObjectCreated"],"data":{"oss":{"bucket":{"name":["src"]}}}}`), "", []string{"no trigger delivers"}, nil},
		"both ways": {in, trigger("t", "src", uploads, "in/", "") + bridge("u", `{"source":["acs.oss"],"type":["oss:ObjectCreated:PutObject"],"data":{"oss":{"bucket":{"name":["src"]}}}}`), "",
			[]string{"triggers t (line 14) and u both deliver it"}, nil},
		"any bucket":             {in, bridge("t", `{"source":["acs.oss"],"type":[`+`"oss:ObjectCreated:PutObject"]}`), "", []string{"trigger t does not name a bucket", "wants ObjectCreated:PostObject"}, nil},
		"not understood":         {in, trigger("t", "src", uploads, "in/", "") + bridge("u", `{"source":["acs.oss"],"subject":[{"anything-but":"x"}]}`), "", []string{"trigger u: cannot tell which events this pattern delivers"}, nil},
		"not understood either":  {in, trigger("t", "src", uploads, "in/", "") + bridge("u", `{"subject":[{"prefix":"acs:oss:cn-hangzhou:1:src/in/"}]}`), "", []string{"trigger u: cannot tell which events this pattern delivers"}, nil},
		"of another service":     {in, trigger("t", "src", uploads, "in/", "") + bridge("u", `{"source":["acs.mns"]}`), "", nil, nil},
		"pattern that is broken": {in, trigger("t", "src", uploads, "in/", "") + bridge("u", `{`), "", []string{"is not a JSON object"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, c.vars, "      triggers:"+c.triggers)
			problems, warnings := m.Check(load(t, one(c.match)))
			same(t, "problems", problems, c.problems)
			same(t, "warnings", warnings, c.warnings)
		})
	}
}

// same compares problems with what each is to hold, whatever their order.
func same(t *testing.T, what string, got rules.Problems, want []string) {
	t.Helper()
	bad := len(got) != len(want)
	for _, w := range want {
		bad = bad || !strings.Contains(got.Error(), w)
	}
	if bad {
		t.Errorf("%s:\n%v\nwant %q", what, got, want)
	}
}

func TestManifestsThatHoldNoFunctionAreRefusedWithTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":              "s.yaml:1:1: the file is empty",
		"a: [":          "s.yaml:1:1: did not find",
		"resources: {}": "s.yaml:1:1: there are 0 functions",
		"- list":        "s.yaml:1:1: there are 0 functions",
		"resources: {a: {component: fc3}, b: {component: fc3@1}}":         "there are 2 functions",
		"resources: {a: {component: fc3-domain}, b: {component: ../fc3}}": "the function has no props",
		"a:\n  b: c\n d: e\n":                             "s.yaml:2:1: did not find expected",
		"resources: {a: {component: fc3}}":                "s.yaml:1:16: the function has no props",
		"vars: {a: '${vars.b}', b: '${vars.a}${vars.a}'}": "there are 0 functions",
	} {
		_, err := ReadManifest("s.yaml", []byte(text), func(string) (string, bool) { return "", false })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestAHundredMissingTriggersAreToldInFewLines(t *testing.T) {
	var matches []string
	for i := range 100 {
		matches = append(matches, fmt.Sprintf("{prefix: t%d/}", i))
	}
	problems, _ := read(t, "", "      triggers: []\n").Check(load(t, one(matches...)))
	if len(problems) != 22 || !strings.Contains(problems.Error(), "80 more") {
		t.Errorf("%d problems:\n%v", len(problems), problems)
	}
}

func TestEveryRuleWhoseEventsAreMissingIsNamedByOneItStillWants(t *testing.T) {
	text := one("{prefix: a/, event: ObjectCreated:PutObject}\n    stop: true", "{prefix: a/}", "{prefix: a/}\n    except: [{event: ObjectCreated:PutObject}]")
	problems, _ := read(t, "", "      triggers: []\n").Check(load(t, text))
	same(t, "problems", problems, []string{"no trigger is on bucket src", "rule r0 (line 4) wants ObjectCreated:PutObject",
		"rule r1 (line 8) wants ObjectCreated:PostObject", "rule r2 (line 11) wants ObjectCreated:PostObject"})
}
