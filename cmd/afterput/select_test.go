package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDiffAndBackfillAreAboutTheSelectedObjectsAlone(t *testing.T) {
	s := newShelf(t)
	path := files(t, map[string]string{"keys": "in/b.txt\n", "urls": "oss://photos/in/b.txt\noss://photos/none\n",
		"rules.yaml": replicatePhotos + `
  - name: pictures
    match: {suffix: .jpg}
    copy: [{bucket: replica, key: "pictures/${base}"}]
`})
	s.rules = path("rules.yaml")
	at := func() string { return time.Now().Add(-time.Duration(s.ago.Load())).UTC().Format(time.RFC3339) }
	s.put("photos", "in/a.jpg", 1, 1)
	s.later()
	noon := at()
	s.put("photos", "in/b.txt", 1, 2)
	s.later()
	evening := at()
	s.put("photos", "other/c.jpg", 1, 3)
	const a, b, c, aPicture, cPicture = "replica/in/a.jpg", "replica/in/b.txt", "replica/other/c.jpg",
		"replica/pictures/a.jpg", "replica/pictures/c.jpg"
	found := filepath.Join(t.TempDir(), "found.jsonl")
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, []string{a, b, c, aPicture, cPicture}},
		{[]string{"--rule", "pictures"}, []string{aPicture, cPicture}},
		{[]string{"--prefix", "in/"}, []string{a, b, aPicture}},
		{[]string{"--modified-since", noon}, []string{b, c, cPicture}},
		{[]string{"--modified-before", noon}, []string{a, aPicture}},
		{[]string{"--modified-since", noon, "--modified-before", evening}, []string{b}},
		{[]string{"--keys", path("keys")}, []string{b}},
		{[]string{"--keys", path("urls")}, []string{b}},
		{[]string{"--keys", found}, []string{c, cPicture}}, // what diff --json has printed
	} {
		if slices.Contains(test.args, found) {
			_, out, _ := command(t, "diff", s.rules, "--json", "--prefix", "other/")
			if err := os.WriteFile(found, []byte(out), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, out, problems := command(t, append([]string{"diff", s.rules}, test.args...)...)
		var got []string
		for line := range strings.Lines(out) {
			if _, after, ok := strings.Cut(line, "→ oss://"); ok && strings.HasPrefix(line, "missing ") {
				got = append(got, strings.Fields(after)[0])
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q\n%s", test.args, got, test.want, problems)
		}
	}
	s.run(exitGood, "1 copied", "backfill", s.rules, "--modified-since", noon, "--modified-before", evening, "--yes")
	if all := s.Objects("replica"); len(all) != 1 || all[0].Key != "in/b.txt" {
		t.Errorf("copied: %v", all)
	}
}
