package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"
)

// running starts `afterput oss` on a free port and gives a client for it, and
// how to stop it.
func running(t *testing.T, args ...string) (client *oss.Client, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, said := io.Pipe()
	var problems bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"oss", "--addr", "127.0.0.1:0"}, args...), console{out: said, err: &problems})
		_ = said.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it said %q, %v; %s", line, err, &problems)
	}
	client = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithRetryer(&retry.NopRetryer{}).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")))
	return client, func() {
		cancel()
		if code := <-ended; code != exitGood {
			t.Errorf("exit %d: %s", code, &problems)
		}
	}
}

func code(err error) string {
	var service *oss.ServiceError
	if errors.As(err, &service) {
		return service.Code
	}
	return ""
}

func TestOSSKeepsDataTellsEventsObeysThePolicyAndInjectsFaults(t *testing.T) {
	path := files(t, map[string]string{
		"policy.json": `{"Version":"1","Statement":[
			{"Effect":"Allow","Action":["oss:PutBucket","oss:PutObject","oss:GetObject"],"Resource":"*"},
			{"Effect":"Deny","Action":"oss:GetObject","Resource":"acs:oss:*:*:photos/secret"}]}`,
		"faults.yaml": "faults:\n  - operation: GetObject\n    key: slow\n    error: {code: ServiceUnavailable}\n",
	})
	args := []string{"--data", path("data"), "--events", path("events.jsonl"), "--policy", path("policy.json"),
		"--faults", path("faults.yaml")}
	client, stop := running(t, args...)
	if _, err := client.PutBucket(t.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr("photos")}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"open", "secret", "slow"} {
		if _, err := client.PutObject(t.Context(),
			&oss.PutObjectRequest{Bucket: oss.Ptr("photos"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	stop()

	client, stop = running(t, args...) // what was acknowledged is there again
	defer stop()
	for key, want := range map[string]string{"open": "", "secret": "AccessDenied", "slow": "ServiceUnavailable"} {
		_, err := client.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr("photos"), Key: &key})
		if code(err) != want || want == "" && err != nil {
			t.Errorf("get %s: %v, want %q", key, err, want)
		}
	}
	events, err := os.ReadFile(path("events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(events), `"ObjectCreated:PutObject"`); n != 3 {
		t.Errorf("%d events of uploads, want 3, a line each:\n%s", n, events)
	}
}

func TestOSSSaysWhatIsWrongWithItsFiles(t *testing.T) {
	path := files(t, map[string]string{"policy.json": `{"Version":"1","Statement":[{"Effect":"Maybe"}]}`,
		"faults.yaml": "faults:\n  - opration: GetObject\n"})
	for option, want := range map[string]string{"--policy": "policy.json:1:", "--faults": "faults.yaml:2:"} {
		file := map[string]string{"--policy": "policy.json", "--faults": "faults.yaml"}[option]
		if code, _, problems := command(t, "oss", "--addr", "127.0.0.1:0", option, path(file)); code != exitBad ||
			!strings.Contains(problems, want) {
			t.Errorf("%s: exit %d, %s", option, code, problems)
		}
	}
}
