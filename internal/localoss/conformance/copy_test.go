package conformance

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// putWithEverything puts an object with every attribute that a copy could take.
func (w *world) putWithEverything(key string) {
	w.Helper()
	w.put(key, "content", func(r *oss.PutObjectRequest) {
		r.ContentType, r.CacheControl = oss.Ptr("image/png"), oss.Ptr("max-age=60")
		r.Metadata = map[string]string{"camera": "d750"}
		r.Tagging = oss.Ptr("project=a%2Bb&stage=raw")
		r.Acl = oss.ObjectACLPublicRead
		r.ServerSideEncryption = oss.Ptr("AES256")
	})
}

func TestCopyTakesOnlyContentMetadataAndTags(t *testing.T) {
	conform(t, func(w *world) {
		w.putWithEverything("k")
		other := w.newBucket()
		toOther := func(r *oss.CopyObjectRequest) { r.Bucket, r.SourceBucket = &other, &w.bucket }
		result := w.copy("k", "图/k +%.png", toOther)
		same(w, "ETag", text(result.ETag), quotedMD5("content"))
		same(w, "Last-Modified", result.LastModified.IsZero(), false)

		head := w.head(other, "图/k +%.png")
		same(w, "content", w.get(other, "图/k +%.png"), "content")
		same(w, "Content-Type", text(head.ContentType), "image/png")
		same(w, "Cache-Control", text(head.CacheControl), "max-age=60")
		same(w, "metadata", head.Metadata["camera"], "d750")
		same(w, "tags", w.tags(other, "图/k +%.png"), "project=a+b&stage=raw")
		same(w, "tag count", head.TaggingCount, 2)
		same(w, "ACL", w.acl(other, "图/k +%.png"), "default")
		same(w, "class", text(head.StorageClass), "Standard")
		w.unconfirmed(
			"a copy without an encryption header is stored unencrypted", text(head.ServerSideEncryption) == "",
		)
	})
}

func TestCopySetsAttributesByHeader(t *testing.T) {
	conform(t, func(w *world) {
		w.putWithEverything("k")
		result := w.copy("k", "copy", func(r *oss.CopyObjectRequest) {
			r.MetadataDirective, r.TaggingDirective = oss.Ptr("REPLACE"), oss.Ptr("Replace")
			r.ContentType, r.ContentDisposition = oss.Ptr("text/plain"), oss.Ptr("inline")
			r.Metadata = map[string]string{"Lens": "50mm"}
			r.Tagging = oss.Ptr("a=1&b=")
			r.Acl, r.StorageClass = oss.ObjectACLPrivate, oss.StorageClassIA
			r.ServerSideEncryption = oss.Ptr("AES256")
		})
		same(w, "encryption answered", text(result.ServerSideEncryption), "AES256")
		head := w.head(w.bucket, "copy")
		same(w, "Content-Type", text(head.ContentType), "text/plain")
		same(w, "Content-Disposition", text(head.ContentDisposition), "inline")
		same(w, "Cache-Control", text(head.CacheControl), "")
		same(w, "metadata", head.Metadata["lens"], "50mm")
		same(w, "metadata of the source", head.Metadata["camera"], "")
		same(w, "tags", w.tags(w.bucket, "copy"), "a=1&b=")
		same(w, "ACL", w.acl(w.bucket, "copy"), "private")
		same(w, "class", text(head.StorageClass), "IA")
		same(w, "encryption", text(head.ServerSideEncryption), "AES256")
	})
}

func TestCopyIgnoresWhatItsDirectivesDoNotReplace(t *testing.T) {
	conform(t, func(w *world) {
		w.putWithEverything("k")
		w.copy("k", "copy", func(r *oss.CopyObjectRequest) {
			r.ContentType, r.Metadata = oss.Ptr("text/plain"), map[string]string{"lens": "50mm"}
			r.Tagging = oss.Ptr("a=1")
		})
		head := w.head(w.bucket, "copy")
		same(w, "Content-Type", text(head.ContentType), "image/png")
		same(w, "metadata", head.Metadata["camera"]+head.Metadata["lens"], "d750")
		same(w, "tags", w.tags(w.bucket, "copy"), "project=a+b&stage=raw")
	})
}

func TestCopyReplacingTagsWithNone(t *testing.T) {
	conform(t, func(w *world) {
		w.putWithEverything("k")
		w.copy("k", "copy", func(r *oss.CopyObjectRequest) { r.TaggingDirective = oss.Ptr("Replace") })
		w.unconfirmed("Replace without tags gives a copy without tags", w.tags(w.bucket, "copy") == "")
	})
}

func TestCopyOntoItselfReplacesTheMetadataWhateverTheDirective(t *testing.T) {
	conform(t, func(w *world) {
		w.putWithEverything("k")
		w.copy("k", "k", func(r *oss.CopyObjectRequest) { r.Metadata = map[string]string{"lens": "50mm"} })
		head := w.head(w.bucket, "k")
		same(w, "metadata", head.Metadata["camera"]+head.Metadata["lens"], "50mm")
		same(w, "content", w.get(w.bucket, "k"), "content")
	})
}

