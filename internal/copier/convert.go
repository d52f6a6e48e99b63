package copier

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// headOfContent converts the headers of the result of GetObject, for the whole object, which are those of HeadObject.
func headOfContent(res *oss.GetObjectResult) rules.Head {
	header := func(name string) *string { return osscall.Optional(res.Headers.Get(name)) }
	return headOf(&oss.HeadObjectResult{
		ContentLength: res.ContentLength, ETag: res.ETag, VersionId: res.VersionId, ObjectType: res.ObjectType,
		StorageClass: res.StorageClass, HashCRC64: res.HashCRC64, TaggingCount: res.TaggingCount, Restore: res.Restore,
		CacheControl: header("Cache-Control"), ContentDisposition: header("Content-Disposition"),
		ContentEncoding: header("Content-Encoding"), ContentType: res.ContentType, Expires: header("Expires"),
		ServerSideEncryption: res.ServerSideEncryption, ServerSideEncryptionKeyId: res.ServerSideEncryptionKeyId,
		ServerSideDataEncryption: res.ServerSideDataEncryption, LastModified: res.LastModified, Metadata: res.Metadata,
		ResultCommon: res.ResultCommon,
	})
}

// headOf converts the result of HeadObject.
func headOf(res *oss.HeadObjectResult) rules.Head {
	h := rules.Head{
		Size:         res.ContentLength,
		ETag:         osscall.BareETag(oss.ToString(res.ETag)),
		VersionID:    oss.ToString(res.VersionId),
		ObjectType:   oss.ToString(res.ObjectType),
		StorageClass: oss.ToString(res.StorageClass),
		CRC64:        oss.ToString(res.HashCRC64),
		TaggingCount: int(res.TaggingCount),
		Restore:      oss.ToString(res.Restore),
		Headers: rules.ContentHeaders{
			CacheControl:       oss.ToString(res.CacheControl),
			ContentDisposition: oss.ToString(res.ContentDisposition),
			ContentEncoding:    oss.ToString(res.ContentEncoding),
			ContentLanguage:    res.Headers.Get("Content-Language"),
			ContentType:        oss.ToString(res.ContentType),
			Expires:            oss.ToString(res.Expires),
		},
		ServerSideEncryption:      oss.ToString(res.ServerSideEncryption),
		ServerSideEncryptionKeyID: oss.ToString(res.ServerSideEncryptionKeyId),
		ServerSideDataEncryption:  oss.ToString(res.ServerSideDataEncryption),
	}
	if res.LastModified != nil {
		h.LastModified = res.LastModified.UTC()
	}
	for k, v := range res.Metadata {
		switch k = strings.ToLower(k); {
		case k == rules.HopsMeta:
			h.Hops = v
		case k == rules.SourceMeta:
			h.CopyOf = v
		case v != "":
			h.Meta = append(h.Meta, rules.Pair{Key: k, Value: v})
		}
	}
	sortPairs(h.Meta)
	return h
}

// checkACL fails if the result of op, GetObjectAcl or GetBucketAcl, has no ACL.
func checkACL(op string, acl *string, res oss.ResultCommon) error {
	if oss.ToString(acl) == "" {
		return osscall.NewError(osscall.KindLost, op, "NoAnswer",
			"OSS answered 200 without an ACL (request %s)", osscall.RequestID(res))
	}
	return nil
}

// pairsOf converts tags, sorted by key.
func pairsOf(tags []oss.Tag) []rules.Pair {
	pairs := make([]rules.Pair, len(tags))
	for i, t := range tags {
		pairs[i] = rules.Pair{Key: oss.ToString(t.Key), Value: oss.ToString(t.Value)}
	}
	sortPairs(pairs)
	return pairs
}

func sortPairs(pairs []rules.Pair) {
	slices.SortFunc(pairs, func(a, b rules.Pair) int { return cmp.Compare(a.Key, b.Key) })
}
