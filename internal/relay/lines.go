package relay

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"unicode/utf8"
)

// maxLine is the longest line of the log, in bytes. Function Compute truncates lines at 32 KB.
const maxLine = 30 << 10

// Lines returns a handler that passes records on to h, which writes lines of JSON, so that no line
// is longer than Function Compute allows. The longest texts of a record that is too long are cut
// into pieces and written on several lines: each has everything that is short, one piece, its
// number as part, and the number of pieces as parts. No character is cut.
func Lines(h slog.Handler) slog.Handler {
	if l, ok := h.(*lines); ok {
		return l
	}
	return &lines{Handler: h, gauge: newGauge(), bare: true}
}

// lines is the handler of [Lines].
type lines struct {
	slog.Handler
	gauge *gauge
	bare  bool // a line has nothing but its record
}

// WithAttrs returns a handler that adds attributes to every record.
func (l *lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lines{Handler: l.Handler.WithAttrs(attrs), gauge: l.gauge.with(l.gauge.json.WithAttrs(attrs))}
}

// WithGroup returns a handler that puts the attributes of records into a group.
func (l *lines) WithGroup(name string) slog.Handler {
	return &lines{Handler: l.Handler.WithGroup(name), gauge: l.gauge.with(l.gauge.json.WithGroup(name))}
}

// Handle writes the record's line, or its lines.
func (l *lines) Handle(ctx context.Context, r slog.Record) error {
	if l.bare && surelyFitsLine(r) || l.gauge.size(ctx, r) <= maxLine {
		return l.Handler.Handle(ctx, r)
	}
	short, long := l.split(ctx, r)
	if len(long) == 0 {
		return l.Handler.Handle(ctx, r)
	}
	room := max(1<<10, maxLine-l.gauge.size(ctx, short)-len(`,"part":1000000,"parts":1000000`))
	var pieces []slog.Attr
	for _, text := range long {
		for _, piece := range cut(text.Value.String(), room-len(text.Key)-len(`,"":""`)) {
			pieces = append(pieces, slog.String(text.Key, piece))
		}
	}
	for i, piece := range pieces {
		part := short.Clone()
		part.AddAttrs(piece, slog.Int("part", i+1), slog.Int("parts", len(pieces)))
		if err := l.Handler.Handle(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// surelyFitsLine reports whether a record is so short that its line is short enough however it is escaped. Almost
// all are, and to measure a line takes as long as to write it.
func surelyFitsLine(r slog.Record) bool {
	room := maxLine - mostInJSON(slog.Time("time", r.Time)) - mostInJSON(slog.String("level", r.Level.String())) -
		mostInJSON(slog.String("msg", r.Message))
	r.Attrs(func(a slog.Attr) bool {
		room -= mostInJSON(a)
		return room >= 0
	})
	return room >= 0
}

// mostInJSON is the most bytes that an attribute takes in a line: a byte becomes at most 6 in a JSON string.
func mostInJSON(a slog.Attr) int {
	const escaped, number = 6, 64 // number: any time too
	most := escaped*len(a.Key) + len(`,"":""`)
	switch a.Value.Kind() {
	case slog.KindString:
		return most + escaped*len(a.Value.String())
	case slog.KindGroup:
		for _, member := range a.Value.Group() {
			most += mostInJSON(member)
		}
		return most
	case slog.KindAny, slog.KindLogValuer:
		return maxLine // unknown
	default:
		return most + number
	}
}

// split gives the record without its longest texts, so that its line has half the length allowed
// at most, and these texts.
func (l *lines) split(ctx context.Context, r slog.Record) (short slog.Record, long []slog.Attr) {
	var texts, others []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		a.Value = a.Value.Resolve()
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(err.Error())
		}
		if a.Value.Kind() == slog.KindString {
			texts = append(texts, a)
		} else {
			others = append(others, a)
		}
		return true
	})
	bySize := slices.Clone(texts)
	slices.SortStableFunc(bySize, func(a, b slog.Attr) int {
		return cmp.Compare(len(b.Value.String()), len(a.Value.String()))
	})
	for _, a := range bySize {
		long = append(long, a)
		texts = slices.DeleteFunc(texts, a.Equal)
		short = slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
		short.AddAttrs(texts...)
		short.AddAttrs(others...)
		if l.gauge.size(ctx, short) <= maxLine/2 {
			break
		}
	}
	return short, long
}

// cut divides a text into pieces that take up to room bytes each in JSON.
func cut(text string, room int) (pieces []string) {
	begin, used := 0, 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		n := size
		switch {
		case r == '"', r == '\\':
			n = 2
		case r < ' ', r == utf8.RuneError && size == 1, r == '\u2028', r == '\u2029':
			n = len(`\u0000`)
		}
		if used+n > room {
			pieces, begin, used = append(pieces, text[begin:i]), i, 0
		}
		i, used = i+size, used+n
	}
	return append(pieces, text[begin:])
}

// gauge measures the length of records' lines.
type gauge struct {
	json slog.Handler
	line *line
}

// line is the buffer of a gauge, which holds one line at a time.
type line struct {
	mu sync.Mutex
	bytes.Buffer
}

// newGauge returns a gauge of records without attributes of a handler.
func newGauge() *gauge {
	l := new(line)
	return &gauge{slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.Level(-1 << 20)}), l}
}

// with is the gauge of another JSON handler that writes to the same buffer.
func (g *gauge) with(json slog.Handler) *gauge { return &gauge{json, g.line} }

// size is the length of the record's line in bytes, its end included.
func (g *gauge) size(ctx context.Context, r slog.Record) int {
	g.line.mu.Lock()
	defer g.line.mu.Unlock()
	if g.line.Reset(); g.line.Cap() > 2*maxLine {
		g.line.Buffer = bytes.Buffer{} // free the memory of a very long line
	}
	_ = g.json.Handle(ctx, r) // writing to a buffer never fails
	return g.line.Len()
}
