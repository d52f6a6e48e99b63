package events

import "strings"

// partial are the events below ObjectCreated that OSS raises before the object
// exists.
var partial = map[string]string{
	"ObjectCreated:InitiateMultipartUpload": "a multipart upload begins: no object yet",
	"ObjectCreated:UploadPart":              "a part of a multipart upload: no object yet",
	"ObjectCreated:UploadPartCopy":          "a part of a multipart upload: no object yet",
}

// families gives, by what stands before the colon, why its events leave no new
// object behind.
var families = map[string]string{
	"ObjectRemoved":    "something was removed",
	"ObjectDownloaded": "an object was read",
	"ObjectModified":   "an object's metadata changed, not its content",
	"ObjectRestore":    "an archived object became readable, its content is the same",
	"BucketCreated":    "about a bucket, not an object",
	"BucketRemoved":    "about a bucket, not an object",
}

// Ignored says why an event makes no whole object, "" if it makes one. Names
// that OSS may add below ObjectCreated count as making one: copying once too
// often is safe, leaving out an object is not.
// Source: OSS user guide, event notification; FC user guide, OSS triggers.
func Ignored(event string) string {
	if why := partial[event]; why != "" {
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
