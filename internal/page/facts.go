package page

import (
	"cmp"
	"slices"
	"strconv"

	"afterput/events"
	"afterput/internal/localoss"
	"afterput/rules"
)

// facts are what the local OSS knows of an object.
type facts struct {
	head rules.Head
	tags []rules.Pair
	acl  string
}

// factsOf are the facts of the version of an object that an event is about, or else of its newest; nil if there is
// none.
func factsOf(server *localoss.Server, bucket, key, etag string) rules.Facts {
	versions := slices.DeleteFunc(server.Versions(bucket, key), func(o *localoss.Object) bool { return o.DeleteMarker })
	if len(versions) == 0 {
		return nil
	}
	i := slices.IndexFunc(versions, func(o *localoss.Object) bool { return o.ETag == etag })
	return newFacts(versions[max(i, 0)])
}

func newFacts(o *localoss.Object) *facts {
	f := &facts{acl: o.ACL, head: rules.Head{
		Size: o.Size, ETag: o.ETag, LastModified: o.LastModified, ObjectType: o.Type, StorageClass: o.StorageClass,
		CRC64: strconv.FormatUint(o.CRC64, 10), TaggingCount: len(o.Tags),
		Headers: rules.ContentHeaders{ContentType: o.ContentType, CacheControl: o.CacheControl,
			ContentDisposition: o.ContentDisposition, ContentEncoding: o.ContentEncoding,
			ContentLanguage: o.ContentLanguage, Expires: o.Expires},
		Hops: o.Meta[rules.HopsMeta], CopyOf: o.Meta[rules.SourceMeta],
		ServerSideEncryption: o.ServerSideEncryption, ServerSideEncryptionKeyID: o.ServerSideEncryptionKeyID,
		ServerSideDataEncryption: o.ServerSideDataEncryption,
	}}
	if o.VersionID != "null" {
		f.head.VersionID = o.VersionID
	}
	for _, t := range o.Tags {
		f.tags = append(f.tags, rules.Pair{Key: t.Key, Value: t.Value})
	}
	for name, value := range o.Meta {
		if name != rules.HopsMeta && name != rules.SourceMeta && value != "" {
			f.head.Meta = append(f.head.Meta, rules.Pair{Key: name, Value: value})
		}
	}
	sortPairs(f.tags)
	sortPairs(f.head.Meta)
	return f
}

func sortPairs(all []rules.Pair) {
	slices.SortFunc(all, func(a, b rules.Pair) int { return cmp.Compare(a.Key, b.Key) })
}

func (f *facts) Head() (rules.Head, error)   { return f.head, nil }
func (f *facts) Tags() ([]rules.Pair, error) { return f.tags, nil }
func (f *facts) ACL() (string, error)        { return f.acl, nil }
func (*facts) BucketACL() (string, error)    { return "", rules.ErrNotKnown }

// eventFor is the event that an object stands for now.
func eventFor(name objectName, o *localoss.Object, region string) events.Object {
	return events.Object{Event: events.UploadOf(o.Type), Region: region, Bucket: name.bucket, Key: name.key,
		Size: events.Some(o.Size), ETag: events.Some(o.ETag), ContentType: events.Some(o.ContentType),
		Time: o.LastModified, Principal: "local", SourceIP: "127.0.0.1"}
}
