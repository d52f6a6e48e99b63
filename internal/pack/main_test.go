package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSameFilesGiveTheSameBytesWhateverTheirTimesAndOwnerBits(t *testing.T) {
	one := folder(t, 0o755, 0o644, time.Now())
	other := folder(t, 0o700, 0o600, time.Unix(1e9, 0))
	a, err := pack(os.DirFS(one))
	if err != nil {
		t.Fatal(err)
	}
	b, err := pack(os.DirFS(other))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two zips of the same files differ")
	}
}

func TestTheZipHoldsTheFilesWithTheRunBit(t *testing.T) {
	dir := folder(t, 0o755, 0o644, time.Now())
	file := filepath.Join(t.TempDir(), "function.zip")
	var printed strings.Builder
	if err := run([]string{dir, file}, &printed); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprintf("%d bytes", len(content)), fmt.Sprintf("%x", sha256.Sum256(content))} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("printed %q, which lacks %q", printed.String(), want)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name] = fmt.Sprintf("%v %s", f.Mode(), text)
	}
	want := map[string]string{"main": "-rwxr-xr-x program", "rules.yaml": "-rw-r--r-- version: 1\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("zip (-want +got):\n%s", diff)
	}
}

func TestAFolderThatFCCouldNotRunIsRefused(t *testing.T) {
	for name, dir := range map[string]string{
		"no run bit":     folder(t, 0o644, 0o644, time.Now()),
		"empty":          t.TempDir(),
		"does not exist": filepath.Join(t.TempDir(), "gone"),
	} {
		file := filepath.Join(t.TempDir(), "function.zip")
		if err := run([]string{dir, file}, io.Discard); err == nil {
			t.Errorf("%s: packed", name)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s: a zip was written", name)
		}
	}
}

// folder is a package's folder with these modes and times.
func folder(t *testing.T, program, rules fs.FileMode, at time.Time) string {
	t.Helper()
	dir := t.TempDir()
	for name, f := range map[string]struct {
		text string
		mode fs.FileMode
	}{"main": {"program", program}, "rules.yaml": {"version: 1\n", rules}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
