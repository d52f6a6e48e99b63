package conformance

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// listedKeys are keys that paging and encoding could get wrong.
var listedKeys = []string{"a", "a b", "a+b", "a/1", "a/2/x", "a/2/y", "a/", "b%41", "c&d", "é", "图/日", "图/月"}

func (w *world) fill() {
	w.Helper()
	for _, key := range listedKeys {
		w.put(key, key)
	}
}

func TestListingsPageThroughEverythingInOrder(t *testing.T) {
	conform(t, func(w *world) {
		w.fill()
		// Ordered by the bytes of UTF-8.
		want := "a|a b|a+b|a/|a/1|a/2/x|a/2/y|b%41|c&d|é|图/日|图/月"
		for _, size := range []int32{1, 5, 100} {
			var v1, v2 []string
			p1 := w.client.NewListObjectsPaginator(&oss.ListObjectsRequest{Bucket: &w.bucket, MaxKeys: size})
			for p1.HasNext() {
				page, err := p1.NextPage(w.ctx)
				w.ok(err)
				for _, object := range page.Contents {
					v1 = append(v1, text(object.Key))
					same(w, "size", object.Size, int64(len(text(object.Key))))
					same(w, "ETag", text(object.ETag), quotedMD5(text(object.Key)))
				}
			}
			p2 := w.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: &w.bucket, MaxKeys: size})
			for p2.HasNext() {
				page, err := p2.NextPage(w.ctx)
				w.ok(err)
				same(w, "key count", page.KeyCount, len(page.Contents))
				for _, object := range page.Contents {
					v2 = append(v2, text(object.Key))
				}
			}
			same(w, "ListObjects", strings.Join(v1, "|"), want)
			same(w, "ListObjectsV2", strings.Join(v2, "|"), want)
		}
	})
}

func TestListingsGroupByDelimiter(t *testing.T) {
	conform(t, func(w *world) {
		w.fill()
		for _, test := range []struct{ prefix, want string }{
			{"", "a|a b|a+b|b%41|c&d|é + a/|图/"},
			{"a/", "a/|a/1 + a/2/"},
			{"图/", "图/日|图/月 + "},
			{"a/2", " + a/2/"},
			{"none", " + "},
		} {
			for _, size := range []int32{1, 100} {
				var keys, prefixes []string
				pages := w.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{
					Bucket: &w.bucket, Prefix: &test.prefix, Delimiter: oss.Ptr("/"), MaxKeys: size,
				})
				for pages.HasNext() {
					page, err := pages.NextPage(w.ctx)
					w.ok(err)
					for _, object := range page.Contents {
						keys = append(keys, text(object.Key))
					}
					for _, p := range page.CommonPrefixes {
						prefixes = append(prefixes, text(p.Prefix))
					}
				}
				same(w, "listing of "+test.prefix, strings.Join(keys, "|")+" + "+strings.Join(prefixes, "|"), test.want)
			}
		}
	})
}

func TestListingsStartAfterAKey(t *testing.T) {
	conform(t, func(w *world) {
		w.fill()
		v2, err := w.client.ListObjectsV2(w.ctx, &oss.ListObjectsV2Request{
			Bucket: &w.bucket, StartAfter: oss.Ptr("c"), MaxKeys: 1,
		})
		w.ok(err)
		same(w, "first after c", text(v2.Contents[0].Key), "c&d")
		same(w, "truncated", v2.IsTruncated, true)
		v1, err := w.client.ListObjects(w.ctx, &oss.ListObjectsRequest{
			Bucket: &w.bucket, Marker: oss.Ptr("c&d"), MaxKeys: 1,
		})
		w.ok(err)
		same(w, "first after the marker", text(v1.Contents[0].Key), "é")
		same(w, "next marker", text(v1.NextMarker), "é")
	})
}

func TestListObjectVersionsPages(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		var want []string
		for _, key := range []string{"a", "图 +"} {
			for range 2 {
				want = append(want, key+" "+text(w.put(key, "x").VersionId))
			}
			want = append(want, key+" "+text(w.remove(key).VersionId))
		}
		var got []string
		pages := w.client.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: &w.bucket, MaxKeys: 1})
		for pages.HasNext() {
			page, err := pages.NextPage(w.ctx)
			w.ok(err)
			for _, v := range page.ObjectVersions {
				got = append(got, text(v.Key)+" "+text(v.VersionId))
			}
			for _, m := range page.ObjectDeleteMarkers {
				got = append(got, text(m.Key)+" "+text(m.VersionId))
			}
		}
		same(w, "versions", joinSorted(got), joinSorted(want))
	})
}

func TestBucketListAndInfo(t *testing.T) {
	conform(t, func(w *world) {
		result, err := w.client.ListBuckets(w.ctx, &oss.ListBucketsRequest{Prefix: &w.bucket})
		w.ok(err)
		same(w, "buckets", len(result.Buckets), 1)
		same(w, "name", text(result.Buckets[0].Name), w.bucket)

		info, err := w.client.GetBucketInfo(w.ctx, &oss.GetBucketInfoRequest{Bucket: &w.bucket})
		w.ok(err)
		same(w, "name", text(info.BucketInfo.Name), w.bucket)
		same(w, "class", text(info.BucketInfo.StorageClass), "Standard")
		location, err := w.client.GetBucketLocation(w.ctx, &oss.GetBucketLocationRequest{Bucket: &w.bucket})
		w.ok(err)
		same(w, "location", strings.HasPrefix(text(location.LocationConstraint), "oss-"), true)
	})
}
