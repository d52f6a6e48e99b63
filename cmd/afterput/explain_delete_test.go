package main

import (
	"strings"
	"testing"
)

// The function sends nothing to delete a source of which a copy is not in place, and reads the ACL of a bucket once.
func TestExplainMovesOnlyWhatIsCopiedAndShowsTheETagWhereItIsAValue(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": `version: 1
sources: [photos]
rules:
  - name: other-version
    match: {prefix: other/}
    copy: [{bucket: work, copy-source-if-match: 9A0E7CB757B7FC8DB86AFBE3D674223C, delete-source: true}]
  - name: like-source
    match: {prefix: like/}
    copy:
      - {bucket: work, object-acl: source, delete-source: true, metadata-directive: REPLACE, content-type: "${etag}"}
`})
	for key, want := range map[string]map[string]int{
		"other/a": {"DELETE /photos/": 0, "versions": 0},
		"like/a":  {"DELETE /photos/": 1, "GET /photos/?acl": 1, "content-type: E7A6\n": 1, "if-match: E7A6": 1},
	} {
		code, out, problems := command(t, "explain", path("rules.yaml"), "--key", "oss://photos/"+key, "--size", "5",
			"--etag", "E7A6")
		for text, times := range want {
			if got := strings.Count(out, text); code != exitGood || got != times {
				t.Errorf("%s: exit %d, %q %d times, want %d:\n%s%s", key, code, text, got, times, out, problems)
			}
		}
	}
}

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
