package main

import (
	"strings"
	"testing"
)

const mirrorPhotos = `version: 1
sources: [photos]
rules:
  - name: mirror
    match: {}
    copy: [{bucket: replica}]
    delete: [{bucket: replica, without-versioning: true}]
`

func TestABackfillDeletesCopiesOfRemovedObjectsOnlyOnYesTwice(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for _, o := range []struct{ bucket, key string }{{"photos", "kept"}, {"photos", "removed"}, {"replica", "mine"}} {
		if err := server.PutSparse(o.bucket, o.key, 5); err != nil {
			t.Fatal(err)
		}
	}
	path := files(t, map[string]string{"rules.yaml": mirrorPhotos})
	for i, c := range []struct {
		args  []string
		exits int
		want  string
		there string
	}{
		{[]string{"backfill", path("rules.yaml"), "--yes"}, exitGood, "2 copied", "kept mine removed"},
		{[]string{"diff", path("rules.yaml"), "--extra"}, exitGood, "extra      oss://replica/removed",
			"kept mine removed"},
		{[]string{"backfill", path("rules.yaml"), "--delete-extra"}, exitBad, "1 copy of a removed object to delete",
			"kept mine removed"},
		{[]string{"backfill", path("rules.yaml"), "--delete-extra", "--yes"}, exitBad, "run again with --yes --yes",
			"kept mine removed"},
		{[]string{"backfill", path("rules.yaml"), "--delete-extra", "--yes", "--yes"}, exitGood,
			"1 deleted, 0 kept, 0 failed", "kept mine"},
	} {
		if i == 1 {
			deleteObject(t, server, "photos", "removed")
		}
		code, out, problems := command(t, c.args...)
		var there []string
		for _, o := range server.Objects("replica") {
			there = append(there, o.Key)
		}
		if code != c.exits || !strings.Contains(out+problems, c.want) || strings.Join(there, " ") != c.there {
			t.Errorf("%v: exit %d, want %d; objects %q, want %q; want %q:\n%s%s", c.args, code, c.exits, there, c.there,
				c.want, out, problems)
		}
	}
}
