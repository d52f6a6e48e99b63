package deploy

import "afterput/rules"

// allowDeletion allows looking at a source that was removed, and reading and deleting its copy. internal/copier has the
// requests.
func (g *grants) allowDeletion(a rules.Access) {
	src, dst := objectARN(a.Source, ""), objectARN(a.Destination, "")
	g.allow(src, "oss:GetObject")
	g.allowListing(a.Source.Bucket)
	to := g.as(a.Remote)
	to.allow(dst, "oss:GetObject", "oss:DeleteObject")
	to.allowListing(a.Destination.Bucket)
}

// allowMove allows deleting a source: the version that was copied, or in a bucket without versioning the object.
func (g *grants) allowMove(a rules.Access) {
	src := objectARN(a.Source, "")
	g.allow(src, "oss:DeleteObject", "oss:DeleteObjectVersion")
	g.allow(bucketARN(a.Source.Bucket), "oss:ListObjectVersions")
	g.explain("oss:ListObjectVersions", "required in buckets with versioning only, so that a move brings no older "+
		"version back")
	g.explain("oss:DeleteObjectVersion", "required in buckets with versioning only, to delete the version that was "+
		"moved, or state objects of large copies with all their versions")
}
