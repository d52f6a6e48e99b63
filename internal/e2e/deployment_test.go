package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"go.yaml.in/yaml/v3"

	"afterput/internal/deploy"
	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
	"afterput/rules"
)

const (
	settingsBucket = "settings"
	rulesKey       = "a/rules.yaml"
	roleSecret     = "role's secret"
	roleToken      = "role's token"
)

// deployment is a world that is set up as a shipped s.yaml deploys a rules file.
type deployment struct {
	*world
	set      *rules.Set
	policy   deploy.Policy
	notes    []string
	triggers []localcloud.Trigger
	sweep    localcloud.Timer // where there is one

	mu            sync.Mutex
	usedActions   map[string]bool // actions that OSS checked against the policy
	deniedActions []string
}

// functionProps are those fields of a function in s.yaml that the local FC takes.
type functionProps struct {
	Runtime              string
	InstanceConcurrency  int `yaml:"instanceConcurrency"`
	MemorySize           int `yaml:"memorySize"`
	Timeout              int
	EnvironmentVariables map[string]string `yaml:"environmentVariables"`
	AsyncInvokeConfig    struct {
		MaxAsyncRetryAttempts int `yaml:"maxAsyncRetryAttempts"`
	} `yaml:"asyncInvokeConfig"`
	InstanceLifecycleConfig struct{ Initializer *struct{} } `yaml:"instanceLifecycleConfig"`
	Triggers                []struct {
		TriggerType   string `yaml:"triggerType"`
		TriggerName   string `yaml:"triggerName"`
		SourceArn     string `yaml:"sourceArn"`
		TriggerConfig struct {
			Payload string
			Events  []string
			Filter  struct {
				Key struct{ Prefix, Suffix string }
			}
			EventRuleFilterPattern string `yaml:"eventRuleFilterPattern"`
		} `yaml:"triggerConfig"`
	}
}

// startDeployment starts what `afterput triggers`, `afterput policy` and `s deploy` would deploy with the s.yaml of the
// current runtime: the function as configured there, the rules file in OSS, the generated triggers and no others, and a
// role with the generated policy and nothing else.
func startDeployment(t *testing.T, rulesText string, change ...func(*localcloud.Config)) *deployment {
	t.Helper()
	return startSwept(t, rulesText, 0, change...)
}

// startSwept is startDeployment with a sweep that runs so often; none for 0.
func startSwept(
	t *testing.T, rulesText string, every time.Duration, change ...func(*localcloud.Config),
) *deployment {
	t.Helper()
	none := func(string) (string, bool) { return "", false }
	set, err := rules.Load("rules.yaml", []byte(rulesText), none)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", currentRuntime.manifest))
	if err != nil {
		t.Fatal(err)
	}
	const level = "AFTERPUT_LOG_LEVEL: info\n"
	location := "        AFTERPUT_RULES: oss://" + settingsBucket + "/" + rulesKey + "\n"
	edited := strings.Replace(string(text), level, level+location, 1)
	m, err := deploy.ReadManifest(currentRuntime.manifest, []byte(edited), none)
	if err != nil {
		t.Fatal(err)
	}
	implied, _ := deploy.Triggers(set)
	written, _, err := m.WithTriggers(implied)
	if err != nil {
		t.Fatal(err)
	}
	if every > 0 {
		written = withSweep(t, written, every)
	}
	if m, err = deploy.ReadManifest(currentRuntime.manifest, written, none); err != nil {
		t.Fatal(err)
	}
	options, err := m.PolicyOptions()
	if err != nil {
		t.Fatal(err)
	}
	d := &deployment{set: set, usedActions: map[string]bool{}}
	if d.policy, d.notes, err = deploy.PolicyOf(set, options); err != nil {
		t.Fatal(err)
	}
	parsed, err := ram.Parse([]byte(d.policy.JSON()))
	if err != nil {
		t.Fatal(err)
	}
	p := readFunctionProps(t, written)
	for _, tr := range p.Triggers {
		if tr.TriggerType == "timer" {
			d.sweep = localcloud.Timer{Name: tr.TriggerName, Payload: tr.TriggerConfig.Payload}
			continue
		}
		if tr.TriggerType == deploy.EventBridge {
			d.triggers = append(d.triggers, ofPattern(t, tr.TriggerConfig.EventRuleFilterPattern))
			continue
		}
		one := localcloud.Trigger{Bucket: tr.SourceArn[strings.LastIndex(tr.SourceArn, ":")+1:],
			Prefix: tr.TriggerConfig.Filter.Key.Prefix, Suffix: tr.TriggerConfig.Filter.Key.Suffix}
		for _, e := range tr.TriggerConfig.Events {
			one.Events = append(one.Events, strings.TrimPrefix(e, "oss:"))
		}
		d.triggers = append(d.triggers, one)
	}
	setUp := func(c *localcloud.Config) {
		c.Sources, c.Destinations, c.Triggers = set.Sources(), set.Destinations(), d.triggers
		c.FC.Custom, c.FC.Concurrency = strings.HasPrefix(p.Runtime, "custom"), p.InstanceConcurrency
		c.FC.Initializer = p.InstanceLifecycleConfig.Initializer != nil
		c.FC.MemoryMB, c.FC.Timeout = p.MemorySize, time.Duration(p.Timeout)*time.Second
		c.FC.MaxRetries = p.AsyncInvokeConfig.MaxAsyncRetryAttempts
		for name, value := range p.EnvironmentVariables {
			c.Env = append(c.Env, name+"="+value)
		}
		c.FC.Credentials = func() localfc.Credentials {
			return localfc.Credentials{AccessKeyID: "role", AccessKeySecret: roleSecret, SecurityToken: roleToken}
		}
		c.OSS.AccessKeys = accessKeys
		c.OSS.Data = rulesFolder(t, rulesText)
		c.OSS.Authorize = localoss.Allowing("role", func(action, resource string) bool {
			ok := parsed.Allows(action, resource)
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.usedActions[action] = true; !ok {
				d.deniedActions = append(d.deniedActions, action+" on "+resource)
			}
			return ok
		})
	}
	d.world = start(t, replicate, append([]func(*localcloud.Config){setUp}, change...)...)
	return d
}

