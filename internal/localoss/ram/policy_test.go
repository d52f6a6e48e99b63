package ram

import (
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) *Policy {
	t.Helper()
	policy, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

const copierPolicy = `{"Version": "1", "Statement": [
	{"Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:inbox/in/*"},
	{"Effect": "Allow", "Action": ["oss:PutObject*", "oss:AbortMultipartUpload"],
		"Resource": ["acs:oss:*:*:archive", "acs:oss:*:*:archive/*"]},
	{"Effect": "Deny", "Action": "oss:*", "Resource": "acs:oss:*:*:archive/locked/*"},
	{"Effect": "Allow", "NotAction": ["oss:Delete*", "kms:*"], "Resource": "acs:oss:cn-hangzhou:42:scratch/?.tmp"}]}`

func TestPolicyDecidesAsRAMDoes(t *testing.T) {
	policy := mustParse(t, copierPolicy)
	for _, test := range []struct {
		name, action, resource string
		want                   bool
	}{
		{"what a statement allows", "oss:GetObject", "acs:oss:cn-hangzhou:1:inbox/in/a.pdf", true},
		{"an action in another case", "OSS:getobject", "acs:oss:cn-hangzhou:1:inbox/in/a.pdf", true},
		{"a key in another case", "oss:GetObject", "acs:oss:cn-hangzhou:1:inbox/IN/a.pdf", false},
		{"another prefix", "oss:GetObject", "acs:oss:cn-hangzhou:1:inbox/out/a.pdf", false},
		{"another action", "oss:PutObject", "acs:oss:cn-hangzhou:1:inbox/in/a.pdf", false},
		{"a wildcard in the action", "oss:PutObjectTagging", "acs:oss:cn-hangzhou:1:archive/a", true},
		{"the bucket itself", "oss:PutObject", "acs:oss:cn-hangzhou:1:archive", true},
		{"a bucket with a longer name", "oss:PutObject", "acs:oss:cn-hangzhou:1:archive2", false},
		{"deny over allow, whatever the order", "oss:PutObject", "acs:oss:cn-hangzhou:1:archive/locked/a", false},
		{"every action but the named ones", "oss:GetObjectAcl", "acs:oss:cn-hangzhou:42:scratch/a.tmp", true},
		{"a named one", "oss:DeleteObject", "acs:oss:cn-hangzhou:42:scratch/a.tmp", false},
		{"a question mark is one character", "oss:GetObject", "acs:oss:cn-hangzhou:42:scratch/ab.tmp", false},
		{"a question mark is one character, not one byte", "oss:GetObject", "acs:oss:cn-hangzhou:42:scratch/图.tmp",
			true},
		{"another region", "oss:GetObject", "acs:oss:cn-beijing:42:scratch/a.tmp", false},
		{"a key with another bucket after a colon", "oss:GetObject", "acs:oss:r:1:secret/k:inbox/in/a.pdf", false},
		{"an invalid resource", "oss:GetObject", "inbox/in/a.pdf", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := policy.Allows(test.action, test.resource); got != test.want {
				t.Errorf("Allows(%q, %q) = %v, want %v", test.action, test.resource, got, test.want)
			}
		})
	}
}

func TestShortResourcesMatchEverythingBelow(t *testing.T) {
	for _, pattern := range []string{"*", "acs:*", "acs:oss:*", "acs:oss:*:*", "acs:oss:*:*:*"} {
		policy := mustParse(t, `{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"`+pattern+`"}}`)
		if !policy.Allows("oss:GetObject", "acs:oss:cn-hangzhou:1:b/k:l") {
			t.Errorf("%q does not match an object", pattern)
		}
	}
}

func TestZeroPolicyAllowsNothing(t *testing.T) {
	if new(Policy).Allows("oss:GetObject", "acs:oss:r:1:b/k") {
		t.Error("a policy without statements allowed something")
	}
}

func TestWildcardsDoNotBacktrackExponentially(t *testing.T) {
	pattern := strings.Repeat("a*", 500) + "b"
	if match(pattern, strings.Repeat("a", 5000)) { // a backtracking matcher would not finish
		t.Error("matched without a b")
	}
	if !match(pattern, strings.Repeat("a", 5000)+"b") {
		t.Error("did not match")
	}
}
