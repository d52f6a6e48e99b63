package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/copier"
	"afterput/rules"
)

// from is an environment of these variables alone.
func from(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func TestEnvironmentOfFunctionComputeIsEnough(t *testing.T) {
	c, err := configFrom(from(map[string]string{"FC_FUNC_CODE_PATH": "/code", "FC_REGION": "cn-shanghai"}))
	if err != nil {
		t.Fatal(err)
	}
	want := config{rules: "/code/rules.yaml", refresh: time.Minute, region: "cn-shanghai", logLevel: slog.LevelInfo,
		engine: copier.Options{Confirm: copier.ConfirmSlow}, listen: ":9000"}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestEveryVariableIsRead(t *testing.T) {
	c, err := configFrom(from(map[string]string{
		"FC_FUNC_CODE_PATH": "/code", "FC_REGION": "cn-shanghai",
		"AFTERPUT_RULES": "other.yaml", "OSS_REGION": "cn-beijing", "OSS_ENDPOINT": "http://127.0.0.1:9000",
		"AFTERPUT_LOG_LEVEL": "debug", "AFTERPUT_CONFIRM": "always", "AFTERPUT_STATE": "oss://states/of/afterput/",
		"AFTERPUT_PART_SIZE": "32MiB", "AFTERPUT_PARTS_IN_FLIGHT": "7", "AFTERPUT_SINGLE_COPY_LIMIT": "1000", "AFTERPUT_DEADLINE_MARGIN": "2s", "AFTERPUT_RULES_REFRESH": "5s", "AFTERPUT_LISTEN": "127.0.0.1", "FC_CUSTOM_LISTEN_PORT": "8080",
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret", "ALIBABA_CLOUD_SECURITY_TOKEN": "token",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := config{rules: "other.yaml", refresh: 5 * time.Second, region: "cn-beijing", endpoint: "http://127.0.0.1:9000", logLevel: slog.LevelDebug, margin: 2 * time.Second, listen: "127.0.0.1:8080",
		engine: copier.Options{PartSize: 32 << 20, PartsInFlight: 7, SingleCopyLimit: 1000, Confirm: copier.ConfirmAlways,
			State: copier.State{Bucket: "states", Prefix: "of/afterput/"}},
		credentials: copier.Credentials{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"}}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
	c, err = configFrom(from(map[string]string{"FC_REGION": "cn-beijing", "AFTERPUT_STATE": "off"}))
	if err != nil || !c.engine.State.Off || c.rules != "rules.yaml" {
		t.Errorf("state off: %+v, %v", c, err)
	}
}

func TestEveryWrongVariableIsNamedWithWhatIsWanted(t *testing.T) {
	wrong := map[string][]string{
		"OSS_ENDPOINT":               {"oss-cn-hangzhou.aliyuncs.com", "ftp://host", "http://", ":"},
		"AFTERPUT_LOG_LEVEL":         {"loud", "INFO"},
		"AFTERPUT_CONFIRM":           {"sometimes"},
		"AFTERPUT_STATE":             {"on", "oss://", "oss://bucket", "oss://bucket/", "oss:///prefix", "bucket/prefix"},
		"AFTERPUT_PART_SIZE":         {"0", "99KiB", "6GiB", "-1", "64MB", "1e9", "99999999999999999999", "8589934592GiB"},
		"AFTERPUT_PARTS_IN_FLIGHT":   {"0", "1001", "many"},
		"AFTERPUT_SINGLE_COPY_LIMIT": {"0", "2GiB"},
		"AFTERPUT_LISTEN":            {"localhost", "127.0.0.1:9000", "0"},
		"AFTERPUT_DEADLINE_MARGIN":   {"5", "-5s", "0s", "soon"},
	}
	worst := map[string]string{} // all at once, without a region
	for name, values := range wrong {
		for _, value := range values {
			_, err := configFrom(from(map[string]string{"FC_REGION": "cn-hangzhou", name: value}))
			if err == nil || !strings.HasPrefix(err.Error(), name+" is ") || !strings.Contains(err.Error(), "want ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%s: %v", name, value, err)
			}
			worst[name] = value
		}
	}
	_, err := configFrom(from(worst))
	if err == nil {
		t.Fatal("all wrong at once is taken")
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(wrong)+1 {
		t.Errorf("%d problems, want one for each variable and the region:\n%v", len(lines), err)
	}
}

func TestEmptyVariableCountsAsNotSet(t *testing.T) {
	vars := map[string]string{"FC_REGION": "cn-hangzhou"}
	for _, name := range []string{"AFTERPUT_RULES", "OSS_REGION", "OSS_ENDPOINT", "AFTERPUT_LOG_LEVEL", "AFTERPUT_CONFIRM", "AFTERPUT_STATE",
		"AFTERPUT_PART_SIZE", "AFTERPUT_PARTS_IN_FLIGHT", "AFTERPUT_SINGLE_COPY_LIMIT", "AFTERPUT_DEADLINE_MARGIN"} {
		vars[name] = ""
	}
	c, err := configFrom(from(vars))
	if err != nil || c.region != "cn-hangzhou" || c.engine.Confirm != copier.ConfirmSlow {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestFunctionThatCannotStartSaysWhatToDo(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(bad, []byte("version: 2\nsources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		vars map[string]string
		want []string
	}{
		"no region": {map[string]string{}, []string{"OSS_REGION", "cn-hangzhou"}},
		"no rules":  {map[string]string{"FC_REGION": "cn-hangzhou", "FC_FUNC_CODE_PATH": t.TempDir()}, []string{"rules.yaml", "AFTERPUT_RULES"}},
		"bad rules": {map[string]string{"FC_REGION": "cn-hangzhou", "AFTERPUT_RULES": bad}, []string{bad + ":1:", "version must be 1", "rules"}},
	}
	for name, c := range cases {
		err := run(nil, from(c.vars), io.Discard)
		if err == nil {
			t.Fatalf("%s: it ran", name)
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not said: %v", name, want, err)
			}
		}
	}
}

func TestRulesFileThatIsDeployedUnlessAnotherIsNamedLoads(t *testing.T) {
	text, err := os.ReadFile("rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.Load("rules.yaml", text, from(nil)); err != nil {
		t.Error(err)
	}
}
