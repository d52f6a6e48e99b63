package localoss_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
)

const (
	allowed  = "allowed"
	refused  = "refused"
	whoRole  = `"arn:sts::9999888877776666:assumed-role/copier/*"`
	whoOther = `"arn:sts::9999888877776666:assumed-role/other/*"`
)

// accounts returns clients of the keys of two accounts: "owner" owns the bucket "theirs", and "root" the bucket "own".
// The key "role" is that of a role of the latter account.
func accounts(t *testing.T, ramPolicy string) (client func(id string) *oss.Client) {
	t.Helper()
	policy, err := ram.Parse([]byte(`{"Version": "1", "Statement": [` + ramPolicy + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, localoss.Config{
		AccessKeys: map[string]localoss.AccessKey{
			"owner": {Secret: "s"},
			"root":  {Secret: "s", Account: "9999888877776666"},
			"role":  {Secret: "s", Account: "9999888877776666", Role: "copier/session"},
		},
		Authorize: localoss.Enforcing("role", policy),
	})
	for _, err := range []error{
		w.CreateBucket("theirs"),
		w.CreateBucket("own", localoss.WithOwner("9999888877776666")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return func(id string) *oss.Client {
		return inProcess(w.Server, func(c *oss.Config) {
			c.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, "s"))
		})
	}
}

func ramStatement(effect, action string) string {
	return fmt.Sprintf(`{"Effect": %q, "Action": %q, "Resource": "*"}`, effect, action)
}

func bucketStatement(effect, action, principal string) string {
	return fmt.Sprintf(`{"Effect": %q, "Action": %q, "Resource": "acs:oss:*:*:*", "Principal": [%s]}`,
		effect, action, principal)
}

// The bucket of another account is reached by its own policy alone; in a bucket of one's own account either policy
// can allow, and either can deny.
func TestRAMPoliciesAndBucketPoliciesDecideTogether(t *testing.T) {
	const put, get = "oss:PutObject", "oss:GetObject"
	ramPuts, ramGets := ramStatement("Allow", put), ramStatement("Allow", get)
	bucketPuts := bucketStatement("Allow", put, whoRole)
	for name, c := range map[string]struct {
		ram, bucket, acl string // statements; "" is none
		own, theirs      string // what becomes of PutObject there
	}{
		"nothing allows":    {ramGets, "", "", refused, refused},
		"RAM allows":        {ramPuts, "", "", allowed, refused},
		"the bucket allows": {ramGets, bucketPuts, "", allowed, allowed},
		"the bucket allows another role": {
			ramGets, bucketStatement("Allow", put, whoOther), "", refused, refused},
		"the bucket allows another action": {
			ramGets, bucketStatement("Allow", get, whoRole), "", refused, refused},
		"the bucket allows everybody": {
			ramGets, bucketStatement("Allow", put, `"*"`), "", allowed, allowed},
		"the bucket allows the account's id": {
			ramGets, bucketStatement("Allow", put, `"9999888877776666"`), "", refused, refused},
		"RAM denies": {ramStatement("Deny", put), bucketPuts, "", refused, allowed},
		"the bucket denies": {
			ramPuts, bucketPuts + "," + bucketStatement("Deny", put, whoRole), "", refused, refused},
		"the bucket denies everybody": {
			ramPuts, bucketPuts + "," + bucketStatement("Deny", put, `"*"`), "", refused, refused},
		"the ACL is public": {ramGets, "", "public-read-write", refused, allowed},
	} {
		t.Run(name, func(t *testing.T) {
			client := accounts(t, c.ram)
			for owner, bucket := range map[string]string{"root": "own", "owner": "theirs"} {
				if c.bucket != "" {
					setPolicy(t, client(owner), bucket, c.bucket)
				}
				if c.acl != "" {
					_, err := client(owner).PutBucketAcl(ctx, &oss.PutBucketAclRequest{
						Bucket: &bucket, Acl: oss.BucketACLType(c.acl)})
					if err != nil {
						t.Fatal(err)
					}
				}
				want := map[string]string{"own": c.own, "theirs": c.theirs}[bucket]
				if got := puts(client("role"), bucket); got != want {
					t.Errorf("%s: %s, want %s", bucket, got, want)
				}
				if got := puts(client(owner), bucket); got != allowed {
					t.Errorf("%s: the owner is %s", bucket, got)
				}
			}
		})
	}
}

// puts says what becomes of an upload.
func puts(c *oss.Client, bucket string) string {
	put := &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("k"), Body: strings.NewReader("x")}
	if _, err := c.PutObject(ctx, put); err != nil {
		return refused
	}
	return allowed
}

