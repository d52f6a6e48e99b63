package deploy

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/state"
	"afterput/rules"
)

func TestThePolicyDependsOnWhatTheManifestSays(t *testing.T) {
	o, err := functionOf(t,
		"environmentVariables: {AFTERPUT_STATE: 'oss://states/x/', AFTERPUT_SINGLE_COPY_LIMIT: 1MiB, "+
			"AFTERPUT_RULES: 'oss://cfg/a/rules.yaml'}",
		"asyncInvokeConfig: {destinationConfig: {onFailure: {destination: "+
			`"acs:mns:${vars.region}:${config('AccountID')}:/queues/${vars.queue}/messages"}}}`,
		"logConfig: {project: p, logstore: s}").PolicyOptions()
	want := PolicyOptions{
		State: state.Location{Bucket: "states", Prefix: "x/"}, SingleCopyLimit: 1 << 20,
		RulesBucket: "cfg", RulesKey: "a/rules.yaml",
		OnFailure:  "acs:mns:cn-hangzhou:*:/queues/failed/messages",
		LogProject: "p", Logstore: "s",
	}
	if diff := cmp.Diff(want, o); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	p, notes, err := PolicyOf(load(t, rulesOf("{}")), o)
	for _, resource := range []string{`project/p/logstore/s"`, "cfg/a/rules.yaml", "states/x/*"} {
		if text := p.JSON(); err != nil || !strings.Contains(text, resource) {
			t.Errorf("%s: %v %q\n%s", resource, err, notes, text)
		}
	}
	if o, err := functionOf(t).PolicyOptions(); err != nil || cmp.Diff(PolicyOptions{}, o) != "" {
		t.Errorf("a manifest without settings: %+v, %v", o, err)
	}
}

func TestAGeneratedLogProjectIsAllowedByAPatternWithANote(t *testing.T) {
	o, err := functionOf(t, "logConfig: auto").PolicyOptions()
	if err != nil || o.LogProject != "serverless-cn-hangzhou-*" || o.Logstore != "default-logs" {
		t.Errorf("options %+v, %v", o, err)
	}
	_, notes, err := PolicyOf(load(t, rulesOf("{}")), o)
	const want = "the policy allows every project named serverless-cn-hangzhou-*"
	if err != nil || !strings.Contains(strings.Join(notes, "\n"), want) {
		t.Errorf("notes %q, %v", notes, err)
	}
}

func TestWrongSettingsAndUndefinedVariablesOfAManifestAreReported(t *testing.T) {
	for name, c := range map[string]struct{ fields, want []string }{
		"wrong values": {
			[]string{
				"environmentVariables: {AFTERPUT_STATE: here, AFTERPUT_SINGLE_COPY_LIMIT: much, " +
					"AFTERPUT_RULES: 'oss://cfg'}",
				"logConfig: {project: '${vars.none}'}",
			},
			[]string{
				"s.yaml:7:46: AFTERPUT_STATE", "AFTERPUT_SINGLE_COPY_LIMIT is ",
				`AFTERPUT_RULES is "oss://cfg"; want oss://BUCKET/KEY`, `"${vars.none}" uses an undefined variable`,
			},
		},
		"undefined variables": {
			[]string{
				`environmentVariables: {AFTERPUT_STATE: 'oss://${env("B")}/x/', ` +
					`AFTERPUT_RULES: 'oss://cfg/${env("B")}'}`,
			},
			[]string{
				`"oss://${env(\"B\")}/x/" uses an undefined variable`,
				`"oss://cfg/${env(\"B\")}" uses an undefined variable`,
			},
		},
	} {
		_, err := functionOf(t, c.fields...).PolicyOptions()
		var problems rules.Problems
		if !errors.As(err, &problems) {
			t.Fatal(err)
		}
		wantProblems(t, name, problems, c.want)
	}
}

func TestShippedManifestsGiveTheirDestinationAndLogToThePolicy(t *testing.T) {
	for _, file := range []string{"s.yaml", "s.custom.yaml"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(file, text, noEnv)
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.PolicyOptions()
		want := PolicyOptions{
			OnFailure:  "acs:mns:cn-hangzhou:*:/queues/afterput-failures/messages",
			LogProject: "afterput-logs", Logstore: "function",
		}
		if diff := cmp.Diff(want, o); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", file, err, diff)
		}
	}
}
