package rules

import (
	"fmt"
	"slices"
	"strings"
)

// regions are the regions of OSS. Others are accepted too, since new ones open, unless they look like one of these
// that is mistyped.
// Source: OSS user guide, regions and endpoints, November 2025.
var regions = []string{"ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou", "cn-guangzhou",
	"cn-hangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-hongkong", "cn-huhehaote", "cn-nanjing", "cn-north-2-gov-1",
	"cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen", "cn-shenzhen-finance-1", "cn-wuhan-lr",
	"cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva", "eu-central-1", "eu-west-1", "me-central-1", "me-east-1",
	"na-south-1", "us-east-1", "us-west-1"}

const regionPattern = `^[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*$`

var regionForm = compiledLater(regionPattern)

// CheckRegion says what is wrong with the id of a region, and how it is written.
func CheckRegion(s string) error {
	if slices.Contains(regions, s) {
		return nil
	}
	id := bareRegion(s)
	near := nearestRegion(id)
	switch {
	case id != s && (slices.Contains(regions, id) || near == "" && regionForm().MatchString(id)):
		return fmt.Errorf("%s is not the id of a region: write %s", quote(s), id)
	case near != "":
		return fmt.Errorf("%s is not a region that is known; did you mean %s?", quote(s), near)
	case !regionForm().MatchString(s):
		return fmt.Errorf("%s is not the id of a region, such as cn-beijing", quote(s))
	}
	return nil
}

// bareRegion is the region in what may be an endpoint or a URL.
func bareRegion(s string) string {
	s = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")
	if _, host, ok := strings.Cut(s, "://"); ok {
		s = host
	}
	for label := range strings.SplitSeq(s, ".") {
		if id, ok := strings.CutPrefix(label, "oss-"); ok {
			return strings.TrimSuffix(id, "-internal")
		}
	}
	return strings.TrimSuffix(s, "-internal")
}

// nearestRegion is the region that was most likely meant with another id, "" if none is: a new region may differ from
// known ones by its number.
func nearestRegion(id string) string {
	best, bestDistance := "", 3
	for _, known := range regions {
		if withoutNumber(known) == withoutNumber(id) && withoutNumber(id) != id {
			return ""
		}
		d := editDistance(letters(id), letters(known))
		if d < bestDistance && (d < 2 || known[:3] == id[:min(3, len(id))]) { // in the same country, or one letter
			best, bestDistance = known, d
		}
		if best == "" && strings.HasSuffix(known, "-"+id) { // without the country
			best = known
		}
	}
	return best
}

// withoutNumber is a region's id without the number at its end.
func withoutNumber(id string) string { return strings.TrimRight(id, "0123456789") }
