package e2e_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
)

// putLink puts a symbolic link into the source bucket.
func (w *world) putLink(key, target string) {
	w.t.Helper()
	_, err := w.client.PutSymlink(w.t.Context(), &oss.PutSymlinkRequest{
		Bucket: oss.Ptr(sourceBucket), Key: &key, Target: &target})
	if err != nil {
		w.t.Fatal(err)
	}
}

const copyAndFollow = `
version: 1
sources: [source-bucket]
rules:
  - name: links
    match: {prefix: in/}
    copy:
      - {bucket: target-bucket, key: "links/${base}"}
      - {bucket: target-bucket, key: "contents/${base}", follow-symlinks: true}
`

func TestLinksAreCopiedAsLinksOrAsWhatTheyPointTo(t *testing.T) {
	w := start(t, copyAndFollow)
	w.put("elsewhere/v1.zip", "version 1\n")
	w.putLink("in/latest.zip", "elsewhere/v1.zip")
	w.waitForEvents()
	w.wantOutcomes(copier.Copied, copier.Copied)
	link, _ := w.OSS.Object(targetBucket, "links/latest.zip")
	if link == nil || link.Type != "Symlink" || link.SymlinkTarget != "elsewhere/v1.zip" {
		t.Errorf("the copy of the link is %+v", link)
	}
	src, _ := w.OSS.Object(sourceBucket, "elsewhere/v1.zip")
	content, _ := w.OSS.Object(targetBucket, "contents/latest.zip")
	if content == nil || content.Type == "Symlink" || content.CRC64 != src.CRC64 {
		t.Errorf("the copy of what it points to is %+v", content)
	}
	for _, c := range w.copies() {
		if !strings.Contains(c.Reason, "the source is a symbolic link") {
			t.Errorf("reports %q of %s", c.Reason, c.Destination)
		}
	}
}
