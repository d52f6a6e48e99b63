package e2e_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tool is the compiled command line tool, about one rules file.
type tool struct {
	*world
	rules string // its file
}

func (w *world) tool(rulesText string) *tool {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rulesText), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return &tool{w, file}
}

// command is a run of the tool that was not started yet. The tool works on the local OSS.
func (t *tool) command(args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.CommandContext(t.t.Context(), toolBinary, args...)
	cmd.Env = []string{"OSS_REGION=cn-hangzhou", "OSS_ENDPOINT=" + t.Endpoint, "ALIBABA_CLOUD_ACCESS_KEY_ID=local",
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET=local"}
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// run runs the tool, which is to succeed, and gives what it prints.
func (t *tool) run(tt *testing.T, args ...string) (stdout, stderr string) {
	tt.Helper()
	cmd, out, err := t.command(args...)
	if failed := cmd.Run(); failed != nil {
		tt.Fatalf("%v: %v\n%s\n%s", args, failed, out, err)
	}
	return out.String(), err.String()
}
