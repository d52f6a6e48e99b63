//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"afterput/internal/localoss"
)

func TestWorkThatCannotBeInterruptedIsLeftWhenStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	forever := make(chan int)
	defer close(forever)
	_, err := untilStopped(ctx, func() (int, error) {
		stop()
		return <-forever, nil
	})
	if !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
}

func TestCommandsStopAtOnceWhileTheyLoadRules(t *testing.T) {
	rulesFile := files(t, map[string]string{"rules.yaml": replicatePhotos})("rules.yaml")
	for name, args := range map[string][]string{
		"validate": {"validate", "-"}, "explain": {"explain", "-", "--key", "a"}, "triggers": {"triggers", "-"},
		"policy": {"policy", "-"}, "validate --s-yaml": {"validate", rulesFile, "--s-yaml", "-"},
		"policy --s-yaml": {"policy", rulesFile, "--s-yaml", "-"}, "replay": {"replay", "--rules", "-", "events.json"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := exec.Command("afterput", args...)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// More than a pipe keeps: the command is reading when this returns.
			if _, err := in.Write(bytes.Repeat([]byte("#\n"), 1<<20)); err != nil {
				t.Error(err)
			}
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // its error is the exit code
			if code := cmd.ProcessState.ExitCode(); code != exitBad || stdout.Len() > 0 ||
				strings.TrimSpace(stderr.String()) != "afterput: stopped" {
				t.Errorf("exit code %d\nstdout: %s\nstderr: %s", code, stdout.String(), stderr.String())
			}
		})
	}
}

func TestASecondCtrlCEndsACommandThatIsStillStopping(t *testing.T) {
	reached := map[string]chan struct{}{"ListObjectsV2": make(chan struct{}), "PutObject": make(chan struct{})}
	var listing atomic.Bool
	release := make(chan struct{})
	cloudWith(t, localoss.Config{Intercept: func(
		_ context.Context, call *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		if call.Name == "ListObjectsV2" && !listing.Swap(true) || call.Name == "PutObject" && listing.Load() {
			select {
			case reached[call.Name] <- struct{}{}:
			case <-release:
			}
			<-release
		}
		return next()
	}}, "photos", "replica", "jobs")
	t.Cleanup(func() { close(release) }) // before the server closes
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	cmd := exec.Command("afterput", "backfill", path("rules.yaml"), "--job", "oss://jobs/a/")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	<-reached["ListObjectsV2"]
	_ = cmd.Process.Signal(syscall.SIGINT)
	<-reached["PutObject"] // it saves how far it has come, and gets no answer
	// The command may not have given the signal back to the system yet. Further ones are paced: a process that dies
	// from a signal while many more arrive may end with a segmentation fault in Go's own handler.
	for {
		_ = cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-exited:
			if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGINT {
				t.Errorf("ended with %v", cmd.ProcessState)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}
