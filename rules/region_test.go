package rules_test

import (
	"strings"
	"testing"

	"afterput/events"
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
		"cn-hangzhou-internal":                      "write cn-hangzhou",
		"oss-cn-bejing":                             "did you mean cn-beijing?",
		"北京":                                        "such as cn-beijing",
		"cn":                                        "such as cn-beijing",
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

func TestABucketWhoseNameDependsOnTheObjectIsReachedAsItsNameBegins(t *testing.T) {
	set, err := rules.Load("rules.yaml", []byte(`version: 1
sources: [photos]
rules:
  - name: a
    match: {prefix: a/}
    copy: [{bucket: "r-${base}", region: cn-beijing}]
    delete: [{bucket: "r-${base}"}]
  - name: b
    match: {prefix: b/}
    copy: [{bucket: "r-b-${base}", region: cn-shanghai}]
  - name: c
    match: {prefix: c/}
    copy: [{bucket: "r-c-${base}"}]
    delete: [{bucket: "r-b-${base}"}]
  - name: d
    match: {prefix: d/}
    copy: [{bucket: r-b-fixed, region: cn-chengdu}]
`), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	for bucket, region := range map[string]string{"r-x": "cn-beijing", "r-b-x": "cn-shanghai", "r-c-x": "",
		"r-b-fixed": "cn-chengdu", "r-b-fixed-too": "cn-shanghai", "other": ""} {
		if got := set.RemoteOf(bucket); got.Region != region {
			t.Errorf("%s is reached in %q, want %q", bucket, got.Region, region)
		}
	}
	for key, region := range map[string]string{"a/b-x": "cn-beijing", "c/x": "cn-shanghai"} {
		deletions, err := set.Removal(events.Object{Bucket: "photos", Key: key})
		if err != nil || len(deletions) != 1 || deletions[0].Remote.Region != region {
			t.Errorf("%s: %+v, %v; want a deletion in %s", key, deletions, err, region)
		}
	}
}
