package localoss_test

import (
	"testing"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestOnChangeGetsASymlinkAndItsTarget(t *testing.T) {
	var seen []localoss.Object
	w := newWorld(t, localoss.Config{OnChange: func(_, _ string, now *localoss.Object) { seen = append(seen, *now) }})
	if _, err := w.sdk.PutSymlink(ctx, &oss.PutSymlinkRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("link"), Target: oss.Ptr("dir%2Fnone"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("link"),
	}); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"link", "copy"} {
		if o := seen[i]; o.Key != key || o.Type != "Symlink" || o.SymlinkTarget != "dir/none" {
			t.Errorf("seen %+v", o)
		}
	}
}
