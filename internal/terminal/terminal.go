// Package terminal prints text so that a terminal shows what it says. What comes from an event or from OSS may contain
// characters that a terminal obeys instead of showing them, with which an upload could forge lines, or hide what is
// printed: control characters, line breaks, marks that change the direction of the text. They are shown escaped, such
// as \u{1b}. All other characters of a key stay as they are.
package terminal

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Plain is text that [Fprintf] prints as it is: colours, and text that is escaped already.
type Plain string

// Fprintf is fmt.Fprintf, but strings, errors and what has a String method are printed escaped. The format itself is
// not escaped. args is overwritten.
func Fprintf(w io.Writer, format string, args ...any) {
	for i, arg := range args {
		switch arg := arg.(type) {
		case Plain:
		case string:
			args[i] = Escape(arg)
		case error:
			args[i] = ofError(arg)
		case fmt.Stringer:
			args[i] = Escape(arg.String())
		default:
			if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
				args[i] = Escape(v.String())
			}
		}
	}
	fmt.Fprintf(w, format, args...)
}

// ofError returns the escaped message of an error. Errors that are joined have a line each.
func ofError(err error) string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return Escape(err.Error())
	}
	var plain, escaped []string
	for _, one := range joined.Unwrap() {
		plain, escaped = append(plain, one.Error()), append(escaped, ofError(one))
	}
	if err.Error() != strings.Join(plain, "\n") { // several errors in one message
		return Escape(err.Error())
	}
	return strings.Join(escaped, "\n")
}

// Escape returns a text in which every character that a terminal would not show is escaped: \n, \r and \t, all others
// with their code point, as in \u{202e}, and bytes that are not UTF-8, as in \x9b.
func Escape(s string) string {
	return escape(s, "", func(r rune) string {
		switch r {
		case '\n':
			return `\n`
		case '\r':
			return `\r`
		case '\t':
			return `\t`
		}
		return fmt.Sprintf(`\u{%x}`, r)
	})
}

// Lines is [Escape] for a text of several lines, whose line breaks and tabs stay.
func Lines(s string) Plain {
	return Plain(escape(s, "\n\t", func(r rune) string { return fmt.Sprintf(`\u{%x}`, r) }))
}

// Log returns a writer for whole lines of a log, which are shown as [Lines] shows them, but escaped as in JSON: a line
// that is JSON stays JSON and keeps its value.
func Log(w io.Writer) io.Writer { return logWriter{w} }

type logWriter struct{ w io.Writer }

func (l logWriter) Write(p []byte) (int, error) {
	_, err := io.WriteString(l.w, escape(string(p), "\n\t", func(r rune) string {
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			return fmt.Sprintf(`\u%04x\u%04x`, high, low)
		}
		return fmt.Sprintf(`\u%04x`, r)
	}))
	return len(p), err
}

// escape replaces the hidden characters of a text, but not those in keep.
func escape(s, keep string, escaped func(rune) string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r) && !strings.ContainsRune(keep, r):
			b.WriteString(escaped(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a terminal obeys or drops a character instead of showing it: control characters (C0, DEL, C1),
// line and paragraph separators, and the format characters, which have no width or change the direction of the text. A
// few Arabic signs count as format characters too, but are visible.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
