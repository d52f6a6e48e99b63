package deploy

import (
	"os"
	"strings"
	"testing"

	"afterput/internal/randomrules"
	"afterput/rules"
)

func manifestOf(t interface{ Fatal(...any) }, text string) *Manifest {
	m, err := ReadManifest("s.yaml", []byte(text), noEnv)
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	return m
}

// implied returns the triggers that rules imply.
func implied(set *rules.Set) []Trigger {
	triggers, _ := Triggers(set)
	return triggers
}

// written writes the triggers that rules imply into a manifest. It checks that they deliver what the rules want, and
// that writing them again changes nothing.
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
	again, notes, err := m.WithTriggers(implied(set))
	if err != nil || string(again) != string(now) || notes != nil {
		t.Fatal("a second time: ", err, "\n", string(again), "\nwas\n", string(now))
	}
	return string(now)
}

// Pieces of an s.yaml.
const (
	headBeforeRegion = `vars: {region: cn-hangzhou}  # one
resources:
  f:
    component: fc3
    props:
      # the region
`
	region = "      region: ${vars.region}\n"
	head   = headBeforeRegion + region + goodFunction
	tail   = "\n      # after\n      memorySize: 256  # small\n# end\n"
	list   = "      triggers:\n"
	daily  = `        # wakes it
        - triggerName: clock   # daily
          triggerType: timer
          triggerConfig: {payload: x}
`
	script = `        - triggerName: clock
          triggerType: timer
          triggerConfig:
            payload: |
              - a

              b
`
	rocketMQ = `        - triggerName: other
          triggerType: eventbridge
          triggerConfig: {eventSourceConfig: {eventSourceType: RocketMQ}}
`
)

func TestTriggersReplaceThoseOnOSSAndNothingElseChanges(t *testing.T) {
	ruleFile := rulesOf("{prefix: in/}")
	block := YAML(implied(load(t, ruleFile)))
	oldOSS := strings.TrimPrefix(nativeTrigger("old", "gone", put, "x/", ""), "\n")
	oldBridge := strings.TrimPrefix(bridgeTrigger("bridge", `{"source":["acs.oss"]}`), "\n")
	unindented := strings.ReplaceAll("\n"+oldOSS, "\n        ", "\n      ")[1:]
	beijing := func(s string) string { return strings.ReplaceAll(s, "${vars.region}", "cn-beijing") }
	windows := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	cut := func(s string) string { return strings.TrimSuffix(s, "\n") }
	after := head + block + tail
	inserted := headBeforeRegion + block + region + goodFunction // where there were none
	for name, c := range map[string]struct{ before, after string }{
		"none":                  {head + tail, inserted + tail},
		"an empty list":         {head + "      triggers: []" + tail, head + cut(block) + tail},
		"on one line":           {head + "      triggers: [{triggerName: a, triggerType: oss}]\n" + tail, after},
		"old ones":              {head + "      triggers:  # mine\n        # why\n" + oldOSS + oldBridge + tail, after},
		"a script stays":        {head + list + oldOSS + script + tail, head + block + script + tail},
		"last":                  {head + list + oldOSS, head + block},
		"last, no newline":      {head + "      triggers: []", head + block},
		"none, no newline":      {cut(head), cut(inserted)},
		"another region":        {beijing(head), beijing(inserted)},
		"in the column of key":  {head + list + unindented + tail, after},
		"an unindented comment": {head + list + oldOSS + "   # out\n" + oldBridge + tail, after},
		"Windows":               {windows(head + "      triggers: []\n" + tail), windows(after)},
		"Windows, one stays":    {windows(head + list + oldOSS + daily + tail), windows(head + block + daily + tail)},
		"others stay": {
			head + list + daily + oldOSS + rocketMQ + tail,
			head + block + daily + rocketMQ + tail,
		},
		"first": {
			headBeforeRegion + region + list + oldOSS + goodFunction + tail,
			headBeforeRegion + region + block + goodFunction + tail,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := written(t, c.before, ruleFile); got != c.after {
				t.Errorf("written:\n%s\nwant:\n%s", got, c.after)
			}
		})
	}
	t.Run("rules that want nothing", func(t *testing.T) {
		now, _, err := manifestOf(t, head+list+oldOSS+daily).WithTriggers(implied(load(t, needsNoTrigger)))
		if want := head + list + daily; err != nil || string(now) != want {
			t.Errorf("%v\n%s\nwant:\n%s", err, now, want)
		}
	})
}

// plainHead is an s.yaml up to its triggers.
const plainHead = "resources:\n  f:\n    component: fc3\n    props:\n      region: cn-hangzhou\n" + goodFunction

func TestTriggerThatCannotBeReadIsNamedForRemovalToo(t *testing.T) {
	text := plainHead + "      triggers:" + nativeTrigger("mine", `${env("BUCKET")}`, uploads, "in/", "")
	_, notes, err := manifestOf(t, text).WithTriggers(implied(load(t, rulesOf("{prefix: in/}"))))
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "before s deploy, run s remove --trigger mine -y") {
		t.Errorf("notes %q, %v", notes, err)
	}
}

func TestManifestThatCannotBeChangedSafelyIsLeftToPeople(t *testing.T) {
	const props = "resources:\n  f:\n    component: fc3\n    props:\n      region: x\n"
	for name, text := range map[string]string{
		"all on one line":    "resources: {f: {component: fc3, props: {region: cn-hangzhou, triggers: []}}}\n",
		"a list over lines":  props + "      triggers: [\n      ]\n",
		"others on one line": props + "      triggers: [{triggerType: timer, triggerName: a}]\n",
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
	randomrules.Seeds(t, 100, func(t *testing.T, seed uint64) {
		ruleFile := randomrules.New(seed).Rules(randomrules.Keys)
		if len(implied(load(t, ruleFile))) > 0 {
			written(t, string(text), ruleFile)
		}
	})
}

func TestTriggersThatAreNoLongerWantedAreNamedForRemoval(t *testing.T) {
	const (
		a, a1, a2, b, c  = "{prefix: a/}", "{prefix: a/1}", "{prefix: a/2}", "{prefix: b/}", "{prefix: c/}"
		removeBefore     = "before s deploy, run s remove --trigger oss-src-"
		removeAfterwards = "after s deploy, run s remove --trigger oss-src-"
	)
	for name, c := range map[string]struct {
		before, now []string // match blocks
		want        []string // part of each note
	}{
		"another filter of the one": {[]string{a}, []string{b}, nil},
		"another event":             {[]string{a, b}, []string{a, "{prefix: b/, event: ObjectCreated:PutObject}"}, nil},
		"one more":                  {[]string{a, b}, []string{a, b, c}, nil},
		"one less":                  {[]string{a, b, c}, []string{a, c}, []string{removeAfterwards}},
		"wider":                     {[]string{a1, a2, b}, []string{a, b}, []string{removeBefore}},
		"two of one":                {[]string{a}, []string{a, b}, nil},
		"one of two":                {[]string{a, b}, []string{a}, []string{removeAfterwards}},
		"some before, some after":   {[]string{a1, b}, []string{a}, []string{removeBefore, removeAfterwards}},
	} {
		t.Run(name, func(t *testing.T) {
			before := written(t, plainHead, rulesOf(c.before...))
			_, notes, err := manifestOf(t, before).WithTriggers(implied(load(t, rulesOf(c.now...))))
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
