package events

import "strings"

// incomplete are the events below ObjectCreated that OSS raises before the object
// exists, with the reason for Ignored.
var incomplete = map[string]string{
	"ObjectCreated:InitiateMultipartUpload": "a multipart upload begins: no object yet",
	"ObjectCreated:UploadPart":              "a part of a multipart upload: no object yet",
	"ObjectCreated:UploadPartCopy":          "a part of a multipart upload: no object yet",
}

// families are the event families (the name up to the colon) that do not create an
// object, with the reason for Ignored.
var families = map[string]string{
	"ObjectRemoved":    "something was removed",
	"ObjectDownloaded": "an object was read",
	"ObjectModified":   "an object's metadata changed, not its content",
	"ObjectRestore":    "about restoring an archived object, which cannot be read yet",
	"BucketCreated":    "about a bucket, not an object",
	"BucketRemoved":    "about a bucket, not an object",
}

// FinishRestore is the event that the restore of an archived object has ended. OSS raises it for the classes
// ColdArchive and DeepColdArchive, and not for Archive.
// Source: OSS user guide, event notification.
const FinishRestore = "ObjectRestore:FinishRestore"

// Ignored returns why an event leads to no copy, since it neither creates a whole object nor makes one readable;
// "" if it does.
// The event's name is without the "oss:" prefix.
//
// Unknown names below ObjectCreated, which OSS may add, count as creating an object:
// one copy too many is harmless, a missing copy is not.
//
// Source: OSS user guide, event notification; FC user guide, OSS triggers.
func Ignored(event string) string {
	if event == FinishRestore {
		return ""
	}
	if why := incomplete[event]; why != "" {
		return why
	}
	family, name, _ := strings.Cut(event, ":")
	switch family {
	case "ObjectCreated":
		return ""
	case "ObjectReplication":
		if name == "ObjectRemoved" {
			return families["ObjectRemoved"]
		}
		return ""
	}
	if why := families[family]; why != "" {
		return why
	}
	return "not an event that creates an object"
}

// UploadOf is the event that an object stands for whose own is not known: that of an upload which leaves
// an object of its type.
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
