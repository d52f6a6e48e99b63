package terminal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestWhatATerminalWouldObeyOrHideIsEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[2K\x1b[1Ab":  `a\u{1b}[2K\u{1b}[1Ab`,
		"a\nb\r\tc\x00\x7f": `a\nb\r\tc\u{0}\u{7f}`,
		"a\u0085\u009b2K":   `a\u{85}\u{9b}2K`,
		"a\u2028b\u2029":    `a\u{2028}b\u{2029}`,
		"a\u202egpj.exe":    `a\u{202e}gpj.exe`,
		"\u2066a\u2069\u200f\u061c\u200b\ufeff\U000e0041": `\u{2066}a\u{2069}\u{200f}\u{61c}\u{200b}\u{feff}\u{e0041}`,
		"a\x9b2K\xff":        `a\x9b2K\xff`,
		`a\n\u{1b}%s`:        `a\n\u{1b}%s`,
		"a b+c%20'\"&":       "a b+c%20'\"&",
		"报告　2026·é😀/\ufffd ": "报告　2026·é😀/\ufffd ",
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
		if got := Escape(Escape(in)); got != want {
			t.Errorf("%q is escaped twice: %s", in, got)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		direction := unicode.Is(unicode.Bidi_Control, r)
		if s := string(r); (unicode.IsControl(r) || direction) && strings.ContainsRune(Escape(s), r) {
			t.Errorf("%U stays", r)
		}
	}
}

func TestEveryArgumentIsEscapedAndTheFormatIsNot(t *testing.T) {
	var b bytes.Buffer
	bad := errors.New("bad\x1b\nkey")
	Fprintf(&b, "%s %s %v %v %d %s\n%v\n%v\n", "a\n", named("b\n"), bad, stringer{}, 7, Plain("\x1b[1mb"),
		errors.Join(bad, errors.Join(bad, bad)), fmt.Errorf("%w: %w", bad, bad))
	const one = `bad\u{1b}\nkey`
	want := `a\n b\n ` + one + ` s\n 7 ` + "\x1b[1mb\n" +
		one + "\n" + one + "\n" + one + "\n" + one + ": " + one + "\n"
	if b.String() != want {
		t.Errorf("printed %q, want %q", b.String(), want)
	}
	if got := Lines("a\x1b\n\tb\u009b"); got != "a\\u{1b}\n\tb\\u{9b}" {
		t.Errorf("lines %q", got)
	}
}

func TestALineOfTheLogStaysJSONWithTheSameValue(t *testing.T) {
	key := "a\u009b\u202e\U000e0041\u007f报告"
	var b bytes.Buffer
	fmt.Fprintf(Log(&b), "{\"key\":\"%s\"}\n", key)
	var line struct{ Key string }
	if err := json.Unmarshal(b.Bytes(), &line); err != nil || line.Key != key {
		t.Errorf("%s: %v, key %q", b.String(), err, line.Key)
	}
	if strings.ContainsFunc(strings.TrimSuffix(b.String(), "\n"), hidden) {
		t.Errorf("printed %q", b.String())
	}
}

type named string

type stringer struct{}

func (stringer) String() string { return "s\n" }
