package localcloud_test

import (
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"go.uber.org/goleak"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
)

// function is the compiled function, built once.
var function string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "localcloud")
	if err != nil {
		panic(err)
	}
	function = filepath.Join(dir, "function")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", function, "../../function")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the function: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

const rulesText = `version: 1
sources: [watched]
rules:
  - name: replicate
    match: {}
    copy:
      - bucket: replica
`

func config(t *testing.T) localcloud.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rulesText), 0o600); err != nil {
		t.Fatal(err)
	}
	return localcloud.Config{
		Function: function, Rules: file, Sources: []string{"watched"}, Destinations: []string{"replica"},
	}
}

func put(t *testing.T, c *localcloud.Cloud, bucket, key string) {
	t.Helper()
	_, err := c.Client().PutObject(t.Context(), &oss.PutObjectRequest{
		Bucket: &bucket, Key: &key, Body: strings.NewReader("v"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnlyCreationsInSourceBucketsInvokeTheFunction(t *testing.T) {
	c := config(t)
	var mu sync.Mutex
	var invoked, raised []string
	c.FC.OnResult = func(r localfc.Result) {
		mu.Lock()
		defer mu.Unlock()
		invoked = append(invoked, nameOf(r.Payload))
	}
	c.OSS.OnEvent = func(payload []byte) {
		mu.Lock()
		defer mu.Unlock()
		raised = append(raised, nameOf(payload))
	}
	cloud, err := localcloud.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	put(t, cloud, "watched", "k")
	put(t, cloud, "replica", "own")
	if _, err := cloud.Client().DeleteObject(t.Context(), &oss.DeleteObjectRequest{
		Bucket: oss.Ptr("watched"), Key: oss.Ptr("k"),
	}); err != nil {
		t.Fatal(err)
	}
	if err := cloud.FC.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(invoked, []string{"ObjectCreated:PutObject"}) {
		t.Errorf("the function got %v", invoked)
	}
	// The copy raises one too if it was faster than the delete.
	if n := len(raised); n < 3 {
		t.Errorf("OnEvent got %v, want all events", raised)
	}
}

func TestEachTriggerThatSelectsAnEventInvokesTheFunction(t *testing.T) {
	c := config(t)
	c.Triggers = []localcloud.Trigger{
		{Bucket: "watched", Events: []string{"ObjectCreated:PutObject"}, Prefix: "in/", Suffix: ".jpg"},
		{Bucket: "watched", Events: []string{"ObjectCreated:PutObject"}, Prefix: "in/twice/"},
		{Bucket: "watched", Events: []string{"ObjectRemoved:*"}, Prefix: "in/"},
	}
	var mu sync.Mutex
	reached := map[string]int{}
	c.FC.OnResult = func(r localfc.Result) {
		mu.Lock()
		defer mu.Unlock()
		_, key, _ := strings.Cut(string(r.Payload), `"key":"`)
		key, _, _ = strings.Cut(key, `"`)
		reached[nameOf(r.Payload)+" "+key]++
	}
	cloud, err := localcloud.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	for _, key := range []string{"in/a.jpg", "in/a.png", "b.jpg", "in/twice/a.jpg", "in/twice/a.png"} {
		put(t, cloud, "watched", key)
	}
	put(t, cloud, "replica", "in/a.jpg")
	if _, err := cloud.Client().DeleteObject(t.Context(), &oss.DeleteObjectRequest{
		Bucket: oss.Ptr("watched"), Key: oss.Ptr("in/a.png"),
	}); err != nil {
		t.Fatal(err)
	}
	if err := cloud.FC.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := map[string]int{
		"ObjectCreated:PutObject in/a.jpg":       1,
		"ObjectCreated:PutObject in/twice/a.jpg": 2,
		"ObjectCreated:PutObject in/twice/a.png": 1,
		"ObjectRemoved:DeleteObject in/a.png":    1,
	}
	if !maps.Equal(reached, want) {
		t.Errorf("the function got %v, want %v", reached, want)
	}
}

func TestCustomRuntimeIsOnlyReachableFromThisMachine(t *testing.T) {
	c := config(t)
	c.FC.Custom = true
	cloud, err := localcloud.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	put(t, cloud, "watched", "k")
	if err := cloud.FC.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, copied := cloud.OSS.Object("replica", "k"); !copied {
		t.Error("the object was not copied")
	}
	_, port, _ := net.SplitHostPort(cloud.FC.Address())
	// Another address of this machine.
	if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.2", port)); err == nil {
		conn.Close()
		t.Error("the function listens on every address")
	}
}

func nameOf(payload []byte) string {
	_, rest, _ := strings.Cut(string(payload), `"eventName":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func TestExistingBucketsAreNotChanged(t *testing.T) {
	c := config(t)
	c.Destinations = append(c.Destinations, "watched", "replica")
	cloud, err := localcloud.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
}

func TestStartReportsTheProblemAndStopsEverything(t *testing.T) {
	first, err := localcloud.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	occupied := strings.TrimPrefix(first.Endpoint, "http://")
	cases := map[string]struct {
		change func(*localcloud.Config)
		want   string
	}{
		"occupied port": {
			func(c *localcloud.Config) { c.Addr = occupied },
			"address already in use; choose another address",
		},
		"bad bucket":  {func(c *localcloud.Config) { c.Destinations = []string{"No_Bucket"} }, "No_Bucket"},
		"no function": {func(c *localcloud.Config) { c.Function += "-none" }, "does not exist: build it first"},
		"no rules":    {func(c *localcloud.Config) { c.Rules += "-none" }, "AFTERPUT_RULES"},
	}
	for name, cs := range cases {
		c := config(t)
		cs.change(&c)
		cloud, err := localcloud.Start(t.Context(), c)
		if err == nil {
			t.Fatalf("%s: it started, closed with %v", name, cloud.Close())
		}
		if !strings.Contains(err.Error(), cs.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFunctionUsesTheAccessKeyAndRegionOfTheOSS(t *testing.T) {
	c := config(t)
	c.OSS = localoss.Config{Region: "cn-shanghai", AccessKeys: map[string]localoss.AccessKey{"me": {Secret: "mine"}}}
	cloud, err := localcloud.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	put(t, cloud, "watched", "k")
	if err := cloud.FC.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := cloud.OSS.Object("replica", "k"); !ok || cloud.AccessKeyID != "me" {
		t.Errorf("no copy; given up: %v", cloud.FC.Failed())
	}
}
