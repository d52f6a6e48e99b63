package deploy

import (
	"fmt"
	"strings"
	"testing"

	"afterput/rules"
)

// nativeTrigger writes an OSS trigger of an s.yaml.
func nativeTrigger(name, bucket, events, prefix, suffix string) string {
	return fmt.Sprintf(`
        - triggerName: %s
          triggerType: oss
          sourceArn: acs:oss:${vars.region}:${config('AccountID')}:%s
          triggerConfig: {events: [%s], filter: {key: {prefix: '%s', suffix: '%s'}}}
`, name, bucket, events, prefix, suffix)
}

// bridgeTrigger writes an EventBridge trigger of an s.yaml.
func bridgeTrigger(name, pattern string) string {
	return fmt.Sprintf(`
        - triggerName: %s
          triggerType: eventbridge
          triggerConfig:
            {triggerEnable: true, eventSourceConfig: {eventSourceType: Default}, eventRuleFilterPattern: '%s'}
`, name, pattern)
}

const (
	put     = "oss:ObjectCreated:PutObject"
	post    = "oss:ObjectCreated:PostObject"
	uploads = put + ", " + post + ", oss:ObjectCreated:CopyObject, oss:ObjectCreated:CompleteMultipartUpload, " +
		"oss:ObjectCreated:AppendObject, oss:ObjectCreated:PutSymlink"
)

// checkCase is an s.yaml with triggers, and what Check reports about it for one rule on the bucket src.
type checkCase struct {
	match    string // default {prefix: in/}
	triggers string
	vars     string
	problems []string // part of each
	warnings []string
}

func checkAll(t *testing.T, cases map[string]checkCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.match == "" {
				c.match = "{prefix: in/}"
			}
			m := read(t, c.vars, "      triggers:"+c.triggers)
			problems, warnings := m.Check(load(t, rulesOf(c.match)))
			wantProblems(t, "problems", problems, c.problems)
			wantProblems(t, "warnings", texts(warnings), c.warnings)
		})
	}
}

// wantProblems compares problems with a part of each, in any order.
// texts are what warnings say.
func texts(warnings []rules.Warning) (all rules.Problems) {
	for _, w := range warnings {
		all = append(all, rules.Problem{File: "s.yaml", Line: w.Line, Col: w.Col, Message: w.Message})
	}
	return all
}

func wantProblems(t *testing.T, what string, got rules.Problems, want []string) {
	t.Helper()
	bad := len(got) != len(want)
	for _, w := range want {
		bad = bad || !strings.Contains(got.Error(), w)
	}
	if bad {
		t.Errorf("%s:\n%v\nwant %q", what, got, want)
	}
}

// The trigger t delivers all events of the default rule.
var (
	good   = nativeTrigger("t", "src", uploads, "in/", "")
	timer  = "\n        - {triggerName: clock, triggerType: timer, triggerConfig: {}}\n"
	aAndB  = "{prefix: [a/, b/]}"
	toA    = nativeTrigger("t", "src", uploads, "a/", "")
	toB    = nativeTrigger("u", "src", uploads, "b/", "")
	anyKey = nativeTrigger("t", "src", uploads, "", "")
)

func TestManifestsWhoseTriggersDeliverWhatTheRulesWantHaveNoProblems(t *testing.T) {
	checkAll(t, map[string]checkCase{
		"as the rule":       {triggers: good},
		"wider than needed": {triggers: anyKey},
		"bucket by a variable": {
			triggers: nativeTrigger("t", "${vars.b.name}", uploads, "in/", ""),
			vars:     ", b: {name: '${vars.c}'}, c: src",
		},
		"bucket by environment":       {triggers: nativeTrigger("t", `${env("NOT_SET", "src")}`, uploads, "in/", "")},
		"several that cover together": {match: "{regexp: '^(a|b)/'}", triggers: toA + toB},
		"an except leaves the rest":   {match: aAndB + "\n    except: [{prefix: b/}]", triggers: toA},
		"other triggers":              {triggers: anyKey + timer},
	})
}

