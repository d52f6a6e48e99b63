package copier

import (
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// landed notes when a copy has landed, by OSS's clock: the time of the object that the response shows, or
// else that of the response.
func (o *Outcome) landed(modified *time.Time, response oss.ResultCommon) {
	switch {
	case modified != nil && !modified.IsZero():
		o.landedAt = modified.UTC()
	default:
		o.landedAt = osscall.Date(response)
	}
}

// setLag sets how late the copy is: from the event of its source to its landing. It stays unknown if one of
// the two is. Both times are OSS's, rounded to a second or less, so that a fast copy may seem to land
// before its event: that is 0.
func (o *Outcome) setLag(event time.Time) {
	if o.Result != Copied || event.IsZero() || o.landedAt.IsZero() {
		return
	}
	lag := max(0, o.landedAt.Sub(event).Seconds())
	o.LagSeconds = &lag
}