func setPolicy(t *testing.T, c *oss.Client, bucket, statements string) {
	t.Helper()
	text := `{"Version": "1", "Statement": [` + statements + `]}`
	_, err := c.PutBucketPolicy(ctx, &oss.PutBucketPolicyRequest{Bucket: &bucket, Body: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBucketPoliciesAreKeptReturnedAndDeleted(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, localoss.Config{Data: dir})
	bucket := oss.Ptr("bkt")
	get := func() (string, error) {
		out, err := w.sdk.GetBucketPolicy(ctx, &oss.GetBucketPolicyRequest{Bucket: bucket})
		if err != nil {
			return "", err
		}
		return out.Body, nil
	}
	_, err := get()
	w.refused(err, 404, "NoSuchBucketPolicy", "0030-00000006")
	for _, wrong := range []string{"", "{}", bucketStatement("Allow", "oss:GetObject", `"me"`)} {
		_, err := w.sdk.PutBucketPolicy(ctx, &oss.PutBucketPolicyRequest{Bucket: bucket,
			Body: strings.NewReader(`{"Version": "1", "Statement": [` + wrong + `]}`)})
		w.refused(err, 400, "InvalidPolicyDocument", "0030-00000005")
	}
	statement := bucketStatement("Allow", "oss:GetObject", whoRole)
	setPolicy(t, w.sdk, "bkt", statement)
	if text, err := get(); err != nil || !strings.Contains(text, statement) {
		t.Errorf("got %s, %v", text, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, localoss.Config{Data: dir})
	if text, err := get(); err != nil || !strings.Contains(text, statement) {
		t.Errorf("after a restart: %s, %v", text, err)
	}
	if _, err := w.sdk.DeleteBucketPolicy(ctx, &oss.DeleteBucketPolicyRequest{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	_, err = get()
	w.refused(err, 404, "NoSuchBucketPolicy", "0030-00000006")
}

// An object that another account has written is the bucket's: its ACL, lists and events name the bucket's owner.
func TestAnObjectThatAnotherAccountWritesBelongsToTheBucketsOwner(t *testing.T) {
	client := accounts(t, ramStatement("Allow", "oss:GetObject"))
	setPolicy(t, client("owner"), "theirs", bucketStatement("Allow", "oss:PutObject", whoRole))
	if got := puts(client("role"), "theirs"); got != allowed {
		t.Fatal(got)
	}
	out, err := client("owner").GetObjectAcl(ctx, &oss.GetObjectAclRequest{
		Bucket: oss.Ptr("theirs"), Key: oss.Ptr("k")})
	if err != nil || oss.ToString(out.Owner.ID) != "1234567890123456" {
		t.Errorf("owner %v, %v", out, err)
	}
	for id, want := range map[string]string{"owner": "bkt theirs", "root": "own"} {
		out, err := client(id).ListBuckets(ctx, &oss.ListBucketsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, b := range out.Buckets {
			names = append(names, oss.ToString(b.Name))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s has the buckets %s, want %s", id, got, want)
		}
	}
	if _, err := client("root").PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr("theirs")}); err == nil {
		t.Error("a bucket of another account was created again")
	}
}
