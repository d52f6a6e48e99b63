package deploy

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/state"
	"afterput/rules"
)

// functionOf makes an s.yaml of a function's fields.
func functionOf(t *testing.T, fields ...string) *Manifest {
	t.Helper()
	text := "vars: {region: cn-hangzhou, queue: failed}\nresources:\n  f:\n    component: fc3\n    props:\n      region: ${vars.region}\n"
	for _, f := range fields {
		text += "      " + f + "\n"
	}
	text += "      functionName: f\n"
	m, err := ReadManifest("s.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	return m
}

func TestFunctionThatCouldNotRunIsToldWithItsMend(t *testing.T) {
	const role, custom = "role: r", "runtime: custom.debian12"
	set := load(t, "version: 1\nsources: [src]\nrules:\n  - {name: r, disabled: true, match: {}, copy: [{bucket: dst}]}\n") // wants no trigger
	for name, c := range map[string]struct {
		fields []string
		want   []string
	}{
		"built-in":            {[]string{role, "runtime: go1", "handler: main"}, nil},
		"custom":              {[]string{role, custom, "customRuntimeConfig: {command: [/code/main, serve]}"}, nil},
		"custom, args":        {[]string{role, custom, "customRuntimeConfig: {command: [/code/main], args: [serve]}"}, nil},
		"no role":             {[]string{"runtime: go1", "handler: main"}, []string{"the function has no role"}},
		"role: auto":          {[]string{"role: auto", "runtime: go1", "handler: main"}, []string{"s.yaml:7:13: role: auto means a role that is named auto"}},
		"role in capitals":    {[]string{"role: \"acs:ram::${config('AccountID')}:role/AfterPut\"", "runtime: go1", "handler: main"}, []string{"writes the role AfterPut in lower case"}},
		"good role":           {[]string{"role: \"acs:ram::${config('AccountID')}:role/afterput\"", "runtime: go1", "handler: main"}, nil},
		"role by environment": {[]string{"role: 'acs:ram::1:role/${env(\"ROLE\")}'", "runtime: go1", "handler: main"}, nil},
		"undefined variable": {[]string{"role: 'acs:ram::1:role/${vars.none}'", "runtime: go1", "handler: main", "logConfig: {project: '${vars.no}'}"},
			[]string{"s.yaml:7:13: ${vars.none} is not defined: there is no such name under vars", "${vars.no} is not defined"}},
		"no handler":      {[]string{role, "runtime: go1"}, []string{"write the binary's path in the package: main"}},
		"no runtime":      {[]string{role}, []string{`runtime "" does not run this function; write go1`}},
		"another runtime": {[]string{role, "runtime: nodejs20"}, []string{`s.yaml:8:16: runtime "nodejs20" does not run`}},
		"container":       {[]string{role, "runtime: custom-container"}, []string{`runtime "custom-container" does not`}},
		"no command":      {[]string{role, custom}, []string{`as ""; write customRuntimeConfig.command: [/code/main, serve]`}},
		"without serve":   {[]string{role, custom, "customRuntimeConfig: {command: [/code/main]}"}, []string{`s.yaml:9:28: runtime custom.debian12 starts the function as "/code/main"; write`}},
		"not the package": {[]string{role, custom, "customRuntimeConfig: {command: [main, serve]}"}, []string{`as "main serve"`}},
	} {
		t.Run(name, func(t *testing.T) {
			problems, _ := functionOf(t, c.fields...).Check(set)
			same(t, "problems", problems, c.want)
		})
	}
}

func TestPackageThatLacksWhatIsRunIsToldWithWhatItHolds(t *testing.T) {
	file := func(mode fs.FileMode) *fstest.MapFile { return &fstest.MapFile{Mode: mode} }
	good := fstest.MapFS{"main": file(0o755), "rules.yaml": file(0o644)}
	builtIn := []string{"runtime: go1", "handler: main", "code: ./dist/function"}
	for name, c := range map[string]struct {
		fields  []string
		files   fs.FS
		want    []string
		warning string
	}{
		"good":               {builtIn, good, nil, ""},
		"good, custom":       {[]string{"runtime: custom", "handler: other", "code: x", "customRuntimeConfig: {command: [/code/main, serve]}"}, good, nil, ""},
		"not built yet":      {builtIn, nil, nil, `s.yaml:9:13: code "./dist/function" does not exist yet; make package builds it`},
		"another handler":    {[]string{"runtime: go1", "handler: index.handler", "code: ./dist/function"}, good, []string{`s.yaml:8:16: the package ./dist/function has no program "index.handler"; it contains main, rules.yaml`}, ""},
		"another command":    {[]string{"runtime: custom", "handler: main", "code: x", "customRuntimeConfig: {command: [/code/bin/main, serve]}"}, good, []string{`has no program "bin/main"`}, ""},
		"a folder":           {builtIn, fstest.MapFS{"main/x": file(0o755), "rules.yaml": file(0o644)}, []string{`no program "main"; it contains main, rules.yaml`}, ""},
		"no run bit":         {builtIn, fstest.MapFS{"main": file(0o644), "rules.yaml": file(0o644)}, []string{"main in the package ./dist/function is not executable"}, ""},
		"empty":              {builtIn, fstest.MapFS{}, []string{"it contains nothing", "no rules.yaml"}, ""},
		"code in OSS":        {[]string{"runtime: go1", "handler: main", "code: {ossBucketName: b, ossObjectName: k}"}, nil, nil, ""},
		"code by a variable": {[]string{"runtime: go1", "handler: main", "code: \"${env('CODE')}\""}, nil, nil, ""},
		"no code":            {[]string{"runtime: go1", "handler: main"}, nil, []string{"the function has no code; write code: ./dist/function, the folder that make package writes"}, ""},
		"no rules":           {builtIn, fstest.MapFS{"main": file(0o755)}, []string{"has no rules.yaml, and AFTERPUT_RULES is not set"}, ""},
		"rules in OSS":       {append(builtIn, "environmentVariables: {AFTERPUT_RULES: 'oss://b/k'}"), fstest.MapFS{"main": file(0o755)}, nil, ""},
		"path that escapes":  {[]string{"runtime: go1", "handler: ../main", "code: x"}, good, []string{`no program "../main"`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			problems, warnings := functionOf(t, c.fields...).CheckPackage(c.files)
			same(t, "problems", problems, c.want)
			var want []string
			if c.warning != "" {
				want = []string{c.warning}
			}
			same(t, "warnings", warnings, want)
		})
	}
}

func TestRightsHangOnWhatTheManifestSays(t *testing.T) {
	m := functionOf(t,
		"environmentVariables: {AFTERPUT_STATE: 'oss://states/x/', AFTERPUT_SINGLE_COPY_LIMIT: 1MiB, AFTERPUT_RULES: 'oss://cfg/a/rules.yaml'}",
		"asyncInvokeConfig: {destinationConfig: {onFailure: {destination: \"acs:mns:${vars.region}:${config('AccountID')}:/queues/${vars.queue}/messages\"}}}",
		"logConfig: {project: p, logstore: s}")
	o, err := m.PolicyOptions()
	want := PolicyOptions{State: state.Location{Bucket: "states", Prefix: "x/"}, SingleCopyLimit: 1 << 20, RulesBucket: "cfg", RulesKey: "a/rules.yaml",
		OnFailure: "acs:mns:cn-hangzhou:*:/queues/failed/messages", LogProject: "p", Logstore: "s"}
	if diff := cmp.Diff(want, o); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	p, notes, err := PolicyOf(load(t, one("{}")), o)
	if text := p.JSON(); err != nil || !strings.Contains(text, "project/p/logstore/s\"") || !strings.Contains(text, "cfg/a/rules.yaml") || !strings.Contains(text, "states/x/*") {
		t.Errorf("%v %q\n%s", err, notes, text)
	}

	o, err = functionOf(t, "logConfig: auto").PolicyOptions()
	if err != nil || o.LogProject != "serverless-cn-hangzhou-*" || o.Logstore != "default-logs" {
		t.Errorf("auto: %+v, %v", o, err)
	}
	if _, notes, err := PolicyOf(load(t, one("{}")), o); err != nil || !strings.Contains(strings.Join(notes, "\n"), "the policy allows every project named serverless-cn-hangzhou-*") {
		t.Errorf("auto: %q, %v", notes, err)
	}
	if o, err := functionOf(t).PolicyOptions(); err != nil || cmp.Diff(PolicyOptions{}, o) != "" {
		t.Errorf("nothing said: %+v, %v", o, err)
	}

	_, err = functionOf(t, "environmentVariables: {AFTERPUT_STATE: here, AFTERPUT_SINGLE_COPY_LIMIT: much, AFTERPUT_RULES: 'oss://cfg'}",
		"logConfig: {project: '${vars.none}'}").PolicyOptions()
	var problems rules.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	_, unknown := functionOf(t, "environmentVariables: {AFTERPUT_STATE: 'oss://${env(\"B\")}/x/', AFTERPUT_RULES: 'oss://cfg/${env(\"B\")}'}").PolicyOptions()
	var undefined rules.Problems
	if errors.As(unknown, &undefined); len(undefined) != 2 {
		t.Errorf("variables that nothing defines: %v", unknown)
	}
	same(t, "problems", problems, []string{"s.yaml:7:46: AFTERPUT_STATE", "AFTERPUT_SINGLE_COPY_LIMIT is ", `AFTERPUT_RULES is "oss://cfg"; want oss://BUCKET/KEY`, `"${vars.none}" uses an undefined variable`})
}

func TestShippedManifestsAskForNoRightThatTheyDoNotName(t *testing.T) {
	for _, file := range []string{"s.yaml", "s.custom.yaml"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(file, text, func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.PolicyOptions()
		want := PolicyOptions{OnFailure: "acs:mns:cn-hangzhou:*:/queues/afterput-failures/messages", LogProject: "afterput-logs", Logstore: "function"}
		if diff := cmp.Diff(want, o); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", file, err, diff)
		}
	}
}

// keptFailures is the configuration that keeps events which fail for good.
const keptFailures = "asyncInvokeConfig: {destinationConfig: {onFailure: {destination: q}}}"

func TestEventsThatAFailureWouldCostAreAWarning(t *testing.T) {
	set := load(t, "version: 1\nsources: [src]\nrules:\n  - {name: r, disabled: true, match: {}, copy: [{bucket: dst}]}\n")
	for config, want := range map[string][]string{
		keptFailures:  nil,
		"timeout: 60": {"asyncInvokeConfig.destinationConfig.onFailure.destination is not set"},
		"asyncInvokeConfig: {maxAsyncRetryAttempts: 3}":                                                   {"is not set: an event whose retries all fail would be lost"},
		"asyncInvokeConfig: {maxAsyncRetryAttempts: 0, destinationConfig: {onFailure: {destination: q}}}": {"s.yaml:10:50: maxAsyncRetryAttempts: 0 turns retries off"},
	} {
		_, warnings := functionOf(t, "role: r", "runtime: go1", "handler: main", config).Check(set)
		same(t, config, warnings, want)
	}
}

func TestFieldThatTheComponentWouldLeaveOutIsAWarning(t *testing.T) {
	set := load(t, "version: 1\nsources: [src]\nrules:\n  - {name: r, disabled: true, match: {}, copy: [{bucket: dst}]}\n")
	_, warnings := functionOf(t, "role: r", "runtime: go1", "handler: main", "instanceLifeCycleConfig: {}", "memory: 1", keptFailures).Check(set)
	same(t, "warnings", warnings, []string{`s.yaml:10:7: the fc3 component has no field "instanceLifeCycleConfig" and would ignore it; did you mean instanceLifecycleConfig?`,
		`s.yaml:11:7: the fc3 component has no field "memory"`})
}
