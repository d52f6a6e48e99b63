package archtest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterput/internal/measure"
)

func TestLinesEndByColumn120(t *testing.T) {
	long, err := measure.LongLines("../..", 120)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range long {
		t.Errorf("%s:%d has %d columns", l.Path, l.Number, l.Columns)
	}
}

// hardWords are regular expressions of words that are hard to understand, and what to write instead. A space matches
// any white space, also the end of a line within a comment.
var hardWords = []struct{ words, instead string }{
	{`mend(s|ed|ing)?`, `"fix"`},
	{`told`, `"reported", "known", "given"`},
	{`learnt`, `"known", "learned"`},
	{`for ?ever`, `"endlessly", "permanently"`},
	{`for good`, `"permanently"`},
	{`anew`, `"again"`},
	{`(go|goes|come|comes) (a)?round`, `"in an endless loop"`},
	{`goes? apart`, `"cannot be combined"`},
	{`so it is with`, `"the same applies to"`},
	{`nor (is|are|does|do|has|have)`, `"and … not"`},
	{`(is|are) none of`, `"is not one of"`},
	{`is no (bucket name|pattern|number)`, `"is not a valid …"`},
	{`hangs? on the`, `"depends on"`},
	{`holds what`, `"has", "contains"`},
	{`stands? (beside|behind|below|above|between)`, `"is"`},
	{`comes? about`, `"happens"`},
	{`comes of (it|this|that)`, `"results from"`},
	{`nothing is left (in|behind)`, `"no leftovers"`},
	{`time (is|was) up`, `"ran out of time"`},
	{`(first|next|second|earlier) try`, `"attempt"`},
	{`without a word`, `"silently"`},
	{`at the most`, `"at most"`},
}

// compile returns the regular expression of words, in upper and lower case.
func compile(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b` + strings.ReplaceAll(words, " ", `\s+(?:(?://|#)\s*)?`) + `\b`)
}

// found is a match of a regular expression in a text.
type found struct {
	line int // the first is line 1
	text string
}

// find returns all matches.
func find(text []byte, words *regexp.Regexp) (all []found) {
	for _, at := range words.FindAllIndex(text, -1) {
		line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
		all = append(all, found{line, strings.Join(strings.Fields(string(text[at[0]:at[1]])), " ")})
	}
	return all
}

func TestHardWordsStayOut(t *testing.T) {
	var compiled []*regexp.Regexp
	for _, h := range hardWords {
		compiled = append(compiled, compile(h.words))
	}
	read := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
		switch {
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || name == "bin" || name == "dist"):
			return filepath.SkipDir
		case d.IsDir(), name == "internal/archtest/text_test.go":
			return nil
		case !slices.Contains([]string{".go", ".md", ".yaml", ".json", ".txt", ".txtar", ""}, filepath.Ext(name)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for i, h := range hardWords {
			for _, f := range find(text, compiled[i]) {
				t.Errorf("%s:%d: %q: write %s", name, f.line, f.text, h.instead)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 300 {
		t.Errorf("only %d files were read", read)
	}
}

func TestHardWordsAreFoundInAnyForm(t *testing.T) {
	for _, c := range []struct {
		words, text string
		line        int // 0 for none
	}{
		{`mend(s|ed|ing)?`, "the fault\nand its Mend", 2},
		{`mend(s|ed|ing)?`, "recommended", 0},
		{`for ?ever`, "\t// continues for\n\t// ever", 1},
		{`for ?ever`, "# for\n# ever", 1},
		{`time (is|was) up`, "the time was  up", 1},
	} {
		all := find([]byte(c.text), compile(c.words))
		if len(all) > 1 || len(all) == 1 && all[0].line != c.line || len(all) == 0 && c.line != 0 {
			t.Errorf("%q in %q: found %v", c.words, c.text, all)
		}
	}
}
