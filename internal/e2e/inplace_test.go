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

// withRichAttributes sets all attributes of an upload that a rewrite in place could lose.
func withRichAttributes(r *oss.PutObjectRequest) {
	r.ContentType, r.CacheControl = oss.Ptr("text/csv"), oss.Ptr("no-store")
	r.ContentDisposition, r.ContentEncoding = oss.Ptr("attachment"), oss.Ptr("identity")
	r.Expires = oss.Ptr("Wed, 02 Jan 2030 03:04:05 GMT")
	r.Metadata = map[string]string{"Author": "Li Wei 李伟"}
	r.Tagging, r.Acl = oss.Ptr("owner=li"), oss.ObjectACLPublicRead
	r.ServerSideEncryption = oss.Ptr("KMS")
	r.ServerSideEncryptionKeyId = oss.Ptr("9468da86-3509-4f8d-a61e-6eab1eac0000")
}

// richAttributes are those of an upload with withRichAttributes.
func richAttributes() attributes {
	return attributes{
		ContentType: "text/csv", CacheControl: "no-store",
		ContentDisposition: "attachment", ContentEncoding: "identity",
		Expires: "Wed, 02 Jan 2030 03:04:05 GMT", Meta: map[string]string{"author": "Li Wei 李伟"},
		Tags: map[string]string{"owner": "li"}, ACL: "public-read", Class: "Standard",
		SSE: "KMS", SSEKeyID: "9468da86-3509-4f8d-a61e-6eab1eac0000",
	}
}

// wantInPlace compares content and attributes of an object in the source bucket.
func (w *world) wantInPlace(key, content string, want attributes) {
	w.t.Helper()
	o, ok := w.OSS.Object(sourceBucket, key)
	if !ok {
		w.t.Fatalf("oss://%s/%s does not exist", sourceBucket, key)
	}
	if diff := cmp.Diff(want, attributesOf(o)); diff != "" {
		w.t.Errorf("oss://%s/%s (-want +got):\n%s", sourceBucket, key, diff)
	}
	if got, err := io.ReadAll(o.Reader()); err != nil || string(got) != content {
		w.t.Errorf("oss://%s/%s holds %q, want %q (%v)", sourceBucket, key, got, content, err)
	}
}

// reportLines returns a line for each attempt that had copies to make: event, rule, outcome and method of each copy.
// The lines are sorted, because attempts of different events may end in any order.
func (w *world) reportLines() (all []string) {
	w.t.Helper()
	for _, r := range w.reports() {
		var copies []string
		for _, o := range r.Objects {
			for _, c := range o.Copies {
				event := strings.TrimPrefix(o.Event, "ObjectCreated:")
				copies = append(copies, strings.Join([]string{event, c.Rule, string(c.Outcome.Result), c.Method}, " "))
			}
		}
		if copies != nil {
			all = append(all, strings.Join(copies, "; "))
		}
	}
	slices.Sort(all)
	return all
}

func TestTagsAndACLAreSetInPlaceAndRaiseNoEvent(t *testing.T) {
	w := start(t, changeInPlace)
	w.put("drafts/a.csv", "a,b\n", withRichAttributes)
	w.waitForEvents()
	want := richAttributes()
	want.Tags, want.ACL = map[string]string{"owner": "li", "state": "draft"}, "private"
	w.wantInPlace("drafts/a.csv", "a,b\n", want)
	once := []string{"PutObject mark copied " + copier.MethodPutObjectTagging}
	if diff := cmp.Diff(once, w.reportLines()); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	w.deliverEvents() // the same event again
	w.waitForEvents()
	both := []string{"PutObject mark copied " + copier.MethodPutObjectTagging, "PutObject mark unchanged "}
	if diff := cmp.Diff(both, w.reportLines()); diff != "" {
		t.Errorf("reports of both attempts (-want +got):\n%s", diff)
	}
}

// The rewrite raises an event of its own. For that event the object is already as rule cool wants it, so the chain ends
// here; rule publish matches the new class.
func TestClassChangeInPlaceKeepsEverythingElseAndTheChainEnds(t *testing.T) {
	for method, change := range map[string][]string{
		copier.MethodCopyObject:     nil,
		copier.MethodUploadPartCopy: {"AFTERPUT_SINGLE_COPY_LIMIT=1"},
	} {
		t.Run(method, func(t *testing.T) {
			w := start(t, changeInPlace, withEnv(change...))
			w.put("records/2026.csv", "c,d\n", withRichAttributes)
			w.waitForEvents()
			want := richAttributes()
			want.Class, want.Tags = "IA", map[string]string{"owner": "li", "tier": "cool"}
			w.wantInPlace("records/2026.csv", "c,d\n", want)
			raised := "CopyObject"
			if method == copier.MethodUploadPartCopy {
				raised = "CompleteMultipartUpload"
			}
			lines := []string{
				"PutObject cool copied " + method,
				raised + " cool unchanged ; " + raised + " publish copied " + method,
			}
			slices.Sort(lines)
			if diff := cmp.Diff(lines, w.reportLines()); diff != "" {
				t.Errorf("reports (-want +got):\n%s", diff)
			}
			if got := w.content("records/2026.csv"); got != "c,d\n" {
				t.Errorf("rule publish copied %q", got)
			}
			if n := len(w.OSS.Objects(sourceBucket)); n != 1 {
				t.Errorf("%d objects in the source bucket, want 1", n)
			}
		})
	}
}
