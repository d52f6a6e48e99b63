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
	t.Setenv("AFTERPUT_ENDPOINTS", "cn-beijing="+os.Getenv("OSS_ENDPOINT"))
	for i := range 5 {
		if err := server.PutSparse("photos", fmt.Sprintf("a/%02d.jpg", i), 1000); err != nil {
			t.Fatal(err)
		}
	}
	path := files(t, map[string]string{"rules.yaml": `version: 1
sources: [photos]
rules:
  - name: far
    match: {}
    copy: [{bucket: far, region: cn-beijing}]
`})
	for _, c := range []struct {
		args  []string
		exits int
		want  string
	}{
		{[]string{"diff", path("rules.yaml")}, exitBad, "5 missing"},
		{[]string{"backfill", path("rules.yaml"), "--yes"}, exitGood, "5 copied"},
		{[]string{"diff", path("rules.yaml"), "--deep", "--extra"}, exitGood, "5 same"},
		{[]string{"gc", "far", "--region", "cn-beijing"}, exitGood, "no leftover uploads in far"},
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
