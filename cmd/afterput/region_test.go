package main

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
)

const farRules = `version: 1
sources: [photos]
rules:
  - name: far
    match: {}
    copy: [{bucket: far, region: cn-beijing}]
`

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
	path := files(t, map[string]string{"rules.yaml": farRules,
		"other.yaml": strings.Replace(farRules, "cn-beijing", "cn-shanghai", 1)})
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
			"the endpoint of cn-beijing is reached over the internet: name one that this machine reaches with " +
				"--endpoints"},
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

func TestTheInventoryOfADestinationIsReadInItsRegion(t *testing.T) {
	var later atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	server := cloudWith(t, localoss.Config{Now: now}, "photos")
	for _, bucket := range []string{"far", "lists"} {
		if err := server.CreateBucket(bucket, localoss.WithRegion("cn-beijing")); err != nil {
			t.Fatal(err)
		}
	}
	endpoint := os.Getenv("OSS_ENDPOINT")
	t.Setenv("AFTERPUT_ENDPOINTS", "cn-beijing="+endpoint)
	for i := range 3 {
		for _, bucket := range []string{"photos", "far"}[:1+i%2] {
			if err := server.PutSparse(bucket, fmt.Sprintf("a/%d", i), 1000); err != nil {
				t.Fatal(err)
			}
		}
	}
	later.Store(int64(2 * time.Second)) // times that OSS shows have no fractions of a second
	writeInventory(t, clientIn("cn-beijing", endpoint, "local", "local"), "far", "Current",
		oss.InventoryOptionalFieldSize, oss.InventoryOptionalFieldLastModifiedDate)
	manifest := ""
	for _, o := range server.Objects("lists") {
		if strings.HasSuffix(o.Key, "manifest.json") {
			manifest = "oss://lists/" + o.Key
		}
	}
	path := files(t, map[string]string{"rules.yaml": farRules})
	code, out, problems := command(t, "diff", path("rules.yaml"), "--inventory", manifest)
	if code != exitBad || !strings.Contains(out+problems, "2 missing (2.0 KiB), 1 same") {
		t.Errorf("exit %d:\n%s%s", code, out, problems)
	}
	code, _, problems = command(t, "diff", path("rules.yaml"), "--inventory", "oss://lists/none/manifest.json")
	if code != exitBad || !strings.Contains(problems, "none/manifest.json") {
		t.Errorf("exit %d: %s", code, problems)
	}
}
