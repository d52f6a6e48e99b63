package localoss_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

var awkwardKeys = []string{
	"a", "plain/key.txt", "a b+c%d&e=f?g#h", "中文/图片 1.jpg", "..", "../x", "a//b", "a/./b", `back\slash`,
	"tab\tnl\nbell\a", "é", "~-._!$'()*,;:@[]", strings.Repeat("k", 1023),
}

func TestEveryKeyIsKeptWithEveryKindOfAddress(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	url := w.listen()
	inProcess := &http.Client{Transport: w.Transport()}
	v1 := func(c *oss.Config) { c.WithSignatureVersion(oss.SignatureVersionV1) }
	clients := map[string]*oss.Client{
		"path style over loopback":     sdkClient(url, nil),
		"path style in process":        w.sdk,
		"virtual host in process":      sdkClient("http://oss-cn-hangzhou.aliyuncs.com", inProcess),
		"internal endpoint in process": sdkClient("https://oss-cn-hangzhou-internal.aliyuncs.com", inProcess),
		"V1 over loopback":             sdkClient(url, nil, v1),
		"V1 virtual host":              sdkClient("http://oss-cn-hangzhou.aliyuncs.com", inProcess, v1),
	}
	for name, client := range clients {
		w.sdk = client
		for _, key := range awkwardKeys {
			text := name + key
			w.put(key, text)
			if got := w.get(key); got != text {
				t.Errorf("%s: %q has %q", name, key, got)
			}
		}
		var listed []string
		p := client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: oss.Ptr("bkt"), MaxKeys: 4})
		for p.HasNext() {
			page, err := p.NextPage(ctx)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, o := range page.Contents {
				listed = append(listed, *o.Key)
			}
		}
		if len(listed) != len(awkwardKeys) {
			t.Errorf("%s: listed %q", name, listed)
		}
	}
}

func TestCopyObjectTakesOnlyTheAttributesOSSTakes(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("src", "text", func(r *oss.PutObjectRequest) {
		r.ContentType, r.CacheControl = oss.Ptr("text/x"), oss.Ptr("no-cache")
		r.Metadata = map[string]string{"Author": "me"}
		r.Tagging, r.Acl = oss.Ptr("k=v+1&e="), oss.ObjectACLPublicRead
		r.ServerSideEncryption = oss.Ptr("AES256")
	})
	w.names()
	_, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), SourceKey: oss.Ptr("src"),
	})
	if err != nil {
		t.Fatal(err)
	}
	o, _ := w.Object("bkt", "dst")
	if o.ContentType != "text/x" || o.CacheControl != "no-cache" || o.Meta["author"] != "me" {
		t.Errorf("metadata was not copied: %+v", o)
	}
	if diff := cmp.Diff([]localoss.Tag{{"k", "v 1"}, {"e", ""}}, o.Tags); diff != "" {
		t.Errorf("tags were not copied: %s", diff)
	}
	if o.ACL != "default" || o.ServerSideEncryption != "" || o.StorageClass != "Standard" {
		t.Errorf("ACL, encryption or class was copied: %+v", o)
	}
	_, err = w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket:            oss.Ptr("bkt"),
		Key:               oss.Ptr("dst"),
		SourceKey:         oss.Ptr("src"),
		MetadataDirective: oss.Ptr("replace"),
		TaggingDirective:  oss.Ptr("Replace"),
		Tagging:           oss.Ptr("n=1"),
		Acl:               oss.ObjectACLPrivate,
		StorageClass:      oss.StorageClassIA,
		Metadata:          map[string]string{"x": "y"},
	})
	if err != nil {
		t.Fatal(err)
	}
	o, _ = w.Object("bkt", "dst")
	if o.ContentType != "text/x" || o.CacheControl != "" || fmt.Sprint(o.Meta) != "map[x:y]" ||
		fmt.Sprint(o.Tags) != "[{n 1}]" || o.ACL != "private" || o.StorageClass != "IA" {
		t.Errorf("replaced: %+v", o)
	}
	if diff := cmp.Diff([]string{"ObjectCreated:CopyObject", "ObjectCreated:CopyObject"}, w.names()); diff != "" {
		t.Error(diff)
	}
}

