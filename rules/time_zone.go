package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timeZone is the fixed offset from UTC of the ${time.…} of a file.
type timeZone struct {
	location *time.Location
	name     string // as written in the file
	line     int    // 0 if the file says nothing
}

// fixedZones are names of zones that have had one offset as long as OSS exists, since 2011,
// for the regions of OSS. Zones with summer time have no fixed offset, and to know others the
// function would depend on the zone files of its host.
// Source: IANA time zone database, 2025b.
var fixedZones = map[string]string{
	"Asia/Bangkok":      "+07:00",
	"Asia/Dubai":        "+04:00",
	"Asia/Hong_Kong":    "+08:00",
	"Asia/Jakarta":      "+07:00",
	"Asia/Kolkata":      "+05:30",
	"Asia/Kuala_Lumpur": "+08:00",
	"Asia/Manila":       "+08:00",
	"Asia/Riyadh":       "+03:00",
	"Asia/Seoul":        "+09:00",
	"Asia/Shanghai":     "+08:00",
	"Asia/Singapore":    "+08:00",
	"Asia/Tokyo":        "+09:00",
	"Etc/UTC":           "+00:00",
	"UTC":               "+00:00",
	"Z":                 "+00:00",
}

// zoneNames lists the names of zones.
var zoneNames = slices.Sorted(maps.Keys(fixedZones))

// zonePattern is what an offset looks like.
const zonePattern = `^[+-](0[0-9]|1[0-4]):[0-5][0-9]$`

// parseZone reads an offset such as +08:00, or one of the names of zones.
func parseZone(s string) (*time.Location, error) {
	offset := s
	if fixed, known := fixedZones[s]; known {
		offset = fixed
	}
	seconds, ok := parseOffset(offset)
	if !ok {
		return nil, zoneError(s)
	}
	return time.FixedZone("", seconds), nil
}

// parseOffset reads +HH:MM or -HH:MM, from -12:00 to +14:00 as clocks somewhere show.
func parseOffset(s string) (seconds int, ok bool) {
	if len(s) != len("+08:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, err := strconv.ParseUint(s[1:3], 10, 8)
	minutes, wrong := strconv.ParseUint(s[4:], 10, 8)
	seconds = int(hours)*3600 + int(minutes)*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, err == nil && wrong == nil && minutes < 60 && -12*3600 <= seconds && seconds <= 14*3600
}

// looseOffset is an offset that is not written as it has to be.
var looseOffset = compiledLater(`^(?:UTC|GMT)?([+-]?)(\d{1,2})(?::?(\d\d))?$`)

// zoneError says what is wrong with a zone.
func zoneError(s string) error {
	const want = "write an offset from -12:00 to +14:00, such as \"+08:00\""
	near := nearest(s, zoneNames)
	switch m := looseOffset().FindStringSubmatch(s); {
	case slices.Contains([]string{"Asia/Beijing", "Asia/Chongqing", "PRC"}, s):
		near = "Asia/Shanghai"
	case m != nil:
		hours, _ := strconv.Atoi(m[2])
		offset := fmt.Sprintf("%s%02d:%s", cmp.Or(m[1], "+"), hours, cmp.Or(m[3], "00"))
		if _, ok := parseOffset(offset); ok {
			near = quote(offset)
		}
	}
	if near != "" {
		return fmt.Errorf("%s is not a time zone that is known here; did you mean %s?", quote(s), near)
	}
	if strings.Contains(s, "/") {
		return fmt.Errorf("the offset of %s is not fixed, or not known here: copies must not depend on the zone files "+
			"of a host, and with summer time an hour of the clock comes twice; %s, or one of %s", quote(s), want,
			orList(zoneNames))
	}
	return fmt.Errorf("%s is not a time zone: %s, or a name such as Asia/Shanghai", quote(s), want)
}

// in is the zone for a note about a value.
func (z timeZone) in() string {
	offset := time.Time{}.In(z.location).Format("-07:00")
	if offset == z.name {
		return fmt.Sprintf("${time.…} in %s (time-zone, line %d)", offset, z.line)
	}
	return fmt.Sprintf("${time.…} in %s (time-zone %s, line %d)", offset, z.name, z.line)
}
