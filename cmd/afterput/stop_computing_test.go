package main

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"afterput/internal/bench/rulesfile"
)

// stages is a context that counts what is begun under it: [untilStopped] asks for Done once, when the work has begun.
// It ends when stage number last has begun.
type stages struct {
	context.Context
	stop  context.CancelFunc
	begun atomic.Int32
	last  int32
}

func (s *stages) Done() <-chan struct{} {
	if s.begun.Add(1) == s.last {
		s.stop()
	}
	return s.Context.Done()
}

// It takes a second to check the large file against an s.yaml, and to make a policy of it: a command that waited for
// that would print it. The last stage of each command is the computation; one that no signal ends is not a stage.
func TestCommandsStopAtOnceWhileTheyCompute(t *testing.T) {
	path := files(t, map[string]string{
		"small.yaml": string(rulesfile.Large(1)[1].Write()), "large.yaml": string(rulesfile.Large(2000)[1].Write()),
		"s.yaml": "resources:\n  f:\n    component: fc3\n" +
			"    props: {region: cn-hangzhou, functionName: f, triggers: []}\n",
	})
	for name, c := range map[string]struct {
		args   []string
		stages int32
	}{
		"validate":          {[]string{"validate"}, 2},                             // load, lint
		"validate --s-yaml": {[]string{"validate", "--s-yaml", path("s.yaml")}, 3}, // load, lint, compare
		"policy":            {[]string{"policy"}, 3},                               // settings, load, compute
		"triggers":          {[]string{"triggers"}, 2},                             // load, compute
	} {
		t.Run(name, func(t *testing.T) {
			run := func(file string, last int32) (code int, stdout, stderr string, begun int32) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var out, messages bytes.Buffer
				s := &stages{Context: ctx, stop: stop, last: last}
				code = run(s, append(c.args, path(file)), console{out: &out, err: &messages})
				return code, out.String(), messages.String(), s.begun.Load()
			}
			if _, _, _, begun := run("small.yaml", 0); begun != c.stages {
				t.Fatalf("%d stages can be stopped, want %d", begun, c.stages)
			}
			code, stdout, stderr, _ := run("large.yaml", c.stages)
			if code != exitBad || stdout != "" || strings.TrimSpace(stderr) != "afterput: stopped" {
				t.Errorf("exit code %d\nstdout: %.500s\nstderr: %.500s", code, stdout, stderr)
			}
		})
	}
}
