package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

const tenantRules = `version: 1
sources: [photos, films]
defaults: {copy: {object-acl: private, server-side-encryption: AES256}}
rules:
  - {name: all, match: {bucket: photos}, copy: [{bucket: replica}]}
  - {name: tenants, match: {bucket: films, regexp: '^t/(?<of>[a-z]+)/'}, copy: [{bucket: "tenant-${re.of}"}]}
`

// startLocal starts afterput local with rules, and gives a client for it.
func startLocal(t *testing.T, rules string, args ...string) (s *served, c *oss.Client, greeting string) {
	t.Helper()
	path := files(t, map[string]string{"rules.yaml": rules})
	s = serveCommand(t, append([]string{"local", "--rules", path("rules.yaml"), "--function", function}, args...)...)
	endpoint := s.endpoint()
	for s.lines.Scan() {
		greeting += s.lines.Text() + "\n"
		if strings.Contains(s.lines.Text(), "Ctrl-C stops") {
			return s, client(endpoint, "local", "local"), strings.ReplaceAll(greeting, endpoint, "ENDPOINT")
		}
	}
	t.Fatalf("no greeting; stderr:\n%s", s.stderr.String())
	return nil, nil, ""
}

func (s *served) put(c *oss.Client, bucket, key string) {
	s.t.Helper()
	upload := &oss.PutObjectRequest{Bucket: &bucket, Key: &key, Body: strings.NewReader("v")}
	if _, err := c.PutObject(s.t.Context(), upload); err != nil {
		s.t.Fatal(err)
	}
}

func TestLocalGreetsWithEveryBucketAndALineForEachClient(t *testing.T) {
	_, _, greeting := startLocal(t, tenantRules)
	for _, want := range []string{"sources: photos, films\n", "curl -T FILE ENDPOINT/photos/KEY",
		"in KEY percent-encode all but", "write -T - < /dev/null for -T FILE",
		" --deep --region cn-hangzhou --endpoint ENDPOINT\n",
		"destinations: replica\n",
		"destinations that depend on the object: tenant-*; create those that you try, or start with --create-buckets\n",
		"ossutil cp FILE oss://photos/KEY --endpoint ENDPOINT", "ossutil cp FILE oss://photos/KEY -e ENDPOINT -i local",
		"import alibabacloud_oss_v2 as oss", "new OSS({region: 'oss-cn-hangzhou', endpoint: 'ENDPOINT'",
		`WithEndpoint("ENDPOINT")`} {
		if !strings.Contains(greeting, want) {
			t.Errorf("no %q in\n%s", want, greeting)
		}
	}
}

func TestTheLineForCurlUploadsFolderMarkersToo(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	s := serveCommand(t, "local", "--rules", files(t, map[string]string{"rules.yaml": replicateAll})("rules.yaml"),
		"--function", function)
	path := files(t, map[string]string{"file": "v"})
	const key = "in/%E6%95%B0%20a%20%281%29%2B.~_-" // as the greeting asks for
	line := strings.NewReplacer("FILE", path("file"), "KEY", key).Replace(s.until("curl -T FILE"))
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil || strings.Contains(string(out), "Error") {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	s.until("oss://photos/in/数 a (1)+.~_- → oss://replica/in/数 a (1)+.~_-")
	marker := strings.Replace(strings.Replace(line, key, "in/", 1), path("file"), "- < /dev/null", 1)
	if out, err := exec.Command("sh", "-c", marker).CombinedOutput(); err != nil ||
		strings.Contains(string(out), "Error") {
		t.Errorf("%s: %v\n%s", marker, err, out)
	}
	s.until("oss://photos/in/ → oss://replica/in/  ")
	s.stop(os.Interrupt)
}

func TestLocalSaysThatAnUploadWentToABucketThatIsNoSourceAndMakesBucketsThatDependOnTheObject(t *testing.T) {
	s, c, greeting := startLocal(t, tenantRules, "--create-buckets")
	if !strings.Contains(greeting, "tenant-*; each is created when a copy needs it\n") {
		t.Errorf("greeting:\n%s", greeting)
	}
	s.put(c, "photos", "a") // the function's copy into replica is no upload of a person's
	s.until("oss://photos/a → oss://replica/a")
	s.put(c, "replica", "b")
	const noSource = "no source  oss://replica/b: bucket replica is not one of the sources: photos, films"
	if line := s.until("oss://"); line != noSource {
		t.Errorf("the line is %q", line)
	}
	s.put(c, "films", "t/acme/c")
	if line := s.until("oss://films"); !strings.HasPrefix(line, "copied ") ||
		!strings.Contains(line, "→ oss://tenant-acme/t/acme/c") {
		t.Errorf("the line is %q", line)
	}
	_, err := c.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr("elsewhere")})
	if code(err) != "NoSuchBucket" {
		t.Errorf("a bucket that no copy needs: %v", err)
	}
	if code := s.stop(os.Interrupt); code != exitGood ||
		!strings.Contains(s.stderr.String(), "2 events, 2 copies\n") {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}
}

