package e2e_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/copier"
)

const changeInPlace = `
version: 1
sources: [source-bucket]
rules:
  - name: mark
    match: {prefix: drafts/}
    copy:
      - tagging-directive: MERGE
        tagging: {state: draft}
        object-acl: private
  - name: cool
    match: {prefix: records/}
    copy:
      - storage-class: IA
        tagging-directive: MERGE
        tagging: {tier: cool}
        rewrite-in-place: true
  - name: publish
    match: {prefix: records/, storage-class: IA}
    copy:
      - bucket: target-bucket
`

// rich is an upload with everything that a rewrite could lose.
func rich(r *oss.PutObjectRequest) {
	r.ContentType, r.CacheControl = oss.Ptr("text/csv"), oss.Ptr("no-store")
	r.ContentDisposition, r.ContentEncoding = oss.Ptr("attachment"), oss.Ptr("identity")
	r.Expires = oss.Ptr("Wed, 02 Jan 2030 03:04:05 GMT")
	r.Metadata = map[string]string{"Author": "Li Wei 李伟"}
	r.Tagging, r.Acl = oss.Ptr("owner=li"), oss.ObjectACLPublicRead
	r.ServerSideEncryption, r.ServerSideEncryptionKeyId = oss.Ptr("KMS"), oss.Ptr("9468da86-3509-4f8d-a61e-6eab1eac0000")
}

// richSeen is what an upload by rich is like.
func richSeen() seen {
	return seen{
		ContentType: "text/csv", CacheControl: "no-store", ContentDisposition: "attachment", ContentEncoding: "identity",
		Expires: "Wed, 02 Jan 2030 03:04:05 GMT", Meta: map[string]string{"author": "Li Wei 李伟"},
		Tags: map[string]string{"owner": "li"}, ACL: "public-read", Class: "Standard",
		SSE: "KMS", SSEKeyID: "9468da86-3509-4f8d-a61e-6eab1eac0000",
	}
}

// wantInPlace compares an object of the source bucket with what it should be.
func (w *world) wantInPlace(key, content string, want seen) {
	w.t.Helper()
	o, ok := w.OSS.Object(from, key)
	if !ok {
		w.t.Fatalf("oss://%s/%s is gone", from, key)
	}
	if diff := cmp.Diff(want, seenOf(o)); diff != "" {
		w.t.Errorf("oss://%s/%s differs (-want +got):\n%s", from, key, diff)
	}
	if got, err := io.ReadAll(o.Reader()); err != nil || string(got) != content {
		w.t.Errorf("oss://%s/%s holds %q, want %q (%v)", from, key, got, content, err)
	}
}

// told is a line for each attempt that had copies to make, with what it reported of
// them: event, rule, outcome, method. The lines are sorted, for attempts at several
// events may end in any order.
func (w *world) told() (all []string) {
	w.t.Helper()
	for _, r := range w.reports() {
		var copies []string
		for _, o := range r.Objects {
			for _, c := range o.Copies {
				event := strings.TrimPrefix(o.Event, "ObjectCreated:")
				copies = append(copies, strings.Join([]string{event, c.Rule, string(c.Outcome.Result), c.Method}, " "))
			}
		}
		if copies != nil { // else nobody wanted the object
			all = append(all, strings.Join(copies, "; "))
		}
	}
	slices.Sort(all)
	return all
}

func TestTagsAndACLAreSetInPlaceAndRaiseNoEvent(t *testing.T) {
	w := start(t, changeInPlace)
	w.put("drafts/a.csv", "a,b\n", rich)
	w.settle()
	want := richSeen()
	want.Tags, want.ACL = map[string]string{"owner": "li", "state": "draft"}, "private"
	w.wantInPlace("drafts/a.csv", "a,b\n", want)
	if diff := cmp.Diff([]string{"PutObject mark copied " + copier.MethodPutObjectTagging}, w.told()); diff != "" {
		t.Errorf("reports differ (-want +got):\n%s", diff)
	}
	w.deliver() // the event comes once more
	w.settle()
	both := []string{"PutObject mark copied " + copier.MethodPutObjectTagging, "PutObject mark unchanged "}
	if diff := cmp.Diff(both, w.told()); diff != "" {
		t.Errorf("reports of both attempts differ (-want +got):\n%s", diff)
	}
}

// The rewrite's own event ends the chain: the rule finds the object as it wants
// it, and the rule that waits for its new class has its turn.
func TestClassChangesInPlaceWithAllElseKeptAndTheChainEnds(t *testing.T) {
	for method, change := range map[string][]string{
		copier.MethodCopyObject:     nil,
		copier.MethodUploadPartCopy: {"AFTERPUT_SINGLE_COPY_LIMIT=1"},
	} {
		t.Run(method, func(t *testing.T) {
			w := start(t, changeInPlace, env(change...))
			w.put("records/2026.csv", "c,d\n", rich)
			w.settle()
			want := richSeen()
			want.Class, want.Tags = "IA", map[string]string{"owner": "li", "tier": "cool"}
			w.wantInPlace("records/2026.csv", "c,d\n", want)
			raised := map[string]string{copier.MethodCopyObject: "CopyObject", copier.MethodUploadPartCopy: "CompleteMultipartUpload"}[method]
			told := []string{
				"PutObject cool copied " + method,
				raised + " cool unchanged ; " + raised + " publish copied " + method,
			}
			slices.Sort(told)
			if diff := cmp.Diff(told, w.told()); diff != "" {
				t.Errorf("reports differ (-want +got):\n%s", diff)
			}
			if got := w.content("records/2026.csv"); got != "c,d\n" {
				t.Errorf("published: %q", got)
			}
			if n := len(w.OSS.Objects(from)); n != 1 {
				t.Errorf("the source bucket holds %d objects", n)
			}
		})
	}
}
