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
// that would print it.
func TestCommandsStopAtOnceWhileTheyCompute(t *testing.T) {
	path := files(t, map[string]string{
		"small.yaml": string(rulesfile.Large(1)[1].Write()), "large.yaml": string(rulesfile.Large(2000)[1].Write()),
		"s.yaml": "resources:\n  f:\n    component: fc3\n" +
			"    props: {region: cn-hangzhou, functionName: f, triggers: []}\n",
	})
	for name, args := range map[string][]string{
		"validate":          {"validate"},
		"validate --s-yaml": {"validate", "--s-yaml", path("s.yaml")},
		"policy":            {"policy"},
		"triggers":          {"triggers"},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(file string, last int32) (code int, stdout, stderr bytes.Buffer, begun int32) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				s := &stages{Context: ctx, stop: stop, last: last}
				code = run(s, append(args, path(file)), console{out: &stdout, err: &stderr})
				return code, stdout, stderr, s.begun.Load()
			}
			_, _, _, last := run("small.yaml", 0)
			code, stdout, stderr, _ := run("large.yaml", last)
			if code != exitBad || stdout.Len() > 0 || strings.TrimSpace(stderr.String()) != "afterput: stopped" {
				t.Errorf("stage %d: exit code %d\nstdout: %.500s\nstderr: %.500s", last, code, stdout.String(),
					stderr.String())
			}
		})
	}
}
