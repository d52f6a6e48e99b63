package deploy

import (
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"afterput/rules"
)

func manifestOf(t interface{ Fatal(...any) }, text string) *Manifest {
	m, err := ReadManifest("s.yaml", []byte(text), noEnv)
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	return m
}

func implied(set *rules.Set) []Trigger {
	triggers, _ := Triggers(set)
	return triggers
}

// written puts the triggers of rules into a manifest and checks that they are
// what the rules want, and that writing them again changes nothing.
func written(t interface{ Fatal(...any) }, text, ruleFile string) string {
	set := load(t, ruleFile)
	now, _, err := manifestOf(t, text).WithTriggers(implied(set))
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	m := manifestOf(t, string(now))
	if problems, warnings := m.Check(set); len(problems)+len(warnings) > 0 {
		t.Fatal(problems, warnings, "\n", string(now))
	}
	if again, gone, err := m.WithTriggers(implied(set)); err != nil || string(again) != string(now) || gone != nil {
		t.Fatal("a second time: ", err, "\n", string(again), "\nwas\n", string(now))
	}
	return string(now)
}

func TestTriggersAreWrittenInPlaceOfThoseOnOSSAndNothingElseChanges(t *testing.T) {
	const (
		head = "vars: {region: cn-hangzhou}  # one\nresources:\n  f:\n    component: fc3\n    props:\n      # the " +
			"region\n      region: ${vars.region}\n"
		tail  = "\n      # after\n      memorySize: 256  # small\n# end\n"
		timer = "        # wakes it\n        - triggerName: clock   # daily\n          triggerType: timer\n          " +
			"triggerConfig: {payload: x}\n"
	)
	rule := rulesOf("{prefix: in/}")
	block := YAML(mustTriggers(t, rule))
	other := "        - triggerName: other\n          triggerType: eventbridge\n          triggerConfig: " +
		"{eventSourceConfig: {eventSourceType: RocketMQ}}\n"
	oldOSS := strings.TrimPrefix(nativeTrigger("old", "gone", put, "x/", ""), "\n")
	oldBridge := strings.TrimPrefix(bridgeTrigger("bridge", `{"source":["acs.oss"]}`), "\n")
	for name, c := range map[string]struct{ before, after string }{
		"none": {head + goodFunction + tail,
			strings.Replace(head, "      region", block+"      region", 1) + goodFunction + tail},
		"an empty list": {head + goodFunction + "      triggers: []" + tail,
			head + goodFunction + strings.TrimSuffix(block, "\n") + tail},
		"on one line": {head + goodFunction + "      triggers: [{triggerName: a, triggerType: oss}]\n" + tail,
			head + goodFunction + block + tail},
		"old ones": {head + goodFunction + "      triggers:  # mine\n        # why\n" + oldOSS +
			oldBridge + tail, head + goodFunction + block + tail},
		"others stay": {head + goodFunction + "      triggers:\n" + timer + oldOSS + other + tail,
			head + goodFunction + block + timer + other + tail},
		"first": {head + "      triggers:\n" + oldOSS + goodFunction + tail,
			head + block + goodFunction + tail},
		"last":                {head + goodFunction + "      triggers:\n" + oldOSS, head + goodFunction + block},
		"last, no line's end": {head + goodFunction + "      triggers: []", head + goodFunction + block},
		"none, at the end": {strings.TrimSuffix(head+goodFunction, "\n"),
			strings.Replace(head, "      region", block+"      region", 1) + strings.TrimSuffix(goodFunction, "\n")},
		"another region": {strings.Replace(head, "${vars.region}", "cn-beijing", 1) + goodFunction,
			strings.ReplaceAll(strings.Replace(head, "      region", block+"      region", 1)+goodFunction,
				"${vars.region}", "cn-beijing")},
		"as far in as its key": {head + goodFunction + "      triggers:\n" +
			strings.ReplaceAll("\n"+oldOSS, "\n        ", "\n      ")[1:] + tail, head + goodFunction + block + tail},
		"Windows, one stays": {strings.ReplaceAll(head+goodFunction+"      triggers:\n"+oldOSS+timer+tail, "\n",
			"\r\n"), strings.ReplaceAll(head+goodFunction+block+timer+tail, "\n", "\r\n")},
		"a comment further out": {head + goodFunction + "      triggers:\n" + oldOSS + "   # out\n" + oldBridge + tail,
			head + goodFunction + block + tail},
		"a script stays": {head + goodFunction + "      triggers:\n" + oldOSS +
			"        - triggerName: clock\n          triggerType: timer\n          triggerConfig:\n            " +
			"payload: |\n              - a\n\n              b\n" + tail,
			head + goodFunction + block + "        - triggerName: clock\n          triggerType: timer\n          " +
				"triggerConfig:\n            payload: |\n              - a\n\n              b\n" + tail},
		"Windows": {strings.ReplaceAll(head+goodFunction+"      triggers: []\n"+tail, "\n", "\r\n"),
			strings.ReplaceAll(head+goodFunction+block+tail, "\n", "\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := written(t, c.before, rule); got != c.after {
				t.Errorf("written:\n%s\nwant:\n%s", got, c.after)
			}
		})
	}
	set := load(t, "version: 1\nsources: [src]\nrules:\n  - {name: r, disabled: true, match: {}, copy: [{bucket: "+
		"dst}]}\n")
	now, _, err := manifestOf(t, head+goodFunction+"      triggers:\n"+oldOSS+timer).WithTriggers(implied(set))
	if want := head + goodFunction + "      triggers:\n" + timer; err != nil || string(now) != want {
		t.Errorf("rules that want nothing: %v\n%s\nwant:\n%s", err, now, want)
	}
}

