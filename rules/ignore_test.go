package rules

import (
	"fmt"
	"strings"
	"testing"
)

// publishing is a file with two warnings public-acl, on lines 8 and 13, and one note.
const publishing = `version: 1
sources: [uploads]
rules:
  - name: pages
    match: {prefix: pages/}
    copy:
      - bucket: www
        object-acl: public-read
  - name: images
    match: {prefix: images/}
    copy:
      - bucket: www
        object-acl: public-read
`

func TestACommentIgnoresTheWarningAtItsPlaceAndNoOther(t *testing.T) {
	const ignore = "# afterput: ignore public-acl it is our web site"
	const (
		atTop   = "1 useless-ignore, 9 public-acl, 14 public-acl"
		onLine8 = "8 useless-ignore, 9 public-acl, 14 public-acl"
	)
	for name, c := range map[string]struct {
		edit func(lines []string) []string
		want string // lines of the warnings that are left
	}{
		"none":                   {func(l []string) []string { return l }, "8 public-acl, 13 public-acl"},
		"at the end of the line": {at(7, "        object-acl: public-read "+ignore), "13 public-acl"},
		"above the line":         {above(7, "        "+ignore), "14 public-acl"},
		"above, with another comment between": {above(7, "        "+ignore+"\n        # see the contract"),
			"15 public-acl"},
		"above a rule":          {above(3, "  "+ignore), "14 public-acl"},
		"at the end of a rule":  {at(3, "  - name: pages "+ignore), "13 public-acl"},
		"at the top":            {above(0, ignore), ""},
		"under a comment":       {above(0, "# yaml-language-server: $schema=x\n"+ignore), ""},
		"of another code":       {above(0, strings.Replace(ignore, "public", "inherited", 1)), atTop},
		"of a code that is not": {above(0, strings.Replace(ignore, "public-acl", "public-acls", 1)), atTop},
		"without a reason":      {above(7, "        # afterput: ignore public-acl"), onLine8},
		"without a code":        {above(7, "        # afterput: ignore"), onLine8},
		"inside a text":         {at(4, `    match: {prefix: "pages/`+ignore+`"}`), "8 public-acl, 13 public-acl"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Join(c.edit(strings.Split(publishing, "\n")), "\n")
			set, err := Load("rules.yaml", []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range set.Lint() {
				if w.Level == LevelWarning {
					got = append(got, fmt.Sprint(w.Line, " ", w.Code))
				}
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("got %q, want %q\n%s", s, c.want, text)
			}
		})
	}
}

func at(i int, line string) func([]string) []string {
	return func(lines []string) []string { lines[i] = line; return lines }
}

func above(i int, line string) func([]string) []string {
	return func(lines []string) []string { lines[i] = line + "\n" + lines[i]; return lines }
}