func TestEventsThatAreNotDeliveredExactlyOnceAreProblems(t *testing.T) {
	crossing := good + nativeTrigger("u", "src", put, "x", ".a") + nativeTrigger("v", "src", put, "", "b.a")
	checkAll(t, map[string]checkCase{
		"no trigger": {triggers: " []\n", problems: []string{
			"no trigger is on bucket src",
			`wants ObjectCreated:PutObject of bucket src, but no trigger delivers it, for example of the key "in/"`,
		}},
		"missing event": {triggers: nativeTrigger("t", "src", put, "in/", ""), problems: []string{
			"rule r0 (line 4) wants ObjectCreated:PostObject of bucket src, but no",
		}},
		"missing prefix": {match: aAndB, triggers: toA, problems: []string{
			`bucket src, but no trigger delivers it, for example of the key "b/"`,
		}},
		"narrower suffix": {triggers: nativeTrigger("t", "src", uploads, "in/", ".jpg"), problems: []string{
			`bucket src, but no trigger delivers it, for example of the key "in/"`,
		}},
		"overlap": {triggers: good + nativeTrigger("u", "src", put, "", ""), problems: []string{
			"trigger u overlaps trigger t (line 14)", "it would be copied twice",
		}},
		"overlap of events that no rule wants": {
			triggers: crossing,
			problems: []string{
				"trigger v overlaps trigger t", "trigger v overlaps trigger u",
				"wants ObjectCreated:PutObject of bucket src, but triggers t",
			},
			warnings: []string{"trigger u calls the function for events that no rule wants"},
		},
	})
}

func TestTriggersThatAreWrongInThemselvesAreProblems(t *testing.T) {
	eleven := ""
	for i := range MostTriggers + 1 {
		eleven += nativeTrigger(fmt.Sprint("t", i), "src", uploads, fmt.Sprint(i, "/"), "")
	}
	checkAll(t, map[string]checkCase{
		"same name": {
			match:    aAndB,
			triggers: toA + nativeTrigger("t", "src", uploads, "b/", ""),
			problems: []string{"another trigger is already named t"},
		},
		"eleven": {
			match:    "{prefix: [0/, 1/, 2/, 3/, 4/, 5/, 6/, 7/, 8/, 9/, 10/]}",
			triggers: eleven,
			problems: []string{"bucket src has more than 10 OSS triggers"},
		},
		"other bucket": {triggers: good + nativeTrigger("u", "dst", uploads, "", ""), problems: []string{
			"trigger u is on bucket dst, which is not one of the rules' sources (src)",
		}},
		"other region": {triggers: strings.Replace(good, "${vars.region}", "cn-beijing", 1), problems: []string{
			"trigger t is on a bucket in cn-beijing, but the function is in cn-hangzhou",
		}},
		"undefined bucket": {triggers: nativeTrigger("t", "${vars.none}", uploads, "in/", ""), problems: []string{
			"does not name a bucket", "no trigger is on bucket src", "no trigger delivers it",
		}},
		"unknown event": {
			triggers: nativeTrigger("t", "src", uploads+", oss:ObjectCreated:PutObjekt", "in/", ""),
			problems: []string{`no event "oss:ObjectCreated:PutObjekt"`},
		},
		"no suffix": {triggers: strings.Replace(good, ", suffix: ''", "", 1), problems: []string{
			"no triggerConfig.filter.key.suffix; write ''",
		}},
		"no events": {triggers: nativeTrigger("t", "src", "", "in/", ""), problems: []string{
			"trigger t has no events", "no trigger is on", "no trigger delivers",
		}},
	})
}

func TestInvocationsWithNothingToCopyAreWarnings(t *testing.T) {
	checkAll(t, map[string]checkCase{
		"useless": {triggers: good + nativeTrigger("u", "src", uploads, "old/", ""), warnings: []string{
			"trigger u calls the function for events that no rule wants",
		}},
		"useless events": {
			match:    "{prefix: in/, event: ObjectCreated:PutObject}",
			triggers: nativeTrigger("t", "src", put, "in/", "") + nativeTrigger("u", "src", post, "in/", ""),
			warnings: []string{"trigger u calls the function for events"},
		},
		"every event": {triggers: nativeTrigger("t", "src", "'oss:ObjectCreated:*'", "in/", ""), warnings: []string{
			"trigger t also calls the function for ObjectCreated:*",
		}},
		"parts": {
			triggers: nativeTrigger("t", "src", uploads+", oss:ObjectCreated:UploadPart", "in/", ""),
			warnings: []string{"also calls the function for ObjectCreated:UploadPart"},
		},
	})
}

