package deploy

import (
	"strings"

	"afterput/internal/copier"
	"afterput/internal/state"
	"afterput/rules"
)

// allowCopy allows the requests of one copy. internal/copier has the requests; OSS's API reference and its page on RAM
// policies have the actions that they need.
func (g *grants) allowCopy(a rules.Access, o PolicyOptions) {
	src, dst := objectARN(a.Source, ""), objectARN(a.Destination, "")
	limit := copier.DefaultSingleCopyLimit
	if o.SingleCopyLimit > 0 {
		limit = min(o.SingleCopyLimit, copier.MostSingleCopyLimit)
	}
	if a.Remote != (rules.Remote{}) {
		limit = min(limit, copier.MostInMemory)
	}
	inParts := a.Writes && (a.Below == 0 || a.Below-1 > limit)

	if a.Deletes {
		g.allowDeletion(a)
		return
	}
	g.allowReading(a)
	if a.DeletesSource {
		g.allowMove(a)
	}
	if a.Restores {
		g.allow(src, "oss:RestoreObject")
	}
	to := g.as(a.Remote)
	if a.Writes {
		to.allowWrite(a, dst)
	}
	if inParts {
		to.allow(dst, "oss:ListParts", "oss:AbortMultipartUpload")
		states := to
		if o.State.Bucket != "" {
			states = g
		}
		states.allowState(a, o)
	}
	if a.InPlace {
		g.allowInPlace(a, src)
	}
	g.allowListing(a.Source.Bucket)
	if a.KMSKey != "" && a.Writes {
		to.allowKMS(a.KMSKey, "kms:GenerateDataKey", "kms:Decrypt")
	}
	if strings.HasSuffix(a.Destination.Bucket, "*") {
		to.noteRule(a, "the bucket name depends on the object, so the policy allows every bucket named %s",
			a.Destination.Bucket)
	}
	if len(o.SourceKMSKeys) == 0 {
		g.note("if sources are encrypted with a KMS key, pass it with --source-kms-key: " +
			"reading them needs kms:Decrypt")
	}
}

// allowReading allows what is asked of a source before it is copied.
func (g *grants) allowReading(a rules.Access) {
	src := objectARN(a.Source, "")
	g.allow(src, "oss:GetObject")
	if a.ReadsTags {
		g.allow(src, "oss:GetObjectTagging")
	}
	if a.FollowsSymlinks {
		g.allowFollowing(a)
	}
	if a.ReadsACL {
		g.allow(src, "oss:GetObjectAcl")
	}
	if a.ReadsBucketACL {
		g.allow(bucketARN(a.Source.Bucket), "oss:GetBucketAcl")
	}
}

// allowFollowing allows a copy to read what a symbolic link points to, which may be any object of the link's bucket.
func (g *grants) allowFollowing(a rules.Access) {
	bucket := objectARN(rules.Objects{Bucket: a.Source.Bucket}, "")
	g.allow(bucket, "oss:GetObject")
	if a.ReadsTags {
		g.allow(bucket, "oss:GetObjectTagging")
	}
	g.noteRule(a, "follow-symlinks reads any object of bucket %s to which a link points; whoever may put links there "+
		"can have any of its objects copied", a.Source.Bucket)
}

// allowWrite allows a copy to write its destination, and to read it: that shows whether a copy whose response was lost,
// or that is retried, is already there.
func (g *grants) allowWrite(a rules.Access, dst string) {
	g.allow(dst, "oss:PutObject", "oss:GetObject", "oss:GetObjectTagging")
	if a.SetsACL { // the ACL is compared too
		g.allow(dst, "oss:GetObjectAcl")
	}
	if a.Role != "" { // a copy that is streamed has the tags that it is sent with
		a.RemovesTags = false
	}
	g.allowTagsAndACL(a, dst)
	g.allowListing(a.Destination.Bucket)
}

// allowTagsAndACL allows the changes of tags and ACL that a copy makes.
func (g *grants) allowTagsAndACL(a rules.Access, resource string) {
	if a.SetsTags {
		g.allow(resource, "oss:PutObjectTagging")
	}
	if a.RemovesTags {
		g.allow(resource, "oss:DeleteObjectTagging")
	}
	if a.SetsACL {
		g.allowPutACL(resource)
	}
}

// allowInPlace allows changes of the source itself. In a bucket with versioning they are made to the version that the
// event names.
func (g *grants) allowInPlace(a rules.Access, src string) {
	g.allow(src, "oss:GetObjectTagging")
	g.allowTagsAndACL(a, src)
	g.allowForVersions(src, "oss:PutObjectTagging", "oss:PutObjectVersionTagging")
	g.allowForVersions(src, "oss:DeleteObjectTagging", "oss:DeleteObjectVersionTagging")
	if a.SetsACL || a.Writes {
		g.allow(src, "oss:GetObjectAcl")
	}
	if a.Writes { // a rewrite sends the ACL again
		a.SetsACL = true
		g.allowTagsAndACL(a, src)
		g.noteRule(a, "an object rewritten in place keeps its encryption; if that uses a KMS key, the role also needs "+
			"kms:GenerateDataKey and kms:Decrypt on it")
	}
	g.allowForVersions(src, "oss:PutObjectAcl", "oss:PutObjectVersionAcl")
}

// allowForVersions allows the action that buckets with versioning require instead of another, if that is allowed.
func (g *grants) allowForVersions(resource, action, versionAction string) {
	if g.resources[action][resource] {
		g.allow(resource, versionAction)
		g.explain(versionAction, "required in buckets with versioning only, to change tags or ACL in place")
	}
}

// allowState allows a large copy to keep its state object. State objects are found by listing, are private, and are
// deleted with all their versions.
func (g *grants) allowState(a rules.Access, o PolicyOptions) {
	if o.State.Off {
		return
	}
	location := rules.Objects{Bucket: o.State.Bucket, Prefix: o.State.Prefix}
	if location.Bucket == "" {
		location.Bucket = a.Destination.Bucket
	}
	if location.Prefix == "" {
		location.Prefix = state.DefaultPrefix
	}
	resource := objectARN(location, "")
	g.allow(resource, "oss:GetObject", "oss:PutObject")
	g.allowPutACL(resource)
	g.allow(resource, "oss:DeleteObject", "oss:DeleteObjectVersion")
	g.explain("oss:DeleteObjectVersion",
		"required in buckets with versioning only, to delete state objects of large copies with all their versions")
	g.allowListing(location.Bucket)
}

func (g *grants) allowPutACL(resource string) {
	g.allow(resource, "oss:PutObjectAcl")
	g.explain("oss:PutObjectAcl", "not confirmed that OSS requires it for a request that writes an object "+
		"with an ACL: the pages of CopyObject and PutObject do not list it")
}

// allowListing allows listing a bucket, so that OSS reports a missing object as such. Any key can be missing, so this
// is not limited to the state prefix.
func (g *grants) allowListing(bucket string) {
	g.allow(bucketARN(bucket), "oss:ListObjects")
	g.explain("oss:ListObjects", "not confirmed that OSS requires it to report that an object does not exist, "+
		"instead of AccessDenied; large copies list their state objects")
}

func (g *grants) allowKMS(id string, actions ...string) {
	resource := "acs:kms:*:*:*"
	if id != "*" {
		resource = "acs:kms:*:*:key/" + id
	}
	g.allow(resource, actions...)
	for _, action := range actions {
		g.explain(action, "checked by KMS; the form of its resource is not confirmed")
	}
}
