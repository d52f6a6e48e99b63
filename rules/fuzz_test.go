package rules

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"afterput/events"

	"github.com/rogpeppe/go-internal/txtar"
)

// No rules file may crash the loader or make it hang, and what loads must plan.
func FuzzLoad(f *testing.F) {
	bad, _ := filepath.Glob("../testdata/rules/bad/*.txtar")
	plans, _ := filepath.Glob("../testdata/plans/*.txtar")
	for _, path := range append(bad, plans...) {
		if ar, err := txtar.ParseFile(path); err == nil && len(ar.Files) > 0 {
			f.Add(ar.Files[0].Data)
		}
	}
	examples, _ := filepath.Glob("../examples/*.yaml")
	for _, path := range examples {
		data, _ := os.ReadFile(path)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Load("fuzz.yaml", data, testEnv)
		if (s == nil) == (err == nil) {
			t.Fatal("neither a set nor an error, or both")
		}
		if err != nil {
			bad := func(p Problem) bool { return p.Line < 1 || p.Col < 1 || p.Message == "" }
			if slices.ContainsFunc(err.(Problems), bad) {
				t.Fatalf("%v: one has no place or no message", err)
			}
			return
		}
		s.Rules()
		for _, bucket := range s.Sources() {
			for _, key := range []string{"a", "in/a.jpg", "//", "日本/"} {
				checkPlan(t, s, events.Object{Event: "ObjectCreated:PutObject", Bucket: bucket, Key: key})
			}
		}
	})
}

// checkPlan checks what is true of every plan.
func checkPlan(t *testing.T, s *Set, o events.Object) {
	plan, err := s.Plan(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Copies {
		if c.Err == nil && (c.Bucket == "" || c.Key == "") {
			t.Fatalf("%+v goes nowhere", c)
		}
		c.Values()
	}
	if len(plan.Verdicts()) != len(s.rules) {
		t.Fatal("a rule has no verdict")
	}
}

// A template either has an error or gives every byte of the file back.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"a/${key}", "${time.year}/${tag.a:-b}", "${key#a/}${key%b}", "$$", "$", "${",
		"${env.STAGE}", "${re.a}}", "${x:-${y}}", "${tag.a:b:-c}", "${base: -4}", "${key#a:0:2,,:-${dir^^:-$$}}",
		"${env.A:-${key:1:9}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		template, err := parseTemplate(s, func(name string) (string, bool) { return "env", true })
		if err != nil {
			return
		}
		written := 0
		for _, p := range template.parts {
			if p.name == "" {
				written += len(p.literal)
			} else if written += len(p.text); p.text[:2] != "${" {
				t.Fatalf("%q: placeholder %q", s, p.text)
			}
		}
		if written > len(s)+len("env")*len(s) {
			t.Fatalf("%q gives %d bytes", s, written)
		}
	})
}

// A size that parses is written back as the same size.
func FuzzSize(f *testing.F) {
	for _, s := range []string{"0", "64KiB", "5GiB", "8EiB", "1TiB", "9223372036854775807", "9223372036854775808",
		"-1", "1.5GiB", "KiB", "1 B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSize(s)
		if err != nil {
			return
		}
		if again, err := ParseSize(formatSize(n)); n < 0 || err != nil || again != n {
			t.Fatalf("%q is %d, written as %q, read as %d, %v", s, n, formatSize(n), again, err)
		}
	})
}
