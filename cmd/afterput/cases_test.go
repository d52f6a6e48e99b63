package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	casesFolder = "../../testdata/cases"
	session     = "session.txt"
)

// Each folder of testdata/cases has small files that users may write, and a session: what is right, after #, and what
// the commands about these files print. Every file is named by a command.
func TestCommandsAboutEachCasePrintWhatItsSessionShows(t *testing.T) {
	entries, err := os.ReadDir(casesFolder)
	if err != nil || len(entries) < 15 {
		t.Fatalf("%d cases, %v", len(entries), err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			t.Chdir(filepath.Join(casesFolder, entry.Name()))
			text, err := os.ReadFile(session)
			if err != nil {
				t.Fatal(err)
			}
			want := string(text)
			got, named := played(t, want)
			if *update {
				if err := os.WriteFile(session, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs (-session +printed); -update rewrites it:\n%s", diff)
			}
			wantAllNamed(t, named)
		})
	}
}

// wantAllNamed checks that every file of the folder is one of those that commands name.
func wantAllNamed(t *testing.T, named []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != session && !slices.Contains(named, f.Name()) {
			t.Errorf("no command of the session names %s", f.Name())
		}
	}
}

// played is a session as it happens: its comments, and its commands with what they print. named are the arguments of
// all commands.
func played(t *testing.T, text string) (happens string, named []string) {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		words, isCommand := strings.CutPrefix(line, "$ afterput ")
		if strings.HasPrefix(line, "#") {
			fmt.Fprintln(&b, line)
		}
		if !isCommand {
			continue
		}
		args := strings.Fields(words)
		code, out, problems := command(t, args...)
		fmt.Fprintf(&b, "\n%s\n%s%s", line, out, problems)
		if code != exitGood {
			fmt.Fprintf(&b, "exit %d\n", code)
		}
		named = append(named, args...)
	}
	return b.String(), named
}