func TestLocalKeepsDataLogsRequestsAndEventsInjectsFaultsAndTheFunctionObeysThePolicy(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": replicateAll, "policy.json": ""})
	policy := good(t, "policy", path("rules.yaml"))
	for allowed, text := range map[string]string{"copied": policy,
		"failed": strings.ReplaceAll(policy, "oss:PutObject", "oss:PutNothing")} {
		if err := os.WriteFile(path("policy.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		faults := files(t, map[string]string{"faults.yaml": "faults:\n  - operation: CopyObject\n    calls: 1\n" +
			"    error: {code: ServiceUnavailable}\n"})
		s, c, _ := startLocal(t, replicateAll, "--data", path("data-"+allowed), "--events", path("events-"+allowed),
			"--request-log", path("requests-"+allowed), "--policy", path("policy.json"),
			"--faults", faults("faults.yaml"))
		s.put(c, "photos", "a")
		if line := s.until("oss://photos/a → oss://replica/a"); !strings.HasPrefix(line, allowed) {
			t.Errorf("want %s: %s", allowed, line)
		}
		if code := s.stop(os.Interrupt); code != exitGood {
			t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
		}
	}
	events, err := os.ReadFile(path("events-copied"))
	if err != nil || strings.Count(string(events), `"ObjectCreated:CopyObject"`) != 1 {
		t.Errorf("events: %v\n%s", err, events)
	}
	requests, err := os.ReadFile(path("requests-copied"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(requests)) {
		var r struct {
			Time, Method, Operation, Bucket, Key, Code string
			AccessKey                                  string `json:"access_key"`
			Status                                     int
			Seconds                                    *float64
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Time == "" || r.Seconds == nil {
			t.Errorf("%v: %s", err, line)
		}
		seen[strings.Join([]string{r.Method, r.Operation, r.Bucket, r.Key, r.Code, r.AccessKey}, " ")] = r.Status
	}
	for request, status := range map[string]int{"PUT PutObject photos a  local": 200,
		"PUT CopyObject replica a ServiceUnavailable function": 503, "PUT CopyObject replica a  function": 200} {
		if seen[request] != status {
			t.Errorf("%s: status %d, want %d; logged are %v", request, seen[request], status, seen)
		}
	}
	s, c, _ := startLocal(t, replicateAll, "--data", path("data-copied"))
	if _, err := c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr("replica"),
		Key: oss.Ptr("a")}); err != nil {
		t.Errorf("what --data keeps: %v", err)
	}
	s.stop(os.Interrupt)
}

func TestLocalSaysWhichCopiesWereCutOff(t *testing.T) {
	faults := files(t, map[string]string{"faults.yaml": "faults:\n  - operation: CopyObject\n    key: slow*\n" +
		"    delay: 1h\n"})
	log := filepath.Join(t.TempDir(), "requests")
	s, c, _ := startLocal(t, replicateAll, "--faults", faults("faults.yaml"), "--request-log", log)
	s.put(c, "photos", "quick")
	s.until("oss://photos/quick → oss://replica/quick")
	s.put(c, "photos", "slow-1")
	s.put(c, "photos", "slow-2") // waits for the instance
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cut := s.until("cut off") + "\n" + s.until("cut off")
	for _, key := range []string{"slow-1", "slow-2"} {
		if !strings.Contains(cut, "cut off    oss://photos/"+key+" → oss://replica/"+key+"  rule all") {
			t.Errorf("no %s in\n%s", key, cut)
		}
	}
	s.wait()
	const sum = "1 event, 1 copy, 2 copies cut off: afterput backfill makes what is missing\n"
	if !strings.Contains(s.stderr.String(), sum) {
		t.Errorf("stderr:\n%s", s.stderr.String())
	}
}

func TestSIGHUPHasLocalLookAtItsRulesAndStandardInputIsReadOnce(t *testing.T) {
	s, _, _ := startLocal(t, replicateAll)
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.until("no change; the rules in force stay")
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}

	cmd := exec.Command("afterput", "local", "--rules", "-", "--function", function, "-q")
	cmd.Stdin = strings.NewReader(replicateAll)
	piped := startServing(t, cmd)
	c := client(piped.endpoint(), "local", "local")
	piped.until("destinations: replica")
	piped.put(c, "photos", "a")
	piped.until("oss://photos/a → oss://replica/a")
	if err := piped.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	piped.until("standard input: no change")
	if code := piped.stop(os.Interrupt); code != exitGood || piped.stderr.Len() > 0 {
		t.Errorf("exit code %d; stderr:\n%s", code, piped.stderr.String())
	}
}

func TestAPolicyOfTheLocalOSSLeavesAKeyThatMayDoEverything(t *testing.T) {
	path := files(t, map[string]string{"policy.json": `{"Version":"1","Statement":[
		{"Effect":"Allow","Action":"oss:PutObject","Resource":"acs:oss:*:*:photos/*"}]}`})
	s := serveCommand(t, "oss", "--addr", "127.0.0.1:0", "--policy", path("policy.json"))
	endpoint := s.endpoint()
	create := &oss.PutBucketRequest{Bucket: oss.Ptr("photos")}
	if _, err := client(endpoint, "local", "local").PutBucket(t.Context(), create); code(err) != "AccessDenied" {
		t.Errorf("local creates a bucket: %v", err)
	}
	if _, err := client(endpoint, "admin", "local").PutBucket(t.Context(), create); err != nil {
		t.Errorf("admin: %v", err)
	}
	s.put(client(endpoint, "local", "local"), "photos", "a")
	s.stop(os.Interrupt)
	if !strings.Contains(s.stderr.String(), "access key admin, with the same secret, may do everything") {
		t.Errorf("stderr: %s", s.stderr.String())
	}
	code, _, problems := command(t, "oss", "--policy", path("policy.json"), "--access-key-id", "admin")
	if code != exitUsage || !strings.Contains(problems, "--access-key-id is admin") {
		t.Errorf("exit %d: %s", code, problems)
	}
}
