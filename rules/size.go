package rules

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the units of a size, longest name first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}}

// ParseSize reads a size as it is written in a rules file: a whole number of bytes, or a
// whole number directly followed by B, KiB, MiB, GiB or TiB.
func ParseSize(s string) (int64, error) {
	digits, unit := s, int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			digits, unit = rest, u.bytes
			break
		}
	}
	if i := strings.IndexAny(s, "kKmMgGtT"); i > 0 && strings.Trim(s[:i], "0123456789") == "" && unit == 1 {
		return 0, fmt.Errorf("%s is not a valid size; did you mean %s%siB?", quote(s), s[:i], strings.ToUpper(s[i:i+1]))
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%s is not a valid size: write a whole number of bytes, or of B, KiB, MiB, GiB or TiB, "+
			"such as 64KiB", quote(s))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("size %s is too large: no object has more than 48.8 TiB", quote(s))
	}
	return n * unit, nil
}

// formatSize writes a size as ParseSize reads it, in the largest unit that gives a whole
// number.
func formatSize(n int64) string {
	for i := 3; i >= 0; i-- {
		if u := sizeUnits[i]; n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
