package copier_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"afterput/internal/copier"
)

// The tables of docs/design.md, "What a response proves", say what the engine concludes
// from each kind of answer to each request. Here they are read, and each cell is tested.

// concluded is what there is to see of what the engine concluded.
type concluded struct {
	out    copier.Outcome
	sent   int
	begun  int  // uploads
	done   bool // OSS had carried the request out
	fails  bool // so the copy does at any rate
	orphan bool // an upload is open that no state object names
}

func (c concluded) String() string {
	return fmt.Sprintf("sent %d times, %d uploads begun, %s, error %+v", c.sent, c.begun, c.out.Result, c.out.Error)
}

// asUsual says that the copy ended as without the answer.
func (c concluded) asUsual() bool { return c.fails || c.out.Result == copier.Copied }

func (c concluded) failed(permanent bool) bool {
	return c.out.Result == copier.Failed && c.out.Error.Permanent == permanent
}

// conclusions are the words of the cells, and what each of them promises.
var conclusions = map[string]func(concluded) bool{
	"resend": func(c concluded) bool { return c.sent > 1 && c.asUsual() },
	"ignore": func(c concluded) bool { return c.sent == 1 && c.asUsual() },
	"done":   func(c concluded) bool { return c.sent == 1 && c.asUsual() },
	"check": func(c concluded) bool {
		return c.sent == 1 && (c.done && c.out.Result == copier.Copied || !c.done && c.failed(false))
	},
	"check, else fail permanently": func(c concluded) bool {
		return c.sent == 1 && (c.done && c.out.Result == copier.Unchanged || !c.done && c.failed(true))
	},
	"check, else restart": func(c concluded) bool {
		return c.out.Result == copier.Copied && (c.done && c.begun == 1 || !c.done && c.begun == 2)
	},
	"fail":             func(c concluded) bool { return c.sent == 1 && c.failed(false) },
	"fail permanently": func(c concluded) bool { return c.sent == 1 && c.failed(true) },
	"superseded":       func(c concluded) bool { return c.sent == 1 && c.out.Result == copier.Superseded },
}

// cell is one of a table.
type cell struct{ row, column, word string }

const none = "–" // OSS does not answer so

// cellsOf are the cells of a page's two tables whose first heading is first, without the
// rows' names.
func cellsOf(t *testing.T, page, first string) (all []cell) {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string // of the table that is open
	tables := 0
	for line := range strings.Lines(string(text)) {
		row, is := strings.CutPrefix(strings.TrimSpace(line), "| ")
		if !is {
			if !strings.HasPrefix(row, "|---") {
				columns = nil
			}
			continue
		}
		words := strings.Split(strings.TrimSuffix(row, " |"), " | ")
		switch {
		case words[0] == first:
			columns = words
			tables++
		case columns != nil && len(words) != len(columns):
			t.Fatalf("%s: %d cells, want %d: %s", page, len(words), len(columns), row)
		case columns != nil:
			for i, word := range words[1:] {
				all = append(all, cell{words[0], columns[i+1], word})
			}
		}
	}
	if tables != 2 {
		t.Fatalf("%s has %d tables that begin with %q, want 2", page, tables, first)
	}
	return all
}

// test gives each answer of the cell's column to the request of a scenario.
func (c cell) test(t *testing.T, s scenario) {
	t.Helper()
	holds := conclusions[c.word]
	for _, r := range repliesTo(c.column) {
		if !s.possible(r, c.word) {
			continue
		}
		if got := s.try(t, r); !holds(got) {
			t.Errorf("%s: the design says %q, but: %s", r, c.word, got)
		} else if got.orphan && c.row != "InitiateMultipartUpload" && c.column != "NoSuchUpload" {
			t.Errorf("%s: an upload is open that nothing names", r)
		}
	}
}

func TestTheEngineConcludesFromAnswersWhatTheDesignSays(t *testing.T) {
	requests := scenarios()
	columns, meant := map[string]map[string]bool{}, 0 // columns that each request is tested in
	for _, c := range cellsOf(t, "design.md", "request") {
		if columns[c.row] == nil {
			columns[c.row] = map[string]bool{}
		}
		columns[c.row][c.column] = true
		if c.word == none {
			continue
		}
		meant++
		t.Run(c.row+"/"+c.column, func(t *testing.T) {
			if conclusions[c.word] == nil || repliesTo(c.column) == nil || requests[c.row] == nil {
				t.Fatalf("%+v: no such word, answer or request", c)
			}
			for _, s := range requests[c.row] {
				c.test(t, s)
			}
		})
	}
	for row := range requests {
		if len(columns[row]) != len(replies)+len(statuses) {
			t.Errorf("%s has the columns %v", row, slices.Sorted(maps.Keys(columns[row])))
		}
	}
	if meant < 170 {
		t.Errorf("%d cells say something; some that did say nothing any more", meant)
	}
}

// translated are the words of the tables in the Chinese page.
var translated = map[string]string{
	"resend": "重发", "ignore": "忽略", "done": "已完成", "check": "查看", "check, else fail permanently": "查看，否则永久失败",
	"check, else restart": "查看，否则重新上传", "fail": "失败", "fail permanently": "永久失败", "superseded": "已被取代", none: none,
}

func TestTheChinesePageSaysTheSameOfAnswers(t *testing.T) {
	english, chinese := cellsOf(t, "design.md", "request"), cellsOf(t, "design.zh-CN.md", "请求")
	if len(english) != len(chinese) {
		t.Fatalf("%d cells, in Chinese %d", len(english), len(chinese))
	}
	for i, en := range english {
		if zh := chinese[i]; zh.word != translated[en.word] {
			t.Errorf("%s, %s: %q, in Chinese %q, want %q", en.row, en.column, en.word, zh.word, translated[en.word])
		}
	}
}
