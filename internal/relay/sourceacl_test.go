package relay_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// sourceACL copies everything with the ACL of its source.
const sourceACL = replicate + "        object-acl: source\n"

// setBucketACL sets the ACL of a bucket.
func (w *world) setBucketACL(bucket, acl string) {
	w.t.Helper()
	_, err := w.client.PutBucketAcl(w.t.Context(),
		&oss.PutBucketAclRequest{Bucket: &bucket, Acl: oss.BucketACLType(acl)})
	if err != nil {
		w.t.Fatal(err)
	}
}

// withSourceACL runs a test with rules that copy the source's ACL, for small objects and for copies in parts.
func withSourceACL(t *testing.T, s setup, test func(t *testing.T, w *world)) {
	t.Helper()
	s.rules = sourceACL
	for method, options := range map[string]copier.Options{
		copier.MethodCopyObject: {}, copier.MethodUploadPartCopy: {SingleCopyLimit: 1},
	} {
		s.options = options
		t.Run(method, func(t *testing.T) {
			inWorld(t, s, func(t *testing.T, w *world) {
				test(t, w)
				w.wantMethod(method)
			})
		})
	}
}

// wantMethod checks that copies were made by the method alone.
func (w *world) wantMethod(method string) {
	w.t.Helper()
	counts := w.Counts()
	for _, m := range []string{copier.MethodCopyObject, copier.MethodUploadPartCopy} {
		if (counts[m] > 0) != (m == method) {
			w.t.Errorf("%d requests of %s", counts[m], m)
		}
	}
}

// wantACL checks the ACL of a copy.
func (w *world) wantACL(key, want string) {
	w.t.Helper()
	if o, ok := w.Object(to, key); !ok || o.ACL != want {
		w.t.Errorf("the copy %s has ACL %q, want %q", key, o.ACL, want)
	}
}

func TestSourceACLNeverMakesACopyMorePublicThanItsSource(t *testing.T) {
	for _, bucketACL := range []string{"private", "public-read", "public-read-write"} {
		for _, objectACL := range []string{"default", "private", "public-read", "public-read-write"} {
			t.Run(objectACL+" in "+bucketACL, func(t *testing.T) {
				withSourceACL(t, setup{}, func(t *testing.T, w *world) {
					w.setBucketACL(from, bucketACL)
					w.setBucketACL(to, "public-read-write")
					payload := w.put("k", "content", func(r *oss.PutObjectRequest) {
						r.Acl = oss.ObjectACLType(objectACL)
					})
					report, _ := w.handle(payload, 0)
					w.wantOutcomes(report, copier.Copied)
					want := objectACL
					if want == "default" {
						want = bucketACL
					}
					w.wantACL("k", want)
				})
			})
		}
	}
}

func TestCopyOfAPrivateBucketsObjectCannotBeReadByEverybodyInAPublicBucket(t *testing.T) {
	withSourceACL(t, setup{}, func(t *testing.T, w *world) {
		w.setBucketACL(to, "public-read")
		report, _ := w.handle(w.put("k", "content"), 0)
		w.wantOutcomes(report, copier.Copied)
		anyone := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
			WithCredentialsProvider(credentials.NewAnonymousCredentialsProvider()).
			WithHttpClient(&http.Client{Transport: w.Transport()}))
		_, err := anyone.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr("k")})
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("an anonymous reader gets %v", err)
		}
	})
}

func TestOneGetBucketACLServesAllObjectsOfAnInvocation(t *testing.T) {
	const n = 100
	inWorld(t, setup{rules: sourceACL}, func(t *testing.T, w *world) {
		payload := w.upload(n, numbered)
		for invocation := range 2 {
			w.ResetCounts()
			report, failed := w.handle(payload, 0)
			counts := w.Counts()
			if failed || counts["GetBucketAcl"] != 1 || counts["GetObjectAcl"] != n {
				t.Errorf("invocation %d: failed %t, requests %v", invocation, failed, counts)
			}
			requests := 0
			for _, o := range report.Objects {
				requests += o.Requests
				for _, c := range o.Copies {
					requests += c.Requests
				}
			}
			if want := 2*n + 1; requests != want {
				t.Errorf("invocation %d: the report counts %d requests, want %d", invocation, requests, want)
			}
		}
	})
}

