package main

import (
	"strings"
	"testing"
)

func TestExplainShowsWhatARemovalDeletesAndWhatAMoveSends(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": mirrorPhotos + `  - name: move
    match: {prefix: in/}
    copy: [{bucket: work, delete-source: true}]
`})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--key", "oss://photos/a.jpg", "--event-name", "ObjectRemoved:DeleteObject"},
			"mirror deletes oss://replica/a.jpg"},
		{[]string{"--key", "oss://photos/a.jpg", "--event-name", "ObjectRemoved:DeleteObject", "--json"},
			`"without_versioning": true`},
		{[]string{"--key", "oss://photos/a.jpg", "--size", "5"},
			"x-oss-meta-afterput-source: oss://photos/a.jpg "},
		{[]string{"--key", "oss://photos/in/a.jpg", "--size", "5"}, "DELETE /photos/in/a.jpg?versionId=…"},
	} {
		code, out, problems := command(t, append([]string{"explain", path("rules.yaml")}, c.args...)...)
		if code != exitGood || !strings.Contains(out, c.want) {
			t.Errorf("%q: exit %d, want %q:\n%s%s", c.args, code, c.want, out, problems)
		}
	}
}
