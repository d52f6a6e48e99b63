package e2e_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const neighbour = "5555666677778888"

// afterput local has buckets of two other accounts: one that the rules reach as a role, and one whose owner has set
// the policy that afterput policy prints. Each owner reads the copy there with the key of its account, and nobody
// else does.
func TestLocalPlaysOtherAccounts(t *testing.T) {
	const text = asPartner + "      - bucket: neighbour-bucket\n"
	dir := t.TempDir()
	rules, policies := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "bucket-policies.json")
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := "--foreign=neighbour-bucket=" + neighbour
	printed, err := exec.CommandContext(t.Context(), toolBinary, "policy", rules, "--bucket-policies", foreign,
		"--role-arn", functionRole).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policies, printed, 0o600); err != nil {
		t.Fatal(err)
	}
	local := exec.CommandContext(t.Context(), toolBinary, "local", "--rules", rules, "--function", functionBinary,
		foreign, "--bucket-policies", policies)
	local.Stderr = os.Stderr
	out, err := local.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Process.Kill() }) // where the test has failed
	lines := bufio.NewScanner(out)
	endpoint := strings.TrimPrefix(until(t, lines, "listening on "), "listening on ")
	until(t, lines, "bucket neighbour-bucket belongs to account "+neighbour)
	until(t, lines, "bucket partner-bucket belongs to account "+partner)
	until(t, lines, "Upload to a source bucket")
	as := func(id string) *oss.Client {
		return oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, "local")))
	}
	_, err = as("local").PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(sourceBucket),
		Key: oss.Ptr("in/a"), Body: strings.NewReader("delivered")})
	if err != nil {
		t.Fatal(err)
	}
	until(t, lines, "copied")
	until(t, lines, "copied")
	for bucket, owner := range map[string]string{"partner-bucket": partner, "neighbour-bucket": neighbour} {
		for _, id := range []string{owner, "local"} {
			request := &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("in/a")}
			res, err := as(id).GetObject(t.Context(), request)
			if (err == nil) != (id == owner) {
				t.Errorf("%s as %s: %v", bucket, id, err)
			}
			if err != nil {
				continue
			}
			if body, err := io.ReadAll(res.Body); err != nil || string(body) != "delivered" {
				t.Errorf("%s has %q, %v", bucket, body, err)
			}
		}
	}
	if err := local.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := local.Wait(); err != nil {
		t.Error(err)
	}
}

// until reads lines up to one that has a text, and gives that line.
func until(t *testing.T, lines *bufio.Scanner, text string) string {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return lines.Text()
		}
		if strings.HasPrefix(lines.Text(), "failed") {
			t.Fatal(lines.Text())
		}
	}
	t.Fatalf("no line with %q, %v", text, lines.Err())
	return ""
}
