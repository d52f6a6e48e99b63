package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// comment is one in a block of code; what is before it must be the same.
var comment = regexp.MustCompile(`(?m)(^|\s+)(#|//) .*$`)

// commented are the languages whose comments are translated.
var commented = []string{"yaml", "sh", "go", "python", "js"}

// compared is what must be the same of a block.
func (b block) compared() string {
	if slices.Contains(commented, b.kind) {
		b.text = comment.ReplaceAllString(b.text, "")
	}
	return b.kind + "\n" + b.text
}

// The pages say the same in both languages, as far as that can be compared: the same headings, commands, examples,
// names, figures and links, each in the same section.
func TestChinesePagesAreInStepWithTheEnglish(t *testing.T) {
	compared := 0
	for _, page := range english(t) {
		t.Run(page, func(t *testing.T) {
			ours, theirs := read(t, page), read(t, chinese(page))
			if len(ours) != len(theirs) {
				t.Fatalf("%d sections, in Chinese %d", len(ours), len(theirs))
			}
			for i, en := range ours {
				compareSections(t, en, theirs[i])
				compared += len(en.blocks) + len(en.spans) + len(en.links)
			}
		})
	}
	if compared < 800 {
		t.Errorf("only %d things were compared", compared)
	}
}

// compareSections compares a section with the same one of the Chinese page.
func compareSections(t *testing.T, en, zh section) {
	t.Helper()
	if en.level != zh.level || strings.HasPrefix(en.heading, "`") && en.heading != zh.heading {
		t.Fatalf("section %q has level %d, in Chinese %q has %d", en.heading, en.level, zh.heading, zh.level)
	}
	differ := func(what string, a, b any) {
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s of section %q (-English +Chinese):\n%s", what, en.heading, diff)
		}
	}
	differ("code", en.code(), zh.code())
	differ("names", slices.Sorted(slices.Values(en.spans)), slices.Sorted(slices.Values(zh.spans)))
	differ("figures", en.rows, zh.rows)
	differ("links", targets(en.links), targets(zh.links))
}

// code is what must be the same of the section's blocks.
func (s section) code() (all []string) {
	for _, b := range s.blocks {
		all = append(all, b.compared())
	}
	return all
}

// targets are where links lead, whatever the language: without the anchor, which is made from a heading.
func targets(links []string) (all []string) {
	for _, l := range links {
		file, anchor, _ := strings.Cut(strings.Replace(l, ".zh-CN.md", ".md", 1), "#")
		if anchor != "" {
			file += "#"
		}
		all = append(all, file)
	}
	slices.Sort(all)
	return all
}

func TestEachPageLeadsToItselfInTheOtherLanguage(t *testing.T) {
	for _, page := range english(t) {
		for from, to := range map[string]string{page: chinese(page), chinese(page): page} {
			if sections := read(t, from); len(sections) < 2 || !slices.Contains(sections[1].links, filepath.Base(to)) {
				t.Errorf("%s does not lead to %s below its title", from, to)
			}
		}
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	pages := []string{"SECURITY.md"}
	for _, page := range english(t) {
		pages = append(pages, page, chinese(page))
	}
	for _, page := range pages {
		for _, s := range read(t, page) {
			for _, l := range s.links {
				if !strings.HasPrefix(l, "https://") {
					checkLink(t, page, l)
				}
			}
		}
	}
}

// checkLink checks that a link of a page leads to a file, and to a heading in it if it names one.
func checkLink(t *testing.T, page, link string) {
	t.Helper()
	file, anchor, _ := strings.Cut(link, "#")
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), file)
	}
	if _, err := os.Stat(filepath.Join(root, target)); err != nil {
		t.Errorf("%s: %s leads nowhere: %v", page, link, err)
	} else if anchor != "" && !anchors(read(t, target))[anchor] {
		t.Errorf("%s: %s: %s has no such heading", page, link, target)
	}
}
