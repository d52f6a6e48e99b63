package deploytest

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestManifestsUploadWhatMakePackageWrites(t *testing.T) {
	steps := packageSteps(t)
	forAll(t, func(t *testing.T, file string) {
		m := manifest(t, file, nil)
		code, handler := fmt.Sprint(at(props(m), "code")), fmt.Sprint(at(props(m), "handler"))
		for what, want := range map[string]string{
			"the handler":       `go build .* -o ` + regexp.QuoteMeta(path.Join(code, handler)) + ` \./function\n`,
			"the rules":         `cp \S+ ` + regexp.QuoteMeta(path.Join(code, "rules.yaml")) + `\n`,
			"for FC's platform": `CGO_ENABLED=0 GOOS=linux GOARCH=amd64 .*go build`,
		} {
			if !regexp.MustCompile(want).MatchString(steps) {
				t.Errorf("%s: make package runs no command like %s:\n%s", what, want, steps)
			}
		}
		if run := at(m, "resources", "afterput", "actions", "pre-deploy", 0, "run"); run != "make package" {
			t.Errorf("pre-deploy runs %v, want make package", run)
		}
		// Triggers that do not match the rules stop the deployment.
		check := fmt.Sprint(at(m, "resources", "afterput", "actions", "pre-deploy", 1, "run"))
		if want := "go run ./cmd/afterput validate --s-yaml " + file + " function/rules.yaml"; check != want {
			t.Errorf("pre-deploy runs %s, want %s", check, want)
		}
	})
}

func TestEachManifestRunsTheFunctionOnItsRuntime(t *testing.T) {
	if runtime := at(props(manifest(t, "s.yaml", nil)), "runtime"); runtime != "go1" {
		t.Errorf("runtime %v: without the argument serve the function is for go1", runtime)
	}
	p := props(manifest(t, "s.custom.yaml", nil))
	if runtime := fmt.Sprint(at(p, "runtime")); !strings.HasPrefix(runtime, "custom") {
		t.Errorf("runtime %v: with the argument serve the function is a custom runtime", runtime)
	}
	// FC unpacks the package in /code.
	want := []any{path.Join("/code", fmt.Sprint(at(p, "handler"))), "serve"}
	if command := at(p, "customRuntimeConfig", "command"); !reflect.DeepEqual(command, want) {
		t.Errorf("command %v, want %v", command, want)
	}
	if port := at(p, "customRuntimeConfig", "port"); port != 9000 {
		t.Errorf("port %v; the function listens on 9000 by default", port)
	}
}

func TestManifestsDifferOnlyInTheRuntime(t *testing.T) {
	own := func(name string, _ any) bool {
		switch name {
		case "functionName", "runtime", "customRuntimeConfig", "instanceConcurrency", "memorySize", "cpu":
			return true
		}
		return false
	}
	builtIn, custom := manifest(t, "s.yaml", nil), manifest(t, "s.custom.yaml", nil)
	same := cmpopts.IgnoreMapEntries(own)
	if diff := cmp.Diff(props(builtIn), props(custom), same); diff != "" {
		t.Errorf("props (-s.yaml +s.custom.yaml):\n%s", diff)
	}
	if a, b := at(props(builtIn), "functionName"), at(props(custom), "functionName"); a == b {
		t.Errorf("both deploy %v: one would replace the other", a)
	}
}

// Without the qualifier Serverless Devs asks for it at every later deployment, and a deployment without a terminal ends
// there without an error.
func TestAsynchronousConfigurationNamesItsQualifier(t *testing.T) {
	forAll(t, func(t *testing.T, file string) {
		if q := at(props(manifest(t, file, nil)), "asyncInvokeConfig", "qualifier"); q != "LATEST" {
			t.Errorf("asyncInvokeConfig.qualifier is %v", q)
		}
	})
}

func TestDeploymentChecksItsValues(t *testing.T) {
	forAll(t, func(t *testing.T, file string) {
		if v := at(manifest(t, file, nil), "validation"); v != true {
			t.Errorf("validation is %v: the component would accept any value", v)
		}
	})
}

func TestManifestsContainNoAccessKeys(t *testing.T) {
	key := regexp.MustCompile(`(?i)access_?key|secret|token|LTAI\w{12}|STS\.\w{12}`)
	forAll(t, func(t *testing.T, file string) {
		text, err := os.ReadFile(path.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if found := key.FindString(line); found != "" {
				t.Errorf("%s:%d: %s: the function gets its keys from its role only", file, n+1, found)
			}
		}
	})
}

func TestEveryLineIsALogEntry(t *testing.T) {
	forAll(t, func(t *testing.T, file string) {
		if rule := at(props(manifest(t, file, nil)), "logConfig", "logBeginRule"); rule != "None" {
			t.Errorf("logBeginRule %v would join several JSON lines in one entry", rule)
		}
	})
}

// packageSteps returns the commands of make package, one per line.
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
	forEach(t, wantNamedEvents)
}

func wantNamedEvents(t *testing.T, file string) {
	triggers, _ := at(props(manifest(t, file, nil)), "triggers").([]any)
	if len(triggers) == 0 {
		t.Fatal("there is no trigger")
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
				t.Errorf("%v would run the function for %v, which does not leave a complete new object",
					at(tr, "triggerName"), e)
			}
		}
	}
}

func TestEverythingIsInOneRegion(t *testing.T) { forAll(t, wantOneRegion) }

func wantOneRegion(t *testing.T, file string) {
	m := manifest(t, file, func(s string) string {
		return strings.Replace(s, "region: cn-hangzhou", "region: cn-beijing", 1)
	})
	if region := at(props(m), "region"); region != "cn-beijing" {
		t.Errorf("the function is in %v", region)
	}
	arns := []any{at(props(m), "asyncInvokeConfig", "destinationConfig", "onFailure", "destination")}
	triggers, _ := at(props(m), "triggers").([]any)
	for _, tr := range triggers {
		arns = append(arns, at(tr, "sourceArn"))
	}
	for _, arn := range arns {
		parts := strings.SplitN(fmt.Sprint(arn), ":", 5)
		if len(parts) != 5 || parts[2] != "cn-beijing" || parts[3] != "1000000000000000" {
			t.Errorf("%v is not in the function's region and account", arn)
		}
	}
}

func TestTheEnvironmentIsSmallAndContainsNoRules(t *testing.T) { forAll(t, wantSmallEnvironment) }

func wantSmallEnvironment(t *testing.T, file string) {
	env, _ := at(props(manifest(t, file, nil)), "environmentVariables").(map[string]any)
	size := 0
	for name, value := range env {
		text := fmt.Sprint(value)
		size += len(name) + len(text)
		if strings.HasPrefix(name, "FC_") || strings.Contains(text, "\n") {
			t.Errorf("%s=%q: FC does not accept this name or value", name, text)
		}
	}
	if size > 4<<10 {
		t.Errorf("%d bytes of environment, but FC accepts 4 KB", size)
	}
}
