package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestEveryFileCanBeStandardInputWhichMessagesCallSo(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("OSS_REGION", "cn-hangzhou")
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	rules := path("rules.yaml")
	for _, args := range [][]string{
		{"validate", "-"}, {"validate", rules, "--s-yaml", "-"}, {"explain", "-", "--key", "oss://photos/a"},
		{"explain", rules, "--keys", "-", "--bucket", "photos"}, {"explain", rules, "--event", "-"}, {"graph", "-"},
		{"local", "--rules", "-"}, {"local", "--rules", rules, "--policy", "-"},
		{"local", "--rules", rules, "--faults", "-"},
		{"triggers", "-"}, {"policy", "-"}, {"policy", rules, "--s-yaml", "-"}, {"diff", "-"},
		{"diff", rules, "--keys", "-"}, {"backfill", "-"}, {"backfill", rules, "--keys", "-"},
		{"replay", "-", "--rules", rules}, {"replay", rules, "--rules", "-"}, {"oss", "--policy", "-"},
		{"oss", "--faults", "-"}, {"oss", "--foreign", "photos=1", "--bucket-policies", "-"},
	} {
		if args[0] == "local" {
			args = append(args, "--function", function)
		}
		cmd := exec.Command("afterput", args...)
		cmd.Stdin = strings.NewReader("\xff not what it should be")
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "standard input") {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
}
