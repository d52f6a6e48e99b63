package rules

import (
	"fmt"
	"slices"
)

// TrafficByNight and TrafficByDay are what a copy to another region costs in addition to one within a region, in CNY
// for a GB from a region in mainland China: from 0:00 to 8:00, and in the rest of the day.
// Source: OSS pricing, traffic over the internet, off-peak and peak; that Function Compute bills what it sends in the
// same way is not confirmed.
const TrafficByNight, TrafficByDay = 0.25, 0.50

func internetTraffic() string {
	return fmt.Sprintf("%.2f to %.2f CNY for a GB from mainland China", TrafficByNight, TrafficByDay)
}

// remotes notes what copies to other regions, and as other roles, cost: once for each.
func (l *linter) remotes() {
	known := map[string]bool{}
	for _, r := range l.live {
		for _, c := range r.copies {
			if region := c.remote.Region; region != "" && !known[region] {
				known[region] = true
				l.warnCopy(c, "region", OtherRegion, "copies to %s pass through the function: traffic to the "+
					"internet is billed, %s, and the function's time-out must allow for the transfer, about 100 s for "+
					"10 GB at 100 MB/s", region, internetTraffic())
			}
			if role := c.remote.Role; role != "" && !known[role] {
				known[role] = true
				l.warnCopy(c, "role", OtherRole, "copies as %s pass through the function, and its time-out must allow "+
					"for the transfer, about 100 s for 10 GB at 100 MB/s: where the bucket's owner can set a bucket "+
					"policy, leave role out, and OSS makes the copies itself", role)
			}
			if c.remote.Region != "" && c.isExact() {
				l.warnCopy(c, "region", ExactCopy, "the copy is exact, under the same key: the cross-region "+
					"replication of OSS makes it for less, if minutes of delay do not matter")
			}
		}
	}
}

// isExact reports whether a copy sets nothing but where it goes.
func (c *copySpec) isExact() bool {
	return !slices.ContainsFunc(c.fieldPlaces, func(o fieldPlace) bool {
		switch o.field {
		case "bucket", "region":
			return false
		case "object-acl":
			return c.objectACL != aclDefault
		case "server-side-encryption":
			return !c.leavesEncryption()
		}
		return true
	})
}
