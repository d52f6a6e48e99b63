package rules

import (
	"crypto/sha256"
	"encoding/hex"
)

// hashLength is the number of hexadecimal digits of ${hash}.
const hashLength = 16

// hashOf is ${hash}: the first 16 hexadecimal digits of the SHA-256 of the bucket, a zero
// byte and the key, in lower case. It must never change: copies that were made would no longer
// be found where the rules say they are. (A hash such as FNV-1a is faster, but its first
// digits hardly differ for keys that differ at their ends, and the first are those that spread
// keys. SHA-256 takes less than a microsecond, and requests to OSS need it anyway.)
func hashOf(bucket, key string) string {
	text := make([]byte, 0, 64+1+maxKey)
	text = append(append(append(text, bucket...), 0), key...)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:hashLength/2])
}
