package relay_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/relay"
)

// lineLimit is where Function Compute cuts a line.
const lineLimit = 32 << 10

// whole puts the parts of a log's lines together: it gives the whole text of each field that was
// cut. Every line must be short, and JSON.
func whole(t interface {
	Helper()
	Fatalf(string, ...any)
}, log []byte) (texts map[string]string, parts int) {
	t.Helper()
	texts = map[string]string{}
	next := 1
	for line := range bytes.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil || len(line) >= lineLimit || !utf8.Valid(line) {
			t.Fatalf("a line of %d bytes, %v: %.200s", len(line), err, line)
		}
		of, ok := fields["parts"].(float64)
		if !ok {
			continue
		}
		parts++
		if n, _ := fields["part"].(float64); int(n) != next || fields["request_id"] != "inv-1" {
			t.Fatalf("part %v of %v, want %d; request %v", fields["part"], of, next, fields["request_id"])
		}
		if next++; next > int(of) {
			next = 1
		}
		for name, v := range fields {
			if s, ok := v.(string); ok {
				texts[name] += s
			}
		}
	}
	return texts, parts
}

func TestErrorOf100KBIsLoggedWholeInLinesThatFCDoesNotCut(t *testing.T) {
	for name, unit := range map[string]string{
		"text": "0123456789", "Chinese": "错误说明文字", "quotes": `"\`, "line breaks": "a\nb\n", "emoji": "🗝",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(unit, 100<<10/len(unit))
			refusal := &localoss.Error{Code: "InvalidArgument", Status: 400, Message: text}
			long := []fault.Fault{{Operations: []string{"CopyObject"}, Error: refusal}}
			inWorld(t, setup{faults: long}, func(t *testing.T, w *world) {
				_, failed := w.handle(w.put("k", "v"), 0)
				texts, parts := whole(t, w.log.Bytes())
				if !failed || !strings.HasPrefix(texts["error"], text) || parts < 4 {
					t.Errorf("failed %v; %d parts, %d bytes of %d", failed, parts, len(texts["error"]), len(text))
				}
			})
		})
	}
}

func TestPayloadOf5000BadRecordsIsLoggedWholeInLinesThatFCDoesNotCut(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		const bad = `{"eventName":"ObjectCreated:PutObject","oss":{}}`
		payload := `{"events":[` + strings.Repeat(bad+",", 4999) + bad + `]}`
		report, failed := w.handle([]byte(payload), 0)
		if !failed || report.Error == nil {
			t.Fatalf("failed %v, %+v", failed, report)
		}
		texts, parts := whole(t, w.log.Bytes())
		if parts < 2 || !strings.Contains(texts["error"], "events[0]") ||
			!strings.Contains(texts["error"], "events[4999]") {
			t.Errorf("%d parts, %d bytes: %.200s", parts, len(texts["error"]), texts["error"])
		}
	})
}

func TestLinesOfAnyRecordAreShortAndHoldAllOfIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var log bytes.Buffer
		logger := slog.New(relay.Lines(slog.NewJSONHandler(&log, nil)))
		want := map[string]string{}
		var args []any
		if request := slog.String("request_id", "inv-1"); rapid.Bool().Draw(t, "of the handler") {
			logger = logger.With(request)
		} else { // as the lines of an invocation have it
			args = append(args, slog.Attr{Value: slog.GroupValue(request)})
		}
		for i := range rapid.IntRange(1, 5).Draw(t, "texts") {
			unit := rapid.SampledFrom([]string{"a", "\x01", `"`, "<", "\u2028", "键", "🗝", "k v"}).Draw(t, "unit")
			name := fmt.Sprint("text", i)
			most := rapid.SampledFrom([]int{10, 5_000, 40_000}).Draw(t, "up to")
			want[name] = strings.Repeat(unit, rapid.IntRange(0, most).Draw(t, "length"))
			if rapid.Bool().Draw(t, "as an error") {
				args = append(args, slog.Any(name, errors.New(want[name])))
			} else {
				args = append(args, slog.String(name, want[name]))
			}
		}
		logger.Info("m", append(args, slog.Int("n", 7), slog.Bool("b", true))...)
		texts, parts := whole(t, log.Bytes())
		if parts == 0 && strings.Count(log.String(), "\n") != 1 {
			t.Fatalf("lines: %.300s", log.String())
		}
		for name, text := range want {
			if parts > 0 && !strings.HasPrefix(texts[name], text) { // one that is short is on every line
				t.Fatalf("%s: %d bytes of %d", name, len(texts[name]), len(text))
			}
		}
	})
}

func TestATextThatOnlyEscapingMakesTooLongIsWrittenOnSeveralLines(t *testing.T) {
	text := strings.Repeat("\x01", 10_000) // 60,000 bytes in JSON
	request := slog.Attr{Value: slog.GroupValue(slog.String("request_id", "inv-1"))}
	for name, attr := range map[string]slog.Attr{
		"text": slog.String("text", text), "error": slog.Any("text", errors.New(text)),
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			slog.New(relay.Lines(slog.NewJSONHandler(&log, nil))).Info("m", request, attr)
			if texts, parts := whole(t, log.Bytes()); parts < 2 || texts["text"] != text {
				t.Errorf("%d parts, %d bytes of %d", parts, len(texts["text"]), len(text))
			}
		})
	}
}