// ofPattern is the trigger of EventBridge with a pattern.
func ofPattern(t *testing.T, pattern string) localcloud.Trigger {
	t.Helper()
	type keyed struct{ Prefix, Suffix string }
	var p struct {
		Type []string
		Data struct {
			OSS struct {
				Bucket struct{ Name []string }
				Object struct{ Key []keyed }
			}
		}
		Subject []keyed
	}
	if err := json.Unmarshal([]byte(pattern), &p); err != nil || len(p.Data.OSS.Bucket.Name) != 1 {
		t.Fatalf("the pattern %s: %v", pattern, err)
	}
	tr := localcloud.Trigger{EventBridge: true, Bucket: p.Data.OSS.Bucket.Name[0]}
	for _, name := range p.Type {
		tr.Events = append(tr.Events, strings.TrimPrefix(name, "oss:"))
	}
	for _, k := range p.Data.OSS.Object.Key {
		tr.Prefixes = append(tr.Prefixes, k.Prefix)
	}
	for _, k := range p.Subject {
		tr.Suffixes = append(tr.Suffixes, k.Suffix)
	}
	return tr
}

// withSweep adds a sweep to a manifest.
func withSweep(t *testing.T, text []byte, every time.Duration) []byte {
	t.Helper()
	m, err := deploy.ReadManifest(currentRuntime.manifest, text, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := deploy.Sweep(new(rules.Set), every)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = m.WithSweep(sweep); err != nil {
		t.Fatal(err)
	}
	return text
}

// accessKeys are the keys of the uploading user and of the function's role.
var accessKeys = map[string]localoss.AccessKey{
	"local": {Secret: "local", Principal: "200011112222333344"},
	"role":  {Secret: roleSecret, SecurityToken: roleToken, Role: "afterput/session"},
}

func readFunctionProps(t *testing.T, manifest []byte) functionProps {
	t.Helper()
	var file struct {
		Vars      map[string]string
		Resources map[string]struct{ Props functionProps }
	}
	if err := yaml.Unmarshal(manifest, &file); err != nil {
		t.Fatal(err)
	}
	return file.Resources["afterput"].Props
}

// rulesFolder returns a data folder for the local OSS that contains the rules file.
func rulesFolder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	server, err := localoss.New(localoss.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := server.CreateBucket(settingsBucket); err != nil {
		t.Fatal(err)
	}
	client := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithHttpClient(&http.Client{Transport: server.Transport()}))
	_, err = client.PutObject(t.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr(settingsBucket), Key: oss.Ptr(rulesKey), Body: strings.NewReader(text),
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// upload uploads an object to the bucket.
func (d *deployment) upload(bucket, key string, change func(*oss.PutObjectRequest)) {
	d.t.Helper()
	request := &oss.PutObjectRequest{Bucket: &bucket, Key: &key, Body: strings.NewReader("every field\n")}
	if change != nil {
		change(request)
	}
	if _, err := d.client.PutObject(d.t.Context(), request); err != nil {
		d.t.Fatal(err)
	}
}

// wantPolicyExact checks that the policy denied nothing that was needed, and allows nothing that was not needed, except
// for the actions that the notes of the policy explain.
func (d *deployment) wantPolicyExact() {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil {
		d.t.Errorf("the policy denied %q", d.deniedActions)
	}
	for _, s := range d.policy.Statement {
		for _, action := range s.Action {
			noted := slices.ContainsFunc(d.notes, func(n string) bool { return strings.HasPrefix(n, action+": ") })
			if !d.usedActions[action] && !noted {
				d.t.Errorf("the policy allows %s, which was not needed", action)
			}
		}
	}
}
