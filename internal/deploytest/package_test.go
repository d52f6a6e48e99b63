package deploytest

import (
	"archive/zip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// copyOf copies the repository's files to another folder, with other modification times.
func copyOf(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "elsewhere")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(root, path)
		switch {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case slices.Contains([]string{".git", "bin", "dist"}, name):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// packaged runs make package in a copy of the repository, and returns its output and the zip file.
func packaged(t *testing.T, dir string, args ...string) (printed, file string) {
	t.Helper()
	cmd := exec.Command("make", append([]string{"-s", "package"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make package: %v\n%s", err, out)
	}
	return string(out), filepath.Join(dir, "dist", "function.zip")
}

func TestMakePackageWritesTheSameBytesTwiceAndFewEnough(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the function for FC")
	}
	const most = 36 << 20 / 10
	var sums []string
	for range 2 {
		dir := copyOf(t)
		printed, file := packaged(t, dir)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(content))
		if !strings.Contains(printed, sum) || !strings.Contains(printed, fmt.Sprint(len(content), " bytes")) {
			t.Errorf("make package printed %q; want the size %d and the SHA-256 %s", printed, len(content), sum)
		}
		if len(content) > most {
			t.Errorf("the package has %d bytes, want at most %d", len(content), most)
		}
		sums = append(sums, sum)
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds of the same files have the SHA-256 %s and %s", sums[0], sums[1])
	}
}

func TestMakePackageAddsTheRulesItIsGiven(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the function for FC")
	}
	dir := copyOf(t)
	_, file := packaged(t, dir, "RULES=examples/archive.yaml")
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		names = append(names, fmt.Sprint(f.Name, " ", f.Mode()))
	}
	if want := []string{"main -rwxr-xr-x", "rules.yaml -rw-r--r--"}; !slices.Equal(names, want) {
		t.Errorf("the package contains %q, want %q", names, want)
	}
	packed, err := z.Open("rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(packed)
	want, err2 := os.ReadFile(filepath.Join(root, "examples", "archive.yaml"))
	if err != nil || err2 != nil || string(got) != string(want) {
		t.Errorf("the package contains other rules: %v, %v\n%s", err, err2, got)
	}
	cmd := exec.Command("make", "-s", "package", "RULES=gone.yaml")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "no rules file gone.yaml") {
		t.Errorf("RULES=gone.yaml: %v\n%s", err, out)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("a failed make package removed the last package: %v", err)
	}
}
