package deploy

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestPackageThatLacksWhatTheManifestRunsIsReportedWithWhatItContains(t *testing.T) {
	file := func(mode fs.FileMode) *fstest.MapFile { return &fstest.MapFile{Mode: mode} }
	good := fstest.MapFS{"main": file(0o755), "rules.yaml": file(0o644)}
	const runtime, handler, code = "runtime: go1", "handler: main", "code: ./dist/function"
	builtIn := []string{runtime, handler, code}
	custom := func(command string) []string {
		config := "customRuntimeConfig: {command: " + command + "}"
		return []string{"runtime: custom", "handler: other", "code: x", config}
	}
	for name, c := range map[string]struct {
		fields  []string
		files   fs.FS
		want    []string
		warning string
	}{
		"good":         {fields: builtIn, files: good},
		"good, custom": {fields: custom("[/code/main, serve]"), files: good},
		"not built yet": {
			fields:  builtIn,
			warning: `s.yaml:9:13: code "./dist/function" does not exist yet; make package builds it`,
		},
		"another handler": {
			fields: []string{runtime, "handler: index.handler", code},
			files:  good,
			want: []string{`s.yaml:8:16: the package ./dist/function has no program "index.handler"; ` +
				`it contains main, rules.yaml`},
		},
		"another command": {
			fields: custom("[/code/bin/main, serve]"),
			files:  good,
			want:   []string{`has no program "bin/main"`},
		},
		"a folder": {
			fields: builtIn,
			files:  fstest.MapFS{"main/x": file(0o755), "rules.yaml": file(0o644)},
			want:   []string{`no program "main"; it contains main, rules.yaml`},
		},
		"no run bit": {
			fields: builtIn,
			files:  fstest.MapFS{"main": file(0o644), "rules.yaml": file(0o644)},
			want:   []string{"main in the package ./dist/function is not executable"},
		},
		"empty": {
			fields: builtIn,
			files:  fstest.MapFS{},
			want:   []string{"it contains nothing", "no rules.yaml"},
		},
		"code in OSS":        {fields: []string{runtime, handler, "code: {ossBucketName: b, ossObjectName: k}"}},
		"code by a variable": {fields: []string{runtime, handler, `code: "${env('CODE')}"`}},
		"no code": {
			fields: []string{runtime, handler},
			want: []string{
				"the function has no code; write code: ./dist/function, the folder that make package writes",
			},
		},
		"no rules": {
			fields: builtIn,
			files:  fstest.MapFS{"main": file(0o755)},
			want:   []string{"has no rules.yaml, and AFTERPUT_RULES is not set"},
		},
		"rules in OSS": {
			fields: []string{runtime, handler, code, "environmentVariables: {AFTERPUT_RULES: 'oss://b/k'}"},
			files:  fstest.MapFS{"main": file(0o755)},
		},
		"path that escapes": {
			fields: []string{runtime, "handler: ../main", "code: x"},
			files:  good,
			want:   []string{`no program "../main"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			problems, warnings := functionOf(t, c.fields...).CheckPackage(c.files)
			wantProblems(t, "problems", problems, c.want)
			wantProblems(t, "warnings", texts(warnings), listOf(c.warning))
		})
	}
}