func TestHugeSparseObjectIsCopiedInTenThousandParts(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	before := heap()
	const size = 48800 << 30
	if err := w.PutSparse("bkt", "huge", size, localoss.WithSeed(7)); err != nil {
		t.Fatal(err)
	}
	src, _ := w.Object("bkt", "huge")
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("copy"),
	})
	if err != nil {
		t.Fatal(err)
	}
	part := int64(size)/10000 + 1
	var listed uint64
	for i, off := int32(1), int64(0); off < size; i, off = i+1, off+part {
		end := min(off+part, size)
		_, err := w.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
			Bucket:     oss.Ptr("bkt"),
			Key:        oss.Ptr("copy"),
			UploadId:   up.UploadId,
			PartNumber: i,
			SourceKey:  oss.Ptr("huge"),
			Range:      oss.Ptr(fmt.Sprintf("bytes=%d-%d", off, end-1)),
			IfMatch:    oss.Ptr(src.ETag),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p := w.sdk.NewListPartsPaginator(&oss.ListPartsRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("copy"), UploadId: up.UploadId,
	})
	parts := 0
	for p.HasNext() {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range page.Parts {
			var crc uint64
			fmt.Sscan(*part.HashCRC64, &crc)
			listed = localoss.CRCCombine(listed, crc, part.Size)
			parts++
		}
	}
	if parts != 10000 || listed != src.CRC64 {
		t.Fatalf("%d parts with the CRC %d, source has %d", parts, listed, src.CRC64)
	}
	if used := heap() - before; used > 50<<20 {
		t.Errorf("object and parts need %d MiB", used>>20)
	}
	done, err := w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
		Bucket:      oss.Ptr("bkt"),
		Key:         oss.Ptr("copy"),
		UploadId:    up.UploadId,
		CompleteAll: oss.Ptr("yes"),
		Acl:         oss.ObjectACLPublicRead,
	})
	if err != nil {
		t.Fatal(err)
	}
	if *done.HashCRC64 != fmt.Sprint(src.CRC64) || !strings.HasSuffix(*done.ETag, `-10000"`) {
		t.Errorf("completed with CRC %s, ETag %s", *done.HashCRC64, *done.ETag)
	}
	if o, _ := w.Object("bkt", "copy"); o.ACL != "public-read" || o.Size != size {
		t.Errorf("copy is %+v", o)
	}
}

func TestACLOfAMultipartUploadIsThatOfItsCompletion(t *testing.T) {
	for acl, want := range map[oss.ObjectACLType]string{"": "default", oss.ObjectACLPublicRead: "public-read"} {
		w := newWorld(t, localoss.Config{})
		up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
			Bucket:        oss.Ptr("bkt"),
			Key:           oss.Ptr("k"),
			RequestCommon: oss.RequestCommon{Headers: map[string]string{"x-oss-object-acl": "private"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
			Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"), UploadId: up.UploadId, CompleteAll: oss.Ptr("yes"), Acl: acl,
		})
		if err != nil {
			t.Fatal(err)
		}
		if o, _ := w.Object("bkt", "k"); o.ACL != want {
			t.Errorf("completed with ACL %q, the object has %q, want %q", acl, o.ACL, want)
		}
	}
}

func TestCopyOntoItselfOnlyEditsMetadata(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	err := w.PutSparse("bkt", "k", 10<<30,
		localoss.WithHeader("x-oss-meta-old", "1"), localoss.WithHeader("x-oss-tagging", "a=b"))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := w.Object("bkt", "k")
	_, err = w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"), SourceKey: oss.Ptr("k"), Metadata: map[string]string{"new": "2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	after, _ := w.Object("bkt", "k")
	if fmt.Sprint(after.Meta) != "map[new:2]" || fmt.Sprint(after.Tags) != "[{a b}]" {
		t.Errorf("metadata is %v, tags %v", after.Meta, after.Tags)
	}
	if after.Type != before.Type || after.ETag != before.ETag || after.CRC64 != before.CRC64 {
		t.Errorf("the object was %+v, is %+v", before, after)
	}
}
