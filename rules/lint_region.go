package rules

import "slices"

// internetTraffic is what a copy to another region costs in addition to one within a region.
// Source: OSS pricing, traffic over the internet from regions in mainland China, off-peak and peak; that Function
// Compute bills what it sends in the same way is not confirmed.
const internetTraffic = "0.25 to 0.50 CNY for a GB from mainland China"

// otherRegions notes what copies to other regions cost, once for each region.
func (l *linter) otherRegions() {
	var known []string
	for _, r := range l.live {
		for _, c := range r.copies {
			if c.region == "" {
				continue
			}
			if !slices.Contains(known, c.region) {
				known = append(known, c.region)
				l.warnCopy(c, "region", OtherRegion, "copies to %s pass through the function: traffic to the "+
					"internet is billed, %s, and the function's time-out must allow for the transfer, about 100 s for "+
					"10 GB at 100 MB/s", c.region, internetTraffic)
			}
			if c.isExact() {
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
