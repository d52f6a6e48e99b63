package copier_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
)

// GetObjectTagging takes no condition: it was answered while a newer version was current,
// which was deleted by its id before the older one was copied.
func TestTagsReadOfAVersionThatWasDeletedSinceDoNotStay(t *testing.T) {
	inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
		w.version(from)
		event := w.put(large, 1)
		time.Sleep(3 * time.Second)
		w.put(large, 2, localoss.WithHeader("x-oss-tagging", "stage=new"))
		newer, ok := w.Object(from, key)
		if !ok {
			t.Fatal("the source is not there")
		}
		src := w.copier.Source(w.ctx, event)
		if tags, err := src.Tags(); len(tags) != 1 || err != nil {
			t.Fatalf("tags %v, %v", tags, err)
		}
		_, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr(key), VersionId: &newer.VersionID})
		if err != nil {
			t.Fatal(err)
		}
		out := w.copier.Copy(w.ctx, src, plan())
		w.wantOutcome(out, copier.Copied)
		fresh, _, err := src.Recheck(w.ctx)
		if !out.NeedsSecondLook || fresh != copier.MayBeSame || err != nil {
			t.Fatalf("second look due: %t, and finds %v, %v", out.NeedsSecondLook, fresh, err)
		}
		if matches, _, err := w.copier.Source(w.ctx, event).Matches(w.ctx, plan()); matches || err != nil {
			t.Errorf("a copy with the tags of another version matches: %t, %v", matches, err)
		}
	})
}
