package settings

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/state"
)

// from is an environment of these variables alone.
func from(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

// noFunctions leaves out what connects to other regions.
var noFunctions = cmpopts.IgnoreFields(copier.Options{}, "Remote")

func TestEnvironmentOfFunctionComputeIsEnough(t *testing.T) {
	c, problems := Read(from(map[string]string{"FC_FUNC_CODE_PATH": "/code", "FC_REGION": "cn-shanghai"}))
	if problems != nil {
		t.Fatal(problems)
	}
	want := Settings{
		Rules: "/code/rules.yaml", Refresh: time.Minute, Region: "cn-shanghai", LogLevel: slog.LevelInfo,
		Engine: copier.Options{Confirm: copier.ConfirmSlow, Prefer: copier.PreferTime, Region: "cn-shanghai"},
		Listen: ":9000",
	}
	if diff := cmp.Diff(want, c, noFunctions); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestEveryVariableIsRead(t *testing.T) {
	c, problems := Read(from(map[string]string{
		"FC_FUNC_CODE_PATH": "/code", "FC_REGION": "cn-shanghai",
		"AFTERPUT_RULES": "other.yaml", "OSS_REGION": "cn-beijing", "OSS_ENDPOINT": "http://127.0.0.1:9000",
		"AFTERPUT_LOG_LEVEL": "debug", "AFTERPUT_CONFIRM": "always", "AFTERPUT_STATE": "oss://states/of/afterput/",
		"AFTERPUT_PART_SIZE": "32MiB", "AFTERPUT_PARTS_IN_FLIGHT": "7", "AFTERPUT_SINGLE_COPY_LIMIT": "1000",
		"AFTERPUT_DELETES_AN_HOUR": "50", "AFTERPUT_PREFER": "money",
		"AFTERPUT_DEADLINE_MARGIN": "2s", "AFTERPUT_RULES_REFRESH": "5s",
		"AFTERPUT_LISTEN": "127.0.0.1", "FC_CUSTOM_LISTEN_PORT": "8080",
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret",
		"ALIBABA_CLOUD_SECURITY_TOKEN": "token",
	}))
	if problems != nil {
		t.Fatal(problems)
	}
	want := Settings{
		Rules: "other.yaml", Refresh: 5 * time.Second, Region: "cn-beijing", Endpoint: "http://127.0.0.1:9000",
		LogLevel: slog.LevelDebug, Margin: 2 * time.Second, Listen: "127.0.0.1:8080",
		Engine: copier.Options{
			PartSize: 32 << 20, PartsInFlight: 7, SingleCopyLimit: 1000, Confirm: copier.ConfirmAlways,
			State: state.Location{Bucket: "states", Prefix: "of/afterput/"}, Region: "cn-beijing",
			DeletesAnHour: 50, Prefer: copier.PreferMoney,
		},
		Credentials: osscall.Credentials{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"},
	}
	if diff := cmp.Diff(want, c, noFunctions); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
	c, problems = Read(from(map[string]string{"FC_REGION": "cn-beijing", "AFTERPUT_STATE": "off"}))
	if problems != nil || !c.Engine.State.Off || c.Rules != "rules.yaml" {
		t.Errorf("state off: %+v, %v", c, problems)
	}
}

func TestEveryWrongVariableIsNamedWithWhatIsWanted(t *testing.T) {
	wrong := map[string][]string{
		"OSS_ENDPOINT": {"oss-cn-hangzhou.aliyuncs.com", "ftp://host", "http://", ":",
			"https://oss-cn-hangzhou.aliyuncs.com/bucket", "https://oss-cn-hangzhou.aliyuncs.com?x",
			"https://key:secret@oss-cn-hangzhou.aliyuncs.com", "https://uploads.oss-cn-hangzhou.aliyuncs.com"},
		"OSS_REGION": {"oss-cn-hangzhou", "Hangzhou", "cn-hanghzou",
			"https://oss-cn-hangzhou-internal.aliyuncs.com"},
		"AFTERPUT_LOG_LEVEL": {"loud", "INFO"},
		"AFTERPUT_CONFIRM":   {"sometimes"},
		"AFTERPUT_PREFER":    {"speed", "Money"},
		"AFTERPUT_STATE": {"on", "OFF", "oss://", "oss://bucket", "oss://bucket/", "oss:///prefix/", "bucket/prefix/",
			"oss://uploads/in", "oss://uploads//in/", "oss://uploads/in//of/", "oss://uploads//", "oss://Uploads/in/",
			"oss://no/in/", "OSS://uploads/in/", `oss://uploads/\in/`,
			"oss://uploads/" + strings.Repeat("x", 1000) + "/"},
		"AFTERPUT_PART_SIZE": {"0", "99KiB", "6GiB", "-1", "64MB", "1e9", "99999999999999999999", "8589934592GiB",
			"1.5MiB", "NaN"},
		"AFTERPUT_PARTS_IN_FLIGHT": {"0", "1001", "many", "100B", "1KiB", "12.5", "1e2", "-7", "+7", "007", "0x10",
			" 7", "NaN", "18446744073709551617"},
		"AFTERPUT_ENDPOINTS": {"cn-beijing", "=https://a.example", "https://oss-cn-beijing.aliyuncs.com", ",",
			"cn-beijing=oss-cn-beijing.aliyuncs.com", "cn-beijing=https://a.example,cn-beijing=https://b.example",
			"oss-cn-beijing=https://a.example", "cn-beijing=https://a.example,",
			"cn-bejing=https://a.example", "cn-beijing=https://oss-cn-shanghai.aliyuncs.com",
			"cn-beijing=https://far.oss-cn-beijing.aliyuncs.com"},
		"AFTERPUT_SINGLE_COPY_LIMIT": {"0", "2GiB", "0.5GiB", "9223372036854775808"},
		"AFTERPUT_DELETES_AN_HOUR":   {"0", "-1", "none", "1000001"},
		"AFTERPUT_LISTEN":            {"localhost", "127.0.0.1:9000", "0"},
		"AFTERPUT_DEADLINE_MARGIN":   {"5", "-5s", "0s", "soon", "NaN", "NaNs", "Infs", "1e300s", "9999999999h"},
		"AFTERPUT_RULES_REFRESH":     {"5", "-5s", "999ms", "NaN"},
		"AFTERPUT_RULES":             {"oss://", "oss://settings", "oss://settings/", "oss:///rules.yaml"},
		"FC_CUSTOM_LISTEN_PORT":      {"http", "65536", "-1", "9000.5"},
	}
	allWrong := map[string]string{} // and no region
	for name, values := range wrong {
		for _, value := range values {
			_, err := Read(from(map[string]string{"FC_REGION": "cn-hangzhou", name: value}))
			if err == nil || !strings.HasPrefix(err.Error(), name+" is ") ||
				!strings.Contains(err.Error(), "want ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%s: %v", name, value, err)
			}
			allWrong[name] = value
		}
	}
	delete(allWrong, "OSS_REGION")
	_, err := Read(from(allWrong))
	if err == nil {
		t.Fatal("no problem, although every variable is wrong")
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(wrong) {
		t.Errorf("%d problems, want one for each variable and the region:\n%v", len(lines), err)
	}
}

func TestEmptyVariableCountsAsNotSet(t *testing.T) {
	vars := map[string]string{"FC_REGION": "cn-hangzhou"}
	for _, name := range []string{
		"AFTERPUT_RULES", "OSS_REGION", "OSS_ENDPOINT", "AFTERPUT_LOG_LEVEL", "AFTERPUT_CONFIRM", "AFTERPUT_STATE",
		"AFTERPUT_PART_SIZE", "AFTERPUT_PARTS_IN_FLIGHT", "AFTERPUT_SINGLE_COPY_LIMIT", "AFTERPUT_DEADLINE_MARGIN",
		"AFTERPUT_ENDPOINTS", "AFTERPUT_PREFER",
	} {
		vars[name] = ""
	}
	c, err := Read(from(vars))
	if err != nil || c.Region != "cn-hangzhou" || c.Engine.Confirm != copier.ConfirmSlow {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRulesUnderTheStatePrefixAreRefused(t *testing.T) {
	for _, vars := range []map[string]string{
		{"AFTERPUT_RULES": "oss://settings/.afterput/rules.yaml"},
		{"AFTERPUT_RULES": "oss://settings/a/rules.yaml", "AFTERPUT_STATE": "oss://settings/a/"},
	} {
		vars["FC_REGION"] = "cn-hangzhou"
		_, problems := Read(from(vars))
		if len(problems) != 1 || problems[0].Variable != "AFTERPUT_RULES" ||
			!strings.Contains(problems[0].Message, "under the state prefix") {
			t.Errorf("%v: %v", vars, problems)
		}
	}
	for _, location := range []string{"oss://other/a/", "oss://settings/a/b/", "off"} {
		vars := map[string]string{
			"FC_REGION": "cn-hangzhou", "AFTERPUT_RULES": "oss://settings/a/rules.yaml", "AFTERPUT_STATE": location,
		}
		if _, problems := Read(from(vars)); problems != nil {
			t.Errorf("%v: %v", vars, problems)
		}
	}
}

func TestAStateWithoutASlashAtTheEndIsRefusedWithTheFix(t *testing.T) {
	_, problems := Engine(from(map[string]string{"AFTERPUT_STATE": "oss://uploads/in"}))
	want := `AFTERPUT_STATE is "oss://uploads/in"; want a prefix that ends with a slash: ` +
		`write oss://uploads/in/, or objects whose keys begin with "in" would not be copied`
	if problems.Error() != want {
		t.Errorf("got  %v\nwant %s", problems, want)
	}
}

func TestTheEngineIsReadTheSameForWhoeverCopies(t *testing.T) {
	vars := map[string]string{
		"FC_REGION": "cn-shenzhen",
		State:       "oss://states/a/", Confirm: "never", PartSize: "1MiB", PartsInFlight: "9", SingleCopyLimit: "1GiB",
		Prefer: "money",
	}
	whole, _ := Read(from(vars))
	engine, problems := Engine(from(vars))
	wantEngine := copier.Options{
		State: state.Location{Bucket: "states", Prefix: "a/"}, Confirm: copier.ConfirmNever,
		PartSize: 1 << 20, PartsInFlight: 9, SingleCopyLimit: 1 << 30, Region: "cn-shenzhen",
		Prefer: copier.PreferMoney,
	}
	if whole.Engine.Region != "cn-shenzhen" || whole.Engine.Remote == nil || engine.Remote == nil {
		t.Errorf("the function reads %+v, a command %+v", whole.Engine, engine)
	}
	if problems != nil || !cmp.Equal(whole.Engine, engine, noFunctions) || !cmp.Equal(engine, wantEngine, noFunctions) {
		t.Errorf("the function reads %+v, a command %+v, %v", whole.Engine, engine, problems)
	}
}
