package deploytest

import (
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestSYAMLUploadsWhatMakePackageWrites(t *testing.T) {
	m := manifest(t, nil)
	code, handler := fmt.Sprint(at(props(m), "code")), fmt.Sprint(at(props(m), "handler"))
	steps := packageSteps(t)
	for what, want := range map[string]string{
		"the handler":       `go build .* -o ` + regexp.QuoteMeta(path.Join(code, handler)) + ` \./function\n`,
		"the rules":         `cp \S+ ` + regexp.QuoteMeta(path.Join(code, "rules.yaml")) + `\n`,
		"for FC's platform": `CGO_ENABLED=0 GOOS=linux GOARCH=amd64 .*go build`,
	} {
		if !regexp.MustCompile(want).MatchString(steps) {
			t.Errorf("%s: make package does nothing like %s:\n%s", what, want, steps)
		}
	}
	if run := at(m, "resources", "afterput", "actions", "pre-deploy", 0, "run"); run != "make package" {
		t.Errorf("pre-deploy runs %v, want make package", run)
	}
	if runtime := at(props(m), "runtime"); runtime != "go1" {
		t.Errorf("runtime %v: the package is for go1", runtime)
	}
}

// packageSteps are the commands of make package, one a line.
func packageSteps(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("make", "-n", "package")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make -n package: %v\n%s", err, out)
	}
	return regexp.MustCompile(`\\\n\s*`).ReplaceAllString(string(out), "")
}

func TestTriggersNameTheirEvents(t *testing.T) {
	triggers, _ := at(props(manifest(t, nil)), "triggers").([]any)
	if len(triggers) == 0 {
		t.Fatal("s.yaml has no trigger")
	}
	for _, tr := range triggers {
		events, _ := at(tr, "triggerConfig", "events").([]any)
		if len(events) == 0 {
			t.Errorf("%v names no event", at(tr, "triggerName"))
		}
		for _, e := range events {
			switch name := strings.TrimPrefix(fmt.Sprint(e), "oss:ObjectCreated:"); name {
			case "PutObject", "PostObject", "CopyObject", "PutSymlink", "AppendObject", "CompleteMultipartUpload":
			default:
				t.Errorf("%v would run the function for %v, after which there is no whole new object", at(tr, "triggerName"), e)
			}
		}
	}
}

func TestEverythingIsInOneRegion(t *testing.T) {
	m := manifest(t, func(s string) string { return strings.Replace(s, "region: cn-hangzhou", "region: cn-beijing", 1) })
	if region := at(props(m), "region"); region != "cn-beijing" {
		t.Errorf("the function is in %v", region)
	}
	arns := []any{at(props(m), "asyncInvokeConfig", "destinationConfig", "onFailure", "destination")}
	triggers, _ := at(props(m), "triggers").([]any)
	for _, tr := range triggers {
		arns = append(arns, at(tr, "sourceArn"))
	}
	for _, arn := range arns {
		if parts := strings.SplitN(fmt.Sprint(arn), ":", 5); len(parts) != 5 || parts[2] != "cn-beijing" || parts[3] != "1000000000000000" {
			t.Errorf("%v is not in the function's region and account", arn)
		}
	}
}

func TestTheEnvironmentIsSmallAndCarriesNoRules(t *testing.T) {
	env, _ := at(props(manifest(t, nil)), "environmentVariables").(map[string]any)
	size := 0
	for name, value := range env {
		text := fmt.Sprint(value)
		size += len(name) + len(text)
		if strings.HasPrefix(name, "FC_") || strings.Contains(text, "\n") {
			t.Errorf("%s=%q: not a name or not a value for FC's environment", name, text)
		}
	}
	if size > 4<<10 {
		t.Errorf("%d bytes of environment, FC takes 4 KB", size)
	}
}
