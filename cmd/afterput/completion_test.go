package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// completes has bash complete a command line whose last word is not complete yet.
func completes(t *testing.T, script, line string) []string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	words := strings.Split(line, " ")
	cmd := exec.Command(bash, append([]string{"--norc", "-c",
		`source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _afterput; printf '%s\n' "${COMPREPLY[@]}"`,
		"bash", script}, words...)...)
	cmd.Dir = filepath.Dir(script)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return strings.Fields(string(out))
}

func TestBashCompletesCommandsFlagsValuesAndFiles(t *testing.T) {
	path := files(t, map[string]string{"completion": good(t, "completion", "bash"), "rules.yaml": replicateAll})
	for line, want := range map[string][]string{
		"afterput va":                        {"validate"},
		"afterput --col":                     {"--color"},
		"afterput --color ":                  {"auto", "always", "never"},
		"afterput --color always graph --fo": {"--format"},
		"afterput explain --prefer ":         {"time", "money"},
		"afterput -q graph --for":            {"--format"},
		"afterput graph --format ":           {"mermaid", "dot", "svg"},
		"afterput graph --format = s":        {"svg"},
		"afterput graph --format svg ru":     {"rules.yaml"},
		"afterput explain --keys ru":         {"rules.yaml"},
		"afterput explain --key ru":          nil,
		"afterput completion ":               {"bash", "zsh", "fish"},
		"afterput copy --metadata-dir":       {"--metadata-directive"},
	} {
		if got := completes(t, path("completion"), line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestEveryShellCanReadItsScriptWhichHasEveryCommandAndFlag(t *testing.T) {
	parser := newParser(new(commands), console{}, nil)
	for shell, flagIn := range map[string]func(command, flag string) string{
		"bash": func(_, flag string) string { return "--" + flag },
		"zsh":  func(_, flag string) string { return "--" + flag },
		"fish": func(command, flag string) string {
			return "'__fish_seen_subcommand_from " + command + "' -l " + flag
		},
	} {
		script := good(t, "completion", shell)
		_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error { // no visit fails
			if flag, ok := node.(*kong.Flag); ok {
				for _, command := range parser.Model.Children {
					missing := !strings.Contains(script, flagIn(command.Name, flag.Name))
					if slices.Contains(command.Flags, flag) && missing {
						t.Errorf("%s: %s has no flag --%s", shell, command.Name, flag.Name)
					}
				}
			}
			return next(nil)
		})
		program, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not installed", shell)
			continue
		}
		check := exec.Command(program, "-n")
		check.Stdin = strings.NewReader(script)
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s -n: %v\n%s", shell, err, out)
		}
	}
	if code, _, problems := command(t, "completion", "csh"); code != exitUsage ||
		!strings.Contains(problems, "want one of bash, zsh, fish") {
		t.Errorf("csh: exit %d: %s", code, problems)
	}
}

func TestFishCompletesFlagsBeforeACommandTooAndTheCommandAfterThem(t *testing.T) {
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("fish is not installed")
	}
	path := files(t, map[string]string{"completion": good(t, "completion", "fish")})
	for line, want := range map[string]string{"afterput --col": "--color", "afterput --color al": "always",
		"afterput --color always va": "validate", "afterput -q graph --form": "--format",
		"afterput completion z": "zsh"} {
		out, err := exec.Command(fish, "--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, path("completion"),
			line).Output()
		word, _, _ := strings.Cut(string(out), "\t")
		if err != nil || strings.TrimSpace(word) != want {
			t.Errorf("%q: %q, %v; want %s", line, out, err, want)
		}
	}
}
