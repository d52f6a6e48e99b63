package main

import (
	"bytes"
	"fmt"
	"hash/crc64"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/localfc"
	"afterput/internal/localoss"
)

// build compiles the function.
func build(t *testing.T) string {
	t.Helper()
	function := filepath.Join(t.TempDir(), "function")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", function, "../../function")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the function: %v\n%s", err, out)
	}
	return function
}

// huge is just large enough for the rule for huge logs: reading it back is slow under the race detector.
const huge = 1 << 30

func TestDemoVerifiesEveryDestinationAndShowsThem(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), build(t), "../../examples/rules.yaml", huge, &out); err != nil {
		t.Fatal(err)
	}
	printed := out.String()
	for _, want := range []string{
		"SOURCE", "erp-inbox/" + invoice, "camera-uploads/" + photo, "staging-site/" + report,
		"app-logs/" + log, "app-logs/" + hugeLog, "erp-inbox/" + twice, "UploadPartCopy × ",
		"All verified: 9 destinations", "camera-uploads/" + film, "restored first",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is not shown:\n%s", want, printed)
		}
	}
	table, _, _ := strings.Cut(printed, "All verified")
	if strings.Contains(table, unwanted) || !strings.Contains(printed, "no copy of "+unwanted) {
		t.Errorf("the object that no rule matches is in the table, or is not mentioned:\n%s", printed)
	}
}

// withObject starts an OSS with one object, and returns the expectation that the object meets.
func withObject(t *testing.T) (*oss.Client, expectation) {
	t.Helper()
	server, err := localoss.New(localoss.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	if err := server.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	client := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithHttpClient(&http.Client{Transport: server.Transport()}))
	_, err = client.PutObject(t.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr("bucket"), Key: oss.Ptr("key"), Body: strings.NewReader("content"),
		ContentType: oss.Ptr("text/x"), CacheControl: oss.Ptr("no-cache"),
		Metadata: map[string]string{"a": "b"}, Tagging: oss.Ptr("c=d"),
		Acl: oss.ObjectACLPrivate, StorageClass: oss.StorageClassIA, ServerSideEncryption: oss.Ptr("AES256"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, expectation{
		bucket: "bucket", key: "key", crc: crc64.Checksum([]byte("content"), ecma),
		contentType: "text/x", cache: "no-cache",
		meta: map[string]string{"a": "b"}, tags: map[string]string{"c": "d"}, acl: "private", class: "IA",
	}
}

func TestEveryDifferenceOfADestinationIsNamed(t *testing.T) {
	client, right := withObject(t)
	if err := verify(t.Context(), client, []string{"bucket"}, []expectation{right}); err != nil {
		t.Fatalf("as expected: %v", err)
	}
	cases := map[string]func(*expectation){
		"CRC64":       func(e *expectation) { e.crc++ },
		"ContentType": func(e *expectation) { e.contentType = "text/y" },
		"Cache":       func(e *expectation) { e.cache = "" },
		"Meta":        func(e *expectation) { e.meta = nil },
		"Tags":        func(e *expectation) { e.tags = map[string]string{"c": "e"} },
		"ACL":         func(e *expectation) { e.acl = "public-read" },
		"Class":       func(e *expectation) { e.class = "Standard" },
		"NoSuchKey":   func(e *expectation) { e.key = "other" },
	}
	for what, change := range cases {
		wrong := right
		change(&wrong)
		err := verify(t.Context(), client, []string{"bucket"}, []expectation{wrong})
		if err == nil || !strings.Contains(err.Error(), what) && !strings.Contains(err.Error(), "404") {
			t.Errorf("%s: %v", what, err)
		}
	}
	err := verify(t.Context(), client, []string{"bucket"}, nil)
	if err == nil || !strings.Contains(err.Error(), "no rule asks for it") {
		t.Errorf("an extra object: %v", err)
	}
}

func TestCopyReportedByAnotherRuleOrMethodIsADifference(t *testing.T) {
	e := expectation{bucket: "b", key: "k", rule: "r", method: "CopyObject"}
	reported := &reports{}
	report := func(rule, method string) {
		const format = `{"objects":[{"copies":[{"rule":%q,"destination":"oss://b/k","outcome":"copied","method":%q}]}]}`
		reported.add(localfc.Result{Response: fmt.Appendf(nil, format, rule, method)})
	}
	if _, err := reported.rows([]expectation{e}); err == nil {
		t.Error("a copy that was not reported is accepted")
	}
	for _, c := range []struct{ rule, method string }{{"other", "CopyObject"}, {"r", "UploadPartCopy"}} {
		report(c.rule, c.method)
		if _, err := reported.rows([]expectation{e}); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	report("r", "CopyObject")
	if rows, err := reported.rows([]expectation{e}); err != nil || len(rows) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
}
