package deploy

import (
	"strings"
	"testing"
	"time"

	"afterput/internal/existing"
)

// sweepTimer writes a time trigger of an s.yaml that sweeps.
func sweepTimer(cron, sweep string) string {
	return `
        - triggerName: look
          triggerType: timer
          triggerConfig: {enable: true, cronExpression: '` + cron + `',
            payload: '{"afterput": {"sweep": ` + sweep + `}}'}
`
}

func TestSweepsThatLeaveObjectsOutAreReported(t *testing.T) {
	checkAll(t, map[string]checkCase{
		"as it is generated":   {triggers: good + sweepTimer("@every 60m", `{"modified-within":"25h"}`)},
		"at a time of the day": {triggers: good + sweepTimer("0 0 4 * * *", `{"modified-within":"48h"}`)},
		"nonsense": {triggers: good + sweepTimer("@every 60m", `{"modified-within":"soon"}`),
			problems: []string{`trigger look: sweep: modified-within is "soon"; want`}},
		"another field": {triggers: good + sweepTimer("@every 60m", `{"within":"25h"}`),
			problems: []string{`trigger look: sweep: json: unknown field "within"; want {`}},
		"too short": {triggers: good + sweepTimer("@every 60m", `{"modified-within":"65m"}`),
			warnings: []string{"trigger look runs every 1h0m0s, but a sweep looks at what was put between 65m and "}},
		"switched off": {
			triggers: good + strings.Replace(sweepTimer("@every 60m", `{"modified-within":"25h"}`), "true", "false", 1),
			warnings: []string{"trigger look does not sweep: write enable: true"}},
	})
}

func TestASweepIsWrittenOnceAndNothingElseChanges(t *testing.T) {
	plain := load(t, rulesOf("{prefix: in/}"))
	hourly, err := Sweep(plain, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	daily, err := Sweep(plain, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	bridge := bridgeTrigger("b", `{"source":["acs.oss"]}`)
	for name, triggers := range map[string]string{
		"no triggers":     " []\n",
		"only native":     good,
		"before bridges":  good + bridge,
		"in place":        good + sweepTimer("@every 30m", `{"modified-within":"25h"}`) + bridge,
		"among others":    timer + good + timer,
		"windows endings": strings.ReplaceAll(good+bridge, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, "", "      triggers:"+triggers)
			text, err := m.WithSweep(hourly)
			if err != nil {
				t.Fatal(err)
			}
			now := manifestOf(t, string(text))
			if w, ok, err := sweepOf(now.sweeps()[0]); !ok || err != nil || w != existing.WindowFor(time.Hour, 0) {
				t.Errorf("read %+v, %t, %v", w, ok, err)
			}
			before, _, _ := strings.Cut(string(text), "@every 60m")
			if strings.Contains(before, "eventbridge") {
				t.Errorf("the sweep comes after an EventBridge trigger:\n%s", text)
			}
			again, err := now.WithSweep(hourly)
			if err != nil || string(again) != string(text) {
				t.Errorf("a second time: %v\n%s", err, again)
			}
			if other, err := now.WithSweep(daily); err != nil || strings.Count(string(other), "@every") !=
				strings.Count(string(text), "@every") || !strings.Contains(string(other), "@every 1440m") {
				t.Errorf("another interval: %v\n%s", err, other)
			}
			if o, err := now.PolicyOptions(); err != nil || !o.Sweep {
				t.Errorf("the policy is without a sweep: %v", err)
			}
		})
	}
}

func TestASweepRunsEverySoManyMinutes(t *testing.T) {
	for _, every := range []time.Duration{0, time.Minute, 10*time.Minute + time.Second, 169 * time.Hour} {
		if _, err := Sweep(load(t, rulesOf("{prefix: in/}")), every); err == nil {
			t.Errorf("%s is taken", every)
		}
	}
}

// The copy of an archived source is missing until its restore has ended.
func TestASweepLooksBackForAsLongAsARestoreMayTake(t *testing.T) {
	for match, c := range map[string]struct{ within, warning string }{
		"{prefix: in/, storage-class: DeepColdArchive}": {
			"73h", "restore of DeepColdArchive Standard takes up to 48 hours"},
		"{prefix: in/, storage-class: ColdArchive}": {"30h", "restore of ColdArchive Standard takes up to 5 hours"},
		"{prefix: in/, storage-class: Archive}":     {"25h", ""},
	} {
		set := load(t, withRestore(match))
		s, err := Sweep(set, time.Hour)
		if err != nil || !strings.Contains(s.Payload, `"modified-within":"`+c.within+`"`) {
			t.Errorf("%s: %s, %v; want %s", match, s.Payload, err, c.within)
		}
		// A day does not do for DeepColdArchive, nor four hours for ColdArchive.
		for within, warned := range map[string]bool{"25h": c.within == "73h", "4h": c.warning != "", c.within: false} {
			m := read(t, "", "      triggers:"+good+sweepTimer("@every 60m", `{"modified-within":"`+within+`"}`))
			_, warnings := m.Check(set)
			got := texts(warnings).Error()
			if warned != strings.Contains(got, c.warning) && c.warning != "" ||
				warned && !strings.Contains(got, "write modified-within: "+c.within+", as afterput triggers --sweep") {
				t.Errorf("%s, modified-within %s: %q, want %q: %t", match, within, got, c.warning, warned)
			}
		}
	}
}
