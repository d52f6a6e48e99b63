package copier

import (
	"strconv"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// verify proves, before anything becomes visible, that the listed parts, which cover the source, are equal to it: their
// combined CRC-64 is the source's. It returns
// the combined CRC-64, or "" if OSS does not list that of every part.
func verify(parts []oss.Part, head rules.Head) (string, error) {
	var crc crcOf
	known := true
	for _, p := range parts {
		one, err := strconv.ParseUint(oss.ToString(p.HashCRC64), 10, 64)
		known = known && err == nil
		if known {
			crc.add(one, p.Size)
		}
	}
	if !known {
		return "", nil
	}
	combined := strconv.FormatUint(crc.sum, 10)
	if head.CRC64 != "" && head.CRC64 != combined {
		return "", damaged("the parts have the combined CRC-64 %s, the source has %s", combined, head.CRC64)
	}
	return combined, nil
}

// damaged is the error of parts that are not the source.
func damaged(format string, args ...any) error {
	return osscall.NewError(osscall.KindDamaged, "verify", "PartsDamaged", format, args...)
}
