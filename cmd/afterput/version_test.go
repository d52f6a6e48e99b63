package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestVersionIsTheCommitThatMakeBuildNames(t *testing.T) {
	const flag = "-X main.commit="
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(makefile), flag+"$(COMMIT)") {
		t.Errorf("the Makefile does not build with %s", flag)
	}
	tool := filepath.Join(t.TempDir(), "afterput")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags", flag+"0123456789ab", "-o", tool, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	out, err := exec.Command(tool, "--version").Output()
	if err != nil || string(out) != "afterput devel, commit 0123456789ab\n" {
		t.Errorf("printed %q, %v", out, err)
	}
}