func TestTriggerThatCouldNotBeReadIsNamedForRemovalToo(t *testing.T) {
	text := "resources:\n  f:\n    component: fc3\n    props:\n      region: cn-hangzhou\n" + goodFunction +
		"      triggers:" +
		nativeTrigger("mine", `${env("BUCKET")}`, uploads, "in/", "")
	_, notes, err := manifestOf(t, text).WithTriggers(implied(load(t, rulesOf("{prefix: in/}"))))
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "before s deploy, run s remove --trigger mine -y") {
		t.Errorf("notes %q, %v", notes, err)
	}
}

func mustTriggers(t *testing.T, ruleFile string) []Trigger {
	t.Helper()
	return implied(load(t, ruleFile))
}

func TestManifestThatCannotBeChangedSafelyIsLeftToPeople(t *testing.T) {
	for name, text := range map[string]string{
		"all on one line": "resources: {f: {component: fc3, props: {region: cn-hangzhou, triggers: []}}}\n",
		"a list over lines": "resources:\n  f:\n    component: fc3\n    props:\n      region: x\n      triggers: " +
			"[\n      ]\n",
		"others on one line": "resources:\n  f:\n    component: fc3\n    props:\n      region: x\n      triggers: " +
			"[{triggerType: timer, triggerName: a}]\n",
	} {
		now, _, err := manifestOf(t, text).WithTriggers(implied(load(t, rulesOf("{}"))))
		if err == nil || !strings.Contains(err.Error(), "by hand") {
			t.Errorf("%s: %v\n%s", name, err, now)
		}
	}
}

func TestTriggersOfAnyRulesAreWrittenAsTheRulesWant(t *testing.T) {
	text, err := os.ReadFile("../../s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		set, ruleFile := randomRules(t)
		if triggers, _ := Triggers(set); len(triggers) == 0 {
			t.Skip("no rule wants anything")
		}
		written(t, string(text), ruleFile)
	})
}

func TestTriggersThatAreNoLongerWantedAreNamedForRemoval(t *testing.T) {
	const head = "resources:\n  f:\n    component: fc3\n    props:\n      region: cn-hangzhou\n"
	deployedFor := func(matches ...string) string { return written(t, head+goodFunction, rulesOf(matches...)) }
	for name, c := range map[string]struct {
		before []string
		now    []string
		want   []string // parts of the notes, in order
	}{
		"another filter of the one": {[]string{"{prefix: a/}"}, []string{"{prefix: b/}"}, nil},
		"another event": {[]string{"{prefix: a/}", "{prefix: b/}"},
			[]string{"{prefix: a/}", "{prefix: b/, event: ObjectCreated:PutObject}"}, nil},
		"one more": {[]string{"{prefix: a/}", "{prefix: b/}"},
			[]string{"{prefix: a/}", "{prefix: b/}", "{prefix: c/}"}, nil},
		"one less": {[]string{"{prefix: a/}", "{prefix: b/}", "{prefix: c/}"},
			[]string{"{prefix: a/}", "{prefix: c/}"}, []string{"after s deploy, run s remove --trigger oss-src-"}},
		"wider": {[]string{"{prefix: a/1}", "{prefix: a/2}", "{prefix: b/}"},
			[]string{"{prefix: a/}", "{prefix: b/}"}, []string{"before s deploy, run s remove --trigger oss-src-"}},
		"two of one": {[]string{"{prefix: a/}"}, []string{"{prefix: a/}", "{prefix: b/}"}, nil},
		"one of two": {[]string{"{prefix: a/}", "{prefix: b/}"}, []string{"{prefix: a/}"},
			[]string{"after s deploy, run s remove --trigger oss-src-"}},
		"some before, some after": {[]string{"{prefix: a/1}", "{prefix: b/}"}, []string{"{prefix: a/}"},
			[]string{"before s deploy", "after s deploy"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, notes, err := manifestOf(t, deployedFor(c.before...)).WithTriggers(implied(load(t, rulesOf(c.now...))))
			if err != nil || len(notes) != len(c.want) {
				t.Fatalf("notes %q, %v; want %q", notes, err, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(notes[i], want) {
					t.Errorf("notes %q, want %q", notes, c.want)
				}
			}
		})
	}
}
