package osscall

import "strings"

// URL is how messages, reports and settings name an object: oss://BUCKET/KEY.
func URL(bucket, key string) string { return "oss://" + bucket + "/" + key }

// CutURL splits oss://BUCKET/KEY; ok reports whether s begins with oss://. A missing part is "".
func CutURL(s string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(s, "oss://")
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, ok
}
