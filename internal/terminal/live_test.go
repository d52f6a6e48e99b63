package terminal

import (
	"fmt"
	"strings"
	"testing"
)

// screen is what a terminal shows of what is written to it: lines, the last of which the cursor is in.
type screen struct{ lines []string }

func (s *screen) Write(p []byte) (int, error) {
	for text := string(p); text != ""; {
		rest, erased := strings.CutPrefix(text, erase)
		switch {
		case erased:
			s.lines[len(s.lines)-1] = ""
			text = rest
		case text[0] == '\n':
			s.lines = append(s.lines, "")
			text = text[1:]
		default:
			s.lines[len(s.lines)-1] += text[:1]
			text = text[1:]
		}
	}
	return len(p), nil
}

func TestWhatIsPrintedAppearsAboveTheLiveLine(t *testing.T) {
	s := &screen{[]string{""}}
	live := NewLive(s)
	out := live.Above(s)
	shows := func(want string) {
		t.Helper()
		if got := strings.Join(s.lines, "|"); got != want {
			t.Errorf("the terminal shows %q, want %q", got, want)
		}
	}
	fmt.Fprintln(out, "first")
	live.Show("1 copy")
	shows("first|1 copy")
	fmt.Fprintln(out, "second")
	shows("first|second|1 copy")
	live.Show("2")
	shows("first|second|2")
	live.Show("")
	fmt.Fprintln(out, "third")
	shows("first|second|third|")
}

func TestATextIsCutToColumnsAndEndsWithoutAColour(t *testing.T) {
	const text = "1 événement, \x1b[31m2 failures\x1b[0m"
	for columns, want := range map[int]Plain{
		0:  "\x1b[0m",
		4:  "1 év\x1b[0m",
		14: "1 événement, \x1b[31m2\x1b[0m",
		23: text,
		80: text,
	} {
		if got := Plain(text).Cut(columns); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}