func TestPatternsOfEventBridgeAreReadAsFarAsTheToolWritesThem(t *testing.T) {
	pattern := func(event string) string {
		return `{"source":["acs.oss"],"type":["oss:` + event + `"],"data":{"oss":{"bucket":{"name":["src"]}}}}`
	}
	replicated := bridgeTrigger("t", pattern("ObjectReplication:ObjectCreated"))
	checkAll(t, map[string]checkCase{
		"as the rule":  {match: "{prefix: in/, event: [ObjectReplication:ObjectCreated]}", triggers: replicated},
		"other events": {triggers: replicated, problems: []string{"no trigger delivers"}},
		"delivered by an OSS trigger too": {
			triggers: good + bridgeTrigger("u", pattern("ObjectCreated:PutObject")),
			problems: []string{"triggers t (line 14) and u both deliver it"},
		},
		"any bucket": {
			triggers: bridgeTrigger("t", `{"source":["acs.oss"],"type":["oss:ObjectCreated:PutObject"]}`),
			problems: []string{"trigger t does not name a bucket", "wants ObjectCreated:PostObject"},
		},
		"another condition": {
			triggers: good + bridgeTrigger("u", `{"source":["acs.oss"],"subject":[{"anything-but":"x"}]}`),
			problems: []string{"trigger u: cannot tell which events this pattern delivers"},
		},
		"a prefix of the subject": {
			triggers: good + bridgeTrigger("u", `{"subject":[{"prefix":"acs:oss:cn-hangzhou:1:src/in/"}]}`),
			problems: []string{"trigger u: cannot tell which events this pattern delivers"},
		},
		"another field": {
			triggers: good + bridgeTrigger("u", `{"source":["acs.oss"],"region":["cn-hangzhou"]}`),
			problems: []string{"trigger u: cannot tell which events this pattern delivers"},
		},
		"several buckets": {
			triggers: good + bridgeTrigger("u", `{"source":["acs.oss"],"data":{"oss":{"bucket":{"name":["a","b"]}}}}`),
			problems: []string{"trigger u: cannot tell which events this pattern delivers"},
		},
		"another service": {triggers: good + bridgeTrigger("u", `{"source":["acs.mns"]}`)},
		"broken":          {triggers: good + bridgeTrigger("u", `{`), problems: []string{"is not a JSON object"}},
	})
}

func TestManifestsWithoutExactlyOneFunctionAreRefusedWithTheLocation(t *testing.T) {
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
		_, err := ReadManifest("s.yaml", []byte(text), noEnv)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestAHundredMissingTriggersAreReportedInFewLines(t *testing.T) {
	var matches []string
	for i := range 100 {
		matches = append(matches, fmt.Sprintf("{prefix: t%d/}", i))
	}
	problems, _ := read(t, "", "      triggers: []\n").Check(load(t, rulesOf(matches...)))
	if len(problems) != 22 || !strings.HasSuffix(problems.Error(), "and 80 more like these") {
		t.Errorf("%d problems:\n%v", len(problems), problems)
	}
}

func TestARuleWhoseEventsAreMissingIsReportedWithAnEventThatOnlyItWants(t *testing.T) {
	text := rulesOf("{prefix: a/, event: ObjectCreated:PutObject}\n    stop: true", "{prefix: a/}",
		"{prefix: a/}\n    except: [{event: ObjectCreated:PutObject}]")
	problems, _ := read(t, "", "      triggers: []\n").Check(load(t, text))
	wantProblems(t, "problems", problems, []string{
		"no trigger is on bucket src", "rule r0 (line 4) wants ObjectCreated:PutObject",
		"rule r1 (line 8) wants ObjectCreated:PostObject", "rule r2 (line 11) wants ObjectCreated:PostObject",
	})
}