func TestGetBucketACLIsNotSentForObjectsWithAnACLOfTheirOwn(t *testing.T) {
	withSourceACL(t, setup{}, func(t *testing.T, w *world) {
		public := func(r *oss.PutObjectRequest) { r.Acl = oss.ObjectACLPublicRead }
		report, _ := w.handle(w.put("k", "content", public), 0)
		w.wantOutcomes(report, copier.Copied)
		if n := w.Counts()["GetBucketAcl"]; n != 0 {
			t.Errorf("GetBucketAcl sent %d times", n)
		}
	})
}

func TestInPlaceSourceACLLeavesDefaultAsItIs(t *testing.T) {
	const inPlace = `
version: 1
sources: [source-bucket]
rules:
  - name: cool
    match: {}
    copy:
      - storage-class: IA
        object-acl: source
        rewrite-in-place: true
`
	inWorld(t, setup{rules: inPlace}, func(t *testing.T, w *world) {
		report, _ := w.handle(w.put("k", "content"), 0)
		w.wantOutcomes(report, copier.Copied)
		if o, _ := w.Object(from, "k"); o.ACL != "default" || o.StorageClass != "IA" {
			t.Errorf("the object has ACL %s and class %s", o.ACL, o.StorageClass)
		}
		if n := w.Counts()["GetBucketAcl"]; n != 0 {
			t.Errorf("GetBucketAcl sent %d times", n)
		}
	})
}

func TestRetryLeavesACopyThatHasTheACLOfTheSourcesBucket(t *testing.T) {
	withSourceACL(t, setup{}, func(t *testing.T, w *world) {
		payload := w.put("k", "content")
		w.handle(payload, 0)
		report, _ := w.handle(payload, 1)
		w.wantOutcomes(report, copier.Unchanged)
	})
}

func TestNothingIsCopiedIfTheBucketsACLCannotBeRead(t *testing.T) {
	denied := localoss.Allowing("role", func(action, _ string) bool { return action != "oss:GetBucketAcl" })
	inWorld(t, setup{rules: sourceACL, authorize: denied}, func(t *testing.T, w *world) {
		payload := w.upload(100, numbered)
		w.ResetCounts()
		report, _ := w.handle(payload, 0)
		for _, o := range report.Objects {
			c := o.Copies[0]
			if c.Result != copier.Failed || !c.Error.Permanent || c.Error.Code != "AccessDenied" {
				t.Fatalf("%s: %+v", o.Key, c.Outcome)
			}
		}
		if n := w.Counts()["GetBucketAcl"]; n != 1 {
			t.Errorf("GetBucketAcl sent %d times: a refusal is repeated", n)
		}
		if left := w.Objects(to); len(left) > 0 {
			t.Errorf("copies: %v", left)
		}
	})
}

func TestObjectsAfterAPassingFailureOfGetBucketACLAreCopied(t *testing.T) {
	const n = 200 // more than are handled at once
	failing := []fault.Fault{{Operations: []string{"GetBucketAcl"}, Calls: fault.Nth(1),
		Error: &localoss.Error{Code: "SecurityTokenExpired"}}}
	inWorld(t, setup{rules: sourceACL, faults: failing}, func(t *testing.T, w *world) {
		_, failed := w.handle(w.upload(n, numbered), 0)
		if copied := len(w.Objects(to)); !failed || copied < n/2 || copied == n {
			t.Errorf("failed %t, copied %d of %d", failed, copied, n)
		}
		if sent := w.Counts()["GetBucketAcl"]; sent != 2 {
			t.Errorf("GetBucketAcl sent %d times, want 2", sent)
		}
	})
}
