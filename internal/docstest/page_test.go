// Package docstest compares the Chinese pages with the English ones, and checks that every link leads to an existing
// file and heading.
package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const root = "../.."

// english are the pages that exist in Chinese too.
func english(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md"}
	all, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(all) < 5 {
		t.Fatalf("pages %q: %v", all, err)
	}
	for _, p := range all {
		if !strings.HasSuffix(p, ".zh-CN.md") {
			pages = append(pages, "docs/"+filepath.Base(p))
		}
	}
	return pages
}

func chinese(page string) string { return strings.TrimSuffix(page, ".md") + ".zh-CN.md" }

// section is the part of a page from a heading to the next.
type section struct {
	level   int
	heading string
	blocks  []block    // of code
	spans   []string   // of code, in the text
	links   []string   // their targets
	rows    [][]string // of tables: the numbers in each
}

// block is a block of code; kind is its language, "" for one that is only indented.
type block struct{ kind, text string }

var (
	heading = regexp.MustCompile("^(#{1,6}) (.*)$")
	fenced  = regexp.MustCompile("^ *```([a-z]*)$")
	span    = regexp.MustCompile("`([^`]+)`")
	link    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	number  = regexp.MustCompile(`\d[\d.,]*\d|\d`)
)

// read takes a page apart.
func read(t *testing.T, page string) []section {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	all := []section{{}}
	prose := make([]string, 1) // of each section, for spans and links may go over lines
	var open *block
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		now := &all[len(all)-1]
		fence := fenced.FindStringSubmatch(line)
		switch {
		case open != nil && fence != nil && fence[1] == "":
			now.blocks = append(now.blocks, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimSpace(line) + "\n"
		case fence != nil:
			open = &block{kind: fence[1]}
		case strings.HasPrefix(line, "    ") && !inList(lines[:i]):
			now.blocks = append(now.blocks, block{"", line})
		case heading.MatchString(line):
			m := heading.FindStringSubmatch(line)
			all = append(all, section{level: len(m[1]), heading: m[2]})
			prose = append(prose, m[2]+"\n")
		default:
			if strings.HasPrefix(line, "|") {
				now.rows = append(now.rows, number.FindAllString(span.ReplaceAllString(line, ""), -1))
			}
			prose[len(prose)-1] += line + "\n"
		}
	}
	if open != nil {
		t.Fatalf("%s: a block of code has no end:\n%s", page, open.text)
	}
	for i := range all {
		for _, m := range span.FindAllStringSubmatch(prose[i], -1) {
			all[i].spans = append(all[i].spans, m[1])
		}
		for _, m := range link.FindAllStringSubmatch(span.ReplaceAllString(prose[i], "``"), -1) {
			all[i].links = append(all[i].links, m[1])
		}
	}
	return all
}

// inList reports whether an indented line belongs to an item of a list.
func inList(before []string) bool {
	for i := len(before) - 1; i >= 0; i-- {
		line := before[i]
		if line == "" || strings.HasPrefix(line, " ") {
			continue
		}
		return strings.HasPrefix(line, "- ") || regexp.MustCompile(`^\d+\. `).MatchString(line)
	}
	return false
}

// anchors are what links within a page can lead to, as GitHub names them.
func anchors(sections []section) map[string]bool {
	all := map[string]bool{}
	for _, s := range sections {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, s.heading)
		unique := name
		for n := 1; all[unique]; n++ {
			unique = name + "-" + string(rune('0'+n))
		}
		all[unique] = true
	}
	return all
}
