package rules

import (
	"fmt"
	"strings"
	"testing"
)

// publishing is a file with two warnings public-acl, on lines 8 and 13, and one note bucket-encryption.
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
		"above a rule whose name is not first": {func(l []string) []string {
			l[3], l[4] = "  "+ignore+"\n  - match: {prefix: pages/}", "    name: pages"
			return l
		}, "14 public-acl"},
		"behind a text with a #": {func(l []string) []string {
			l[3] = "  - {name: pages, match: {prefix: 'it''s # x/'}, copy: [{bucket: www, object-acl: public-read}]} "
			l[3], l[4] = l[3]+ignore, ""
			return append(l[:5:5], l[8:]...)
		}, "10 public-acl"},
		"in a text with a space": {at(4, `    match: {prefix: "pages/ `+ignore+`"}`), "8 public-acl, 13 public-acl"},
		"twice": {at(7, "        "+ignore+"\n        object-acl: public-read "+ignore),
			"9 useless-ignore, 14 public-acl"},
		"inside a text": {at(4, `    match: {prefix: "pages/`+ignore+`"}`), "8 public-acl, 13 public-acl"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Join(c.edit(strings.Split(publishing, "\n")), "\n")
			set, err := Load("rules.yaml", []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range set.Lint() {
				if w.Code != BucketEncryption {
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

// A note about several copies counts those for which no comment ignores it.
func TestACommentIgnoresANoteForItsCopyAlone(t *testing.T) {
	const ignore = " # afterput: ignore bucket-encryption nothing here is secret"
	for _, c := range []struct {
		edit []int // lines with the comment
		want string
	}{
		{nil, "7: 2 copies, the first on line 7, have no server-side-encryption"},
		{[]int{6}, "12: the copy has no server-side-encryption"},
		{[]int{8}, "7: the copy has no server-side-encryption"},
		{[]int{6, 11}, ""},
	} {
		lines := strings.Split(publishing, "\n")
		for _, i := range c.edit {
			lines[i] += ignore
		}
		set, err := Load("rules.yaml", []byte(strings.Join(lines, "\n")), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range set.Lint() {
			if w.Code == BucketEncryption || w.Code == UselessIgnore {
				got += fmt.Sprint(w.Line, ": ", w.Message)
			}
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("with the comment on lines %v: got %q, want %q", c.edit, got, c.want)
		}
	}
}
