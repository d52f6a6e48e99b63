package rules_test

import (
	"strings"
	"testing"

	"afterput/rules"
)

func TestARegionThatIsWrongIsToldWithTheOneThatIsMeant(t *testing.T) {
	for region, want := range map[string]string{
		"cn-bejing":                            "did you mean cn-beijing?",
		"us-east1":                             "did you mean us-east-1?",
		"us-esat-1":                            "did you mean us-east-1?",
		"beijing":                              "did you mean cn-beijing?",
		"cn_beijing":                           "write cn-beijing",
		"CN-Beijing":                           "write cn-beijing",
		" cn-hangzhou":                         "write cn-hangzhou",
		"oss-cn-beijing":                       "write cn-beijing",
		"oss-cn-beijing-internal.aliyuncs.com": "write cn-beijing",
		"https://oss-cn-beijing.aliyuncs.com":  "write cn-beijing",
		"https://a.oss-eu-central-1.aliyuncs.com/k": "write eu-central-1",
		"oss-cn-bejing": "did you mean cn-beijing?",
		"北京":            "such as cn-beijing",
		"cn":            "such as cn-beijing",
	} {
		if err := rules.CheckRegion(region); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v, want %q", region, err, want)
		}
	}
	for _, region := range []string{"cn-beijing", "us-west-2", "ap-southeast-9", "cn-lhasa", "sa-east-1"} {
		if err := rules.CheckRegion(region); err != nil {
			t.Error(err)
		}
	}
}
