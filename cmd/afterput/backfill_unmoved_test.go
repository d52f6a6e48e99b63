package main

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

const movePhotos = `version: 1
sources: [photos]
rules:
  - name: move
    match: {}
    copy: [{bucket: replica, delete-source: true, without-versioning: true}]
`

// TestABackfillCompletesMovesThatWereLeft leaves one object as an invocation does that ends between the copy and the
// deletion of its source, and one whose event was lost.
func TestABackfillCompletesMovesThatWereLeft(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for _, key := range []string{"left", "lost"} {
		if err := server.PutSparse("photos", key, 5); err != nil {
			t.Fatal(err)
		}
	}
	client := osscall.NewClient(assumedRegion, "http://127.0.0.1", server.Transport())
	_, err := client.CopyObject(osscall.WithCredentials(t.Context(), localKeys), &oss.CopyObjectRequest{
		Bucket: oss.Ptr("replica"), Key: oss.Ptr("left"), SourceBucket: oss.Ptr("photos"), SourceKey: oss.Ptr("left")})
	if err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": movePhotos})
	for _, c := range []struct {
		args    []string
		exits   int
		want    []string
		sources int
	}{
		{[]string{"diff"}, exitBad, []string{"unmoved    oss://photos/left → oss://replica/left  rule move  the copy " +
			"is in place, and the source is still there", "move: 1 missing (5 bytes), 1 unmoved (5 bytes)"}, 2},
		{[]string{"backfill"}, exitBad, []string{"run again with --yes"}, 2},
		{[]string{"backfill", "--yes", "--only", "unmoved"}, exitGood, []string{
			"0 copied (0 bytes), 0 unchanged", "1 source deleted whose copies were in place"}, 1},
		{[]string{"backfill", "--yes"}, exitGood, []string{"1 copied (5 bytes)"}, 0},
		{[]string{"diff"}, exitGood, nil, 0},
	} {
		code, out, problems := command(t, append(c.args, path("rules.yaml"))...)
		if sources := len(server.Objects("photos")); code != c.exits || sources != c.sources {
			t.Errorf("%v: exit %d, want %d; %d sources, want %d:\n%s%s", c.args, code, c.exits, sources, c.sources,
				out, problems)
		}
		for _, want := range c.want {
			if !strings.Contains(out+problems, want) {
				t.Errorf("%v: there is no %q in\n%s%s", c.args, want, out, problems)
			}
		}
	}
	if n := len(server.Objects("replica")); n != 2 {
		t.Errorf("%d copies, want 2", n)
	}
}
