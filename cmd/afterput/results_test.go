package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestResultsThatAreNotWrittenAreAFailureOnceSaid(t *testing.T) {
	server := cloud(t, "photos", "replica")
	if err := server.PutSparse("photos", "a.jpg", 4); err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": replicateAll})("rules.yaml")
	for _, line := range []string{"policy RULES", "graph RULES", "validate RULES", "schema", "completion bash",
		"--version", "--help", "diff RULES", "diff --json RULES", "backfill --json RULES"} {
		var problems bytes.Buffer
		args := strings.Fields(strings.ReplaceAll(line, "RULES", path))
		code := run(t.Context(), args, console{out: full{}, err: &problems})
		if code != exitBad || strings.Count(problems.String(), "no space left on device") != 1 {
			t.Errorf("%s: exit %d:\n%s", line, code, &problems)
		}
	}
}
