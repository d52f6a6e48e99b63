package existing

import (
	"fmt"

	"afterput/internal/listing"
)

// verdict compares a wanted copy with the destination's object, for what listings show of both. sure is false where
// they cannot tell whether the contents are the same: ETags of objects that were uploaded or copied in parts, or are
// encrypted, are no digest of the content.
func (w *want) verdict(dst listing.Entry) (v Verdict, reason string, sure bool) {
	older := dst.LastModified.Before(w.Source.LastModified)
	differs := func(format string, args ...any) (Verdict, string, bool) {
		if older {
			return Older, fmt.Sprintf(format, args...), true
		}
		return Different, fmt.Sprintf(format, args...), true
	}
	inPlace := w.ToBucket == w.Bucket && w.ToKey == w.Source.Key
	src := w.Source
	switch {
	case src.Type == symlink && dst.Type != symlink:
		return differs("no symbolic link")
	case src.Type != symlink && dst.Type == symlink:
		return differs("a symbolic link")
	case inPlace, src.Type == symlink && !older:
	case src.Size != dst.Size:
		return differs("%d bytes, the source has %d", dst.Size, src.Size)
	case src.CRC64 != "" && dst.CRC64 != "" && src.CRC64 != dst.CRC64:
		return differs("other content")
	case older:
		return Older, "put before the source was", true
	case src.ETag != dst.ETag && (src.CRC64 == "" || dst.CRC64 == ""):
		return Same, "", false
	}
	if w.StorageClass != "" && dst.StorageClass != "" && w.StorageClass != dst.StorageClass {
		return Different, fmt.Sprintf("storage class %s, the rule says %s", dst.StorageClass, w.StorageClass), true
	}
	return Same, "", true
}

const symlink = "Symlink"
