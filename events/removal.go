package events

import "slices"

// removals are the events that OSS raises when whole objects are removed.
// Source: OSS user guide, event notification; FC user guide, OSS triggers.
var removals = []string{"ObjectRemoved:DeleteObject", "ObjectRemoved:DeleteObjects"}

// Removals returns the events of removed objects.
func Removals() []string { return slices.Clone(removals) }

// IsRemoval reports whether the event says that an object was removed. It is ignored by rules that copy, and says
// nothing of whether the object is still, or again, there.
func (o *Object) IsRemoval() bool { return slices.Contains(removals, o.Event) }

// UploadOf is the event of an upload that leaves an object of a type, as x-oss-object-type names it.
func UploadOf(objectType string) string {
	switch objectType {
	case "Multipart":
		return "ObjectCreated:CompleteMultipartUpload"
	case "Appendable":
		return "ObjectCreated:AppendObject"
	case "Symlink":
		return "ObjectCreated:PutSymlink"
	}
	return "ObjectCreated:PutObject"
}
