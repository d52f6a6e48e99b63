package rules

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// deadCodes are of warnings about what never happens.
var deadCodes = []WarningCode{NeverMatches, UselessExcept, AlwaysFails, LiteralWildcard, ShadowedCopy}

// The files under testdata/rules/honest are what careful users write:
// pipelines, moves within a bucket, partitions, tiers. A search for loops that cannot see
// that their chains end is too strict. Every rule of them must do something.
func TestHonestFilesLoadAndHaveNoDeadRule(t *testing.T) {
	files := matching(t, "../testdata/rules/honest/*.yaml")
	if len(files) < 40 {
		t.Fatalf("only %d honest files", len(files))
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set, err := Load(filepath.Base(file), data, testEnv)
		if err != nil {
			t.Errorf("refused:\n%v", err)
			continue
		}
		for _, w := range set.Lint() {
			if slices.Contains(deadCodes, w.Code) {
				t.Errorf("%s:%d: %s", file, w.Line, w.Message)
			}
		}
	}
}