func TestCopyThatReplacesMetadataKeepsContentTypeAndClientSideEncryption(t *testing.T) {
	conform(t, func(w *world) {
		encrypted := map[string]string{
			"client-side-encryption-key": "a2V5", "Client-Side-Encryption-Start": "c3RhcnQ=", "camera": "d750",
		}
		w.put("k", "content", func(r *oss.PutObjectRequest) {
			r.ContentType, r.CacheControl, r.Metadata = oss.Ptr("image/png"), oss.Ptr("max-age=60"), encrypted
		})
		replace := func(r *oss.CopyObjectRequest) {
			r.MetadataDirective, r.Metadata = oss.Ptr("REPLACE"), map[string]string{
				"lens": "50mm", "client-side-encryption-start": "other",
			}
		}
		for _, destination := range []string{"copy", "k"} {
			w.copy("k", destination, replace)
			head := w.head(w.bucket, destination)
			same(w, "Content-Type", text(head.ContentType), "image/png")
			same(w, "Cache-Control", text(head.CacheControl), "")
			same(w, "metadata of the source", head.Metadata["camera"], "")
			same(w, "metadata of the request", head.Metadata["lens"], "50mm")
			same(w, "key of the client-side encryption", head.Metadata["client-side-encryption-key"], "a2V5")
			w.unconfirmed(
				"the request can replace the metadata of client-side encryption",
				head.Metadata["client-side-encryption-start"] == "other",
			)
		}
		w.copy("k", "copy", func(r *oss.CopyObjectRequest) {
			r.MetadataDirective, r.ContentType = oss.Ptr("REPLACE"), oss.Ptr("text/plain")
		})
		same(w, "Content-Type", text(w.head(w.bucket, "copy").ContentType), "text/plain")
	})
}

func TestMultipartCopyTakesNoAttributesFromItsSource(t *testing.T) {
	conform(t, func(w *world) {
		w.put("src +%/图", "content", func(r *oss.PutObjectRequest) {
			r.ContentType, r.CacheControl = oss.Ptr("image/png"), oss.Ptr("max-age=60")
			r.Metadata = map[string]string{"client-side-encryption-key": "a2V5"}
		})
		// "copy" has no extension by which the SDK would add a Content-Type.
		upload := w.initiate("copy")
		part, err := w.partCopy(upload, 1, func(*oss.UploadPartCopyRequest) {})
		w.ok(err)
		_, err = w.complete("copy", upload, []oss.UploadPart{{PartNumber: 1, ETag: part.ETag}})
		w.ok(err)
		head := w.head(w.bucket, "copy")
		same(w, "Content-Type", text(head.ContentType), "application/octet-stream")
		same(w, "Cache-Control", text(head.CacheControl), "")
		same(w, "metadata", len(head.Metadata), 0)
	})
}

func TestCopyWithForbidOverwrite(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "new")
		w.put("copy", "old")
		forbid := func(r *oss.CopyObjectRequest) { r.ForbidOverwrite = oss.Ptr("true") }
		_, err := w.tryCopy("k", "copy", forbid)
		w.refused(err, 409, "FileAlreadyExists")
		same(w, "content", w.get(w.bucket, "copy"), "old")
		w.copy("k", "other", forbid)

		w.versioning(oss.VersionEnabled)
		w.copy("k", "copy", forbid) // no effect in a bucket with versioning
		same(w, "content", w.get(w.bucket, "copy"), "new")
	})
}

func TestCopiesThatOSSRefuses(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "x")
		missing := bucketName()
		eleven := strings.TrimSuffix(strings.Repeat("k%d=v&", 11), "&")
		for i := range 11 {
			eleven = strings.Replace(eleven, "%d", string(rune('a'+i)), 1)
		}
		for _, test := range []struct {
			name   string
			change func(*oss.CopyObjectRequest)
			status int
			code   string
		}{
			{"no such source", func(r *oss.CopyObjectRequest) { r.SourceKey = oss.Ptr("none") }, 404, "NoSuchKey"},
			{"no such source bucket",
				func(r *oss.CopyObjectRequest) { r.SourceBucket = &missing },
				404, "NoSuchBucket"},
			{"no such destination bucket",
				func(r *oss.CopyObjectRequest) { r.Bucket, r.SourceBucket = &missing, &w.bucket },
				404, "NoSuchBucket"},
			{"an unknown ACL", func(r *oss.CopyObjectRequest) { r.Acl = "mine" }, 400, "InvalidArgument"},
			{"an unknown metadata directive",
				func(r *oss.CopyObjectRequest) { r.MetadataDirective = oss.Ptr("MERGE") },
				400, "InvalidArgument"},
			{"an unknown tagging directive",
				func(r *oss.CopyObjectRequest) { r.TaggingDirective = oss.Ptr("MERGE") },
				400, "InvalidArgument"},
			{"an unknown encryption",
				func(r *oss.CopyObjectRequest) { r.ServerSideEncryption = oss.Ptr("ROT13") },
				400, "InvalidEncryptionAlgorithmError"},
			{"a tag twice", replaceTags("a=1&a=2"), 400, "InvalidArgument"},
			{"tags that are not URL-encoded", replaceTags("a=%zz"), 400, "InvalidArgument"},
			{"eleven tags", replaceTags(eleven), 400, ""},
		} {
			w.try(test.name, func(w *world) {
				_, err := w.tryCopy("k", "copy", test.change)
				w.refused(err, test.status, test.code)
				same(w, "copy made", w.exists(w.bucket, "copy"), false)
			})
		}
	})
}

func replaceTags(tags string) func(*oss.CopyObjectRequest) {
	return func(r *oss.CopyObjectRequest) { r.Tagging, r.TaggingDirective = &tags, oss.Ptr("Replace") }
}
