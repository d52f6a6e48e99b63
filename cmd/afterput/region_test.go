package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"afterput/internal/localoss"
)

func TestObjectsThatAreThereAreComparedAndCopiedToAnotherRegion(t *testing.T) {
	server := cloud(t, "photos")
	if err := server.CreateBucket("far", localoss.WithRegion("cn-beijing")); err != nil {
		t.Fatal(err)
	}
	endpoint := os.Getenv("OSS_ENDPOINT")
	t.Setenv("AFTERPUT_ENDPOINTS", "cn-beijing="+endpoint)
	for i := range 5 {
		if err := server.PutSparse("photos", fmt.Sprintf("a/%02d.jpg", i), 1000); err != nil {
			t.Fatal(err)
		}
	}
	const toBeijing = `version: 1
sources: [photos]
rules:
  - name: far
    match: {}
    copy: [{bucket: far, region: cn-beijing}]
`
	path := files(t, map[string]string{"rules.yaml": toBeijing,
		"other.yaml": strings.Replace(toBeijing, "cn-beijing", "cn-shanghai", 1)})
	for _, c := range []struct {
		args  []string
		exits int
		want  string
	}{
		{[]string{"diff", path("rules.yaml")}, exitBad, "5 missing"},
		{[]string{"backfill", path("rules.yaml"), "--yes"}, exitGood, "5 copied"},
		{[]string{"diff", path("rules.yaml"), "--deep", "--extra"}, exitGood, "5 same"},
		{[]string{"gc", "far", "--region", "cn-beijing"}, exitGood, "no leftover uploads in far"},
		{[]string{"gc", "far"}, exitBad, "another region: name it with --region)"},
		{[]string{"copy", "oss://far/a/00.jpg", "oss://photos/b"}, exitBad, "another region: name it with --region)"},
		{[]string{"copy", "oss://photos/a/00.jpg", "oss://far/b"}, exitBad,
			"another region: name it with --destination-region)"},
		{[]string{"diff", path("rules.yaml"), "--endpoints", "cn-beijing=http://127.0.0.1:1"}, exitBad,
			"the endpoint of cn-beijing is reached over the internet: name one that this machine reaches with --endpoints"},
		{[]string{"backfill", path("other.yaml"), "--endpoints", "cn-shanghai=" + endpoint}, exitBad,
			"correct region under copy, or for a bucket that names none --region or --endpoint)"},
	} {
		code, out, problems := command(t, c.args...)
		if code != c.exits || !strings.Contains(out+problems, c.want) {
			t.Errorf("%v: exit %d, want %d; want %q:\n%s%s", c.args, code, c.exits, c.want, out, problems)
		}
	}
	if n := len(server.Objects("far")); n != 5 {
		t.Errorf("%d objects in the other region, want 5", n)
	}
}
