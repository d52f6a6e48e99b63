package localoss_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
)

// OSS's pages contradict each other, so both of their readings can be tried.
func TestADeleteMarkerRaisesAnEventOnlyIfTheSettingSaysSo(t *testing.T) {
	for _, raises := range []bool{false, true} {
		var removed []string
		s, err := localoss.New(localoss.Config{DeleteMarkerEvents: raises, OnEvent: func(p []byte) {
			if strings.Contains(string(p), "ObjectRemoved:") {
				removed = append(removed, string(p))
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CreateBucket("bkt", localoss.WithVersioning()); err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, Server: s, sdk: inProcess(s)}
		w.put("k", "content")
		for range 2 { // the second hides nothing
			if _, err := w.sdk.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr("bkt"),
				Key: oss.Ptr("k")}); err != nil {
				t.Fatal(err)
			}
		}
		w.put("l", "content")
		if _, err := w.sdk.DeleteMultipleObjects(t.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: oss.Ptr("bkt"),
			Objects: []oss.DeleteObject{{Key: oss.Ptr("l")}}}); err != nil {
			t.Fatal(err)
		}
		want := 0
		if raises {
			want = 1
		}
		if len(removed) != want {
			t.Errorf("setting %t: events %q", raises, removed)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
