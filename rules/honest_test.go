package rules

import (
	"os"
	"path/filepath"
	"testing"
)

// The files under testdata/rules/honest are what careful users write:
// pipelines, moves within a bucket, partitions, tiers. A guard that cannot see
// that their chains end is too strict.
func TestHonestFilesLoad(t *testing.T) {
	files := matching(t, "../testdata/rules/honest/*.yaml")
	if len(files) < 40 {
		t.Fatalf("only %d honest files", len(files))
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(filepath.Base(file), data, testEnv); err != nil {
			t.Errorf("refused:\n%v", err)
		}
	}
}
