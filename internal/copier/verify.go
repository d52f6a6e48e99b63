package copier

import (
	"strconv"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// verify proves, before anything becomes visible, that the listed parts are equal to the source:
// all of them exist with the right size, and their combined CRC-64 is the source's. It returns
// the combined CRC-64, or "" if OSS does not list that of every part.
func verify(parts []oss.Part, l layout, head rules.Head) (string, error) {
	damaged := func(format string, args ...any) error {
		return osscall.NewError(osscall.KindDamaged, "verify", "PartsDamaged", format, args...)
	}
	if len(parts) != l.count {
		return "", damaged("OSS lists %d parts, %d were copied", len(parts), l.count)
	}
	var crc crcOf
	known := true
	for i, p := range parts {
		if int(p.PartNumber) != i+1 || p.Size != l.length(i+1) {
			return "", damaged("OSS lists part %d with %d bytes instead of part %d with %d bytes",
				p.PartNumber, p.Size, i+1, l.length(i+1))
		}
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
