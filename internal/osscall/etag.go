package osscall

import "strings"

// BareETag is an ETag without quotes: events have it without them, headers with.
func BareETag(etag string) string { return strings.Trim(etag, `"`) }

// SameETag compares two ETags, with or without quotes, in upper or lower case.
func SameETag(a, b string) bool { return strings.EqualFold(BareETag(a), BareETag(b)) }
