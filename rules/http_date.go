package rules

import (
	"fmt"
	"time"
)

// httpDate is the format of times in HTTP. (net/http's constant would make the package
// depend on all of net/http.)
const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(httpDate, s); err == nil {
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%s is not a valid time: write it as 2026-11-20T08:00:00Z or as Fri, 20 Nov 2026 "+
		"08:00:00 GMT", quote(s))
}
