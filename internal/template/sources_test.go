package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"afterput/internal/deploy"
	"afterput/rules"
)

const repository = "../.."

// parameter is what publish.yaml says of a parameter.
type parameter struct {
	Default string
	Pattern string
	Enum    []string
}

func parameters(t *testing.T) (all map[string]parameter, required []string) {
	t.Helper()
	text, err := os.ReadFile(repository + "/template/publish.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Parameters struct {
			Required   []string
			Properties map[string]parameter
		} `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Parameters.Properties, doc.Parameters.Required
}

var placeholder = regexp.MustCompile(`\{\{ ([A-Za-z]+) \}\}`)

// rendered are the files of a project of which nobody has changed a parameter.
func rendered(t *testing.T) map[string]string {
	t.Helper()
	files, err := sources(repository)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"access": "default"}
	all, _ := parameters(t)
	for name, p := range all {
		values[name] = strings.ReplaceAll(p.Default, "${default-suffix}", "x2y3")
	}
	texts := map[string]string{}
	for name, text := range files {
		texts[name] = placeholder.ReplaceAllStringFunc(string(text), func(s string) string {
			return values[placeholder.FindStringSubmatch(s)[1]]
		})
		if strings.Contains(texts[name], "{{") {
			t.Errorf("%s has a placeholder that is not one of the parameters:\n%s", name, texts[name])
		}
	}
	return texts
}

func TestAProjectOfTheDefaultsDeploysRulesTriggersAndPolicyThatMatch(t *testing.T) {
	files := rendered(t)
	noEnv := func(string) (string, bool) { return "", false }
	set, err := rules.Load("code/rules.yaml", []byte(files["code/rules.yaml"]), noEnv)
	if err != nil {
		t.Fatal(err)
	}
	m, err := deploy.ReadManifest("s.yaml", []byte(files["s.yaml"]), noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if problems, warnings := m.Check(set); problems != nil || len(warnings) > 0 {
		t.Errorf("%v %v", problems, warnings)
	}
	triggers, _ := deploy.Triggers(set)
	text, notes, err := m.WithTriggers(triggers)
	if err != nil || string(text) != files["s.yaml"] || len(notes) > 0 {
		t.Errorf("%v %v: the rules imply other triggers:\n%s", err, notes, text)
	}
	if m.Code() != "./code" {
		t.Errorf("code is %s", m.Code())
	}
	options, err := m.PolicyOptions()
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := deploy.PolicyOf(set, options)
	if err != nil {
		t.Fatal(err)
	}
	var got deploy.Policy
	if json.Unmarshal([]byte(files["policy.json"]), &got) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("policy.json is not the least policy of the rules:\n%s\nwant:\n%s", files["policy.json"], want.JSON())
	}
	for name, text := range files {
		for _, left := range []string{"make package", "go run", "function/rules.yaml", "dist/"} {
			if strings.Contains(text, left) {
				t.Errorf("%s speaks of %s, which a project does not have", name, left)
			}
		}
	}
}

func TestEveryParameterIsUsedAndItsDefaultIsAccepted(t *testing.T) {
	files, err := sources(repository)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, text := range files {
		for _, m := range placeholder.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
	}
	delete(used, "access") // Serverless Devs asks for it by itself
	all, required := parameters(t)
	names := slices.Sorted(maps.Keys(all))
	if got := slices.Sorted(maps.Keys(used)); !slices.Equal(got, names) {
		t.Errorf("the files use %v, the parameters are %v", got, names)
	}
	slices.Sort(required)
	if !slices.Equal(required, names) {
		t.Errorf("required are %v of %v: without one of them the project cannot be deployed", required, names)
	}
	for name, p := range all {
		value := strings.ReplaceAll(p.Default, "${default-suffix}", "x2y3")
		if p.Pattern != "" && !regexp.MustCompile(p.Pattern).MatchString(value) {
			t.Errorf("%s: the pattern %s refuses the default %s", name, p.Pattern, value)
		}
		if p.Enum != nil && !slices.Contains(p.Enum, value) {
			t.Errorf("%s: %s is not one of %v", name, value, p.Enum)
		}
	}
}

func TestTheHookRendersEveryFileThatHasParameters(t *testing.T) {
	hook, err := os.ReadFile(repository + "/template/hook/index.js")
	if err != nil {
		t.Fatal(err)
	}
	files, err := sources(repository)
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		byHook := strings.Contains(string(hook), "'"+name+"'")
		if byHook != (name != "s.yaml" && placeholder.Match(files[name])) {
			t.Errorf("%s: rendered by the hook: %v; Serverless Devs renders s.yaml, and nothing else", name, byHook)
		}
	}
}

// commands are those of the fenced blocks of a page.
func commands(t *testing.T, page string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, page))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?m)^ *```sh\n((?:.*\n)*?) *```\n")
	for _, block := range blocks.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// What has to be created once is the same, whether the function is deployed from the repository, whose pages have their
// commands checked, or from a project; and a project's readme has the commands in both languages.
func TestTheReadmesHaveTheCommandsOfThePageOnOperations(t *testing.T) {
	zh, en := commands(t, "template/readme.md"), commands(t, "template/readme_en.md")
	if diff := cmp.Diff(en, zh); diff != "" {
		t.Errorf("commands (-English +Chinese):\n%s", diff)
	}
	page := commands(t, "docs/operations.md")
	var onceForAnAccount []string
	for _, line := range en {
		line = strings.Replace(line, "cat logstore-index.json", "cat examples/logstore-index.json", 1)
		if strings.HasPrefix(line, "aliyun ") || strings.HasPrefix(line, "ossutil ") {
			onceForAnAccount = append(onceForAnAccount, line)
		}
	}
	if len(onceForAnAccount) < 10 {
		t.Errorf("only %d commands", len(onceForAnAccount))
	}
	for _, line := range onceForAnAccount {
		if !slices.Contains(page, line) {
			t.Errorf("docs/operations.md does not have the command\n%s", line)
		}
	}
}

func TestTheHookSaysSoIfSourceAndDestinationAreOneBucket(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	hook, err := filepath.Abs(repository + "/template/hook/index.js")
	if err != nil {
		t.Fatal(err)
	}
	for rulesText, want := range map[string]bool{
		rendered(t)["code/rules.yaml"]: false,
		strings.ReplaceAll(rendered(t)["code/rules.yaml"], "my-replica", "my-uploads"): true,
	} {
		project := t.TempDir()
		if err := os.Mkdir(project+"/code", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(project+"/code/rules.yaml", []byte(rulesText), 0o644); err != nil {
			t.Fatal(err)
		}
		script := fmt.Sprintf("require(%q).postInit({artTemplate() {}, appPath: %q})", hook, project)
		out, err := exec.Command(node, "-e", script).CombinedOutput()
		said := strings.Contains(string(out), "are one bucket")
		if err != nil || said != want || !strings.Contains(string(out), "s plan") {
			t.Errorf("%v: it says so: %v, want %v\n%s", err, said, want, out)
		}
	}
}

func TestTheComponentTakesAProjectInEveryRegion(t *testing.T) {
	schema, err := filepath.Abs(repository + "/../shared/fc3-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(schema); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED: there is no schema of the fc3 component at %s", schema)
	}
	component, err := jsonschema.NewCompiler().Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	all, _ := parameters(t)
	manifest := rendered(t)["s.yaml"]
	for _, region := range all["region"].Enum {
		text := strings.ReplaceAll(manifest, all["region"].Default, region)
		var doc struct {
			Vars      map[string]string
			Resources map[string]struct{ Props any }
		}
		for range 2 { // the variables, then what names them
			if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatal(err)
			}
			for name, value := range doc.Vars {
				text = strings.ReplaceAll(text, "${vars."+name+"}", value)
			}
		}
		props, err := json.Marshal(doc.Resources["afterput"].Props)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(props))
		if err != nil {
			t.Fatal(err)
		}
		if err := component.Validate(value); err != nil {
			t.Errorf("%s: %v", region, err)
		}
	}
}
