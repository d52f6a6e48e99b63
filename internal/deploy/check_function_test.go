package deploy

import (
	"strings"
	"testing"
)

// functionOf makes an s.yaml of a function's fields. The first of them is on line 7.
func functionOf(t *testing.T, fields ...string) *Manifest {
	t.Helper()
	text := `vars: {region: cn-hangzhou, queue: failed}
resources:
  f:
    component: fc3
    props:
      region: ${vars.region}
`
	for _, f := range fields {
		text += "      " + f + "\n"
	}
	return manifestOf(t, text+"      functionName: f\n")
}

// needsNoTrigger is a rules file that wants no events.
const needsNoTrigger = `version: 1
sources: [src]
rules:
  - {name: r, disabled: true, match: {}, copy: [{bucket: dst}]}
`

func TestAccessThatSInitLeftOpenIsReportedWithWhatToWrite(t *testing.T) {
	rest := string(functionOf(t, "role: r", "runtime: go1", "handler: main").Text())
	for access, wrong := range map[string]bool{
		`"{{ access }}"`: true, "undefined": true,
		"default": false, "work": false, `"${env('ALIAS')}"`: false,
	} {
		problems, _ := manifestOf(t, "access: "+access+"\n"+rest).Check(load(t, needsNoTrigger))
		reported := strings.Contains(problems.Error(), "s.yaml:1:9: access is ") &&
			strings.Contains(problems.Error(), "; write default, or another name that `s config get` lists")
		if reported != wrong || len(problems) > 0 != wrong {
			t.Errorf("access: %s: %v", access, problems)
		}
	}
}

func TestFunctionThatCouldNotRunIsReportedWithTheFix(t *testing.T) {
	const role, builtIn, handler, custom = "role: r", "runtime: go1", "handler: main", "runtime: custom.debian12"
	set := load(t, needsNoTrigger)
	for name, c := range map[string]struct {
		fields []string
		want   []string
	}{
		"built-in": {[]string{role, builtIn, handler}, nil},
		"custom":   {[]string{role, custom, "customRuntimeConfig: {command: [/code/main, serve]}"}, nil},
		"custom, args": {
			[]string{role, custom, "customRuntimeConfig: {command: [/code/main], args: [serve]}"}, nil,
		},
		"no role": {[]string{builtIn, handler}, []string{"the function has no role"}},
		"role: auto": {
			[]string{"role: auto", builtIn, handler},
			[]string{"s.yaml:7:13: role: auto means a role that is named auto"},
		},
		"role in capitals": {
			[]string{`role: "acs:ram::${config('AccountID')}:role/AfterPut"`, builtIn, handler},
			[]string{"writes the role AfterPut in lower case"},
		},
		"good role": {
			[]string{`role: "acs:ram::${config('AccountID')}:role/afterput"`, builtIn, handler}, nil,
		},
		"role by environment": {
			[]string{`role: 'acs:ram::1:role/${env("ROLE")}'`, builtIn, handler}, nil,
		},
		"undefined variable": {
			[]string{"role: 'acs:ram::1:role/${vars.none}'", builtIn, handler, "logConfig: {project: '${vars.no}'}"},
			[]string{
				"s.yaml:7:13: ${vars.none} is not defined: there is no such name under vars",
				"${vars.no} is not defined",
			},
		},
		"no handler": {[]string{role, builtIn}, []string{"write the binary's path in the package: main"}},
		"no runtime": {[]string{role}, []string{`runtime "" does not run this function; write go1`}},
		"another runtime": {
			[]string{role, "runtime: nodejs20"}, []string{`s.yaml:8:16: runtime "nodejs20" does not run`},
		},
		"container": {
			[]string{role, "runtime: custom-container"}, []string{`runtime "custom-container" does not`},
		},
		"no command": {
			[]string{role, custom}, []string{`as ""; write customRuntimeConfig.command: [/code/main, serve]`},
		},
		"without serve": {
			[]string{role, custom, "customRuntimeConfig: {command: [/code/main]}"},
			[]string{`s.yaml:9:28: runtime custom.debian12 starts the function as "/code/main"; write`},
		},
		"not the package": {
			[]string{role, custom, "customRuntimeConfig: {command: [main, serve]}"}, []string{`as "main serve"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			problems, _ := functionOf(t, c.fields...).Check(set)
			wantProblems(t, "problems", problems, c.want)
		})
	}
}

// keptFailures is a configuration that keeps the events whose retries all fail.
const keptFailures = "asyncInvokeConfig: {destinationConfig: {onFailure: {destination: q}}}"

func TestConfigurationThatLosesEventsAfterAFailureIsAWarning(t *testing.T) {
	set := load(t, needsNoTrigger)
	for _, c := range []struct{ config, want string }{
		{keptFailures, ""},
		{"timeout: 60", "asyncInvokeConfig.destinationConfig.onFailure.destination is not set"},
		{
			"asyncInvokeConfig: {maxAsyncRetryAttempts: 3}",
			"is not set: an event whose retries all fail would be lost",
		},
		{
			"asyncInvokeConfig: {maxAsyncRetryAttempts: 0, destinationConfig: {onFailure: {destination: q}}}",
			"s.yaml:10:50: maxAsyncRetryAttempts: 0 turns retries off",
		},
	} {
		_, warnings := functionOf(t, "role: r", "runtime: go1", "handler: main", c.config).Check(set)
		wantProblems(t, c.config, texts(warnings), listOf(c.want))
	}
}

// listOf returns a list of one text, or an empty one for "".
func listOf(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func TestFieldThatTheComponentIgnoresIsAWarning(t *testing.T) {
	m := functionOf(t, "role: r", "runtime: go1", "handler: main", "instanceLifeCycleConfig: {}", "memory: 1",
		keptFailures)
	_, warnings := m.Check(load(t, needsNoTrigger))
	wantProblems(t, "warnings", texts(warnings), []string{
		`s.yaml:10:7: the fc3 component has no field "instanceLifeCycleConfig" and would ignore it; ` +
			`did you mean instanceLifecycleConfig?`,
		`s.yaml:11:7: the fc3 component has no field "memory"`,
	})
}
