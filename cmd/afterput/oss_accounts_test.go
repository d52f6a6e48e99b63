package main

import (
	"os"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// The bucket of another account lets the usual access key do what the owner's policy says, and the owner's do
// everything.
func TestOSSHasBucketsOfOtherAccountsWithTheirPolicies(t *testing.T) {
	path := files(t, map[string]string{"policies.json": `{"theirs": {"Version": "1", "Statement": [{"Effect": "Allow",
		"Action": ["oss:PutObject"], "Resource": ["acs:oss:*:*:theirs/in/*"], "Principal": ["1234567890123456"]}]}}`,
		"wrong.json": "[]"})
	s := serveCommand(t, "oss", "--addr", "127.0.0.1:0", "--foreign", "theirs=9999888877776666",
		"--bucket-policies", path("policies.json"))
	endpoint := s.endpoint()
	for _, c := range []struct {
		id, key string
		allowed bool
	}{{"local", "in/a", true}, {"local", "a", false}, {"9999888877776666", "a", true}} {
		_, err := client(endpoint, c.id, "local").PutObject(t.Context(), &oss.PutObjectRequest{
			Bucket: oss.Ptr("theirs"), Key: &c.key, Body: strings.NewReader("x")})
		if (err == nil) != c.allowed {
			t.Errorf("%s puts %s: %v", c.id, c.key, err)
		}
	}
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d", code)
	}
	for want, args := range map[string][]string{
		"--foreign is theirs=me; want BUCKET=ACCOUNT": {"--foreign", "theirs=me"},
		`has a policy of bucket "theirs": add --foreign theirs=ACCOUNT`: {
			"--bucket-policies", path("policies.json")},
		"want what afterput policy --bucket-policies prints": {"--bucket-policies", path("wrong.json")},
	} {
		code, _, problems := command(t, append([]string{"oss"}, args...)...)
		if code == exitGood || !strings.Contains(problems, want) {
			t.Errorf("%v: exit %d, %s", args, code, problems)
		}
	}
}
