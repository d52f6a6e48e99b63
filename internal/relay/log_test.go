package relay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
)

// lines are the log's, each of which must be a JSON object.
func (w *world) lines() (all []map[string]any) {
	w.t.Helper()
	for line := range bytes.Lines(w.log.Bytes()) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			w.t.Fatalf("a line of the log is not JSON: %s", line)
		}
		all = append(all, fields)
	}
	return all
}

// wantFields checks fields of a line.
func wantFields(t *testing.T, line, want map[string]any) {
	t.Helper()
	for name, v := range want {
		if line[name] != v {
			t.Errorf("%s is %v, want %v; line %v", name, line[name], v, line)
		}
	}
}

func TestLogHasOneLineForEveryCopyAndNoKeyCanForgeAnother(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		forged := "k\n{\"level\":\"INFO\",\"msg\":\"copy\"}"
		w.handle(together(w.put("good", "1"), w.put("denied", "2"), w.put(forged, "3")), 0)
		lines := w.lines()
		if len(lines) != 3 {
			t.Fatalf("%d lines for 3 copies:\n%s", len(lines), w.log.String())
		}
		for i, key := range []string{"good", "denied", forged} {
			l := lines[i]
			wantFields(t, l, map[string]any{"msg": "copy", "source": "oss://" + from + "/" + key,
				"destination": "oss://" + to + "/" + key, "rule": "replicate", "request_id": "inv-1"})
		}
		wantFields(t, lines[0], map[string]any{"level": "INFO", "outcome": "copied"})
		wantFields(t, lines[1], map[string]any{"level": "ERROR", "code": "AccessDenied"})
	})
}

func TestLogSaysToWhichRetryALineBelongs(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		event := w.put("denied", "1")
		w.handle(event, 0)
		w.handle(event, 2)
		if lines := w.lines(); len(lines) != 2 || lines[0]["retry_count"] != nil || lines[1]["retry_count"] != 2.0 {
			t.Errorf("lines %v", lines)
		}
	})
}

func TestUnwantedObjectIsLoggedAtDebugAlone(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelInfo: 0, slog.LevelDebug: 1} {
		t.Run(level.String(), func(t *testing.T) {
			s := setup{level: level, rules: strings.Replace(replicate, "{}", "{prefix: wanted/}", 1)}
			inWorld(t, s, func(t *testing.T, w *world) {
				w.handle(w.put("other", "1"), 0)
				if got := len(w.lines()); got != want {
					t.Errorf("%d lines, want %d", got, want)
				}
			})
		})
	}
}

func TestObjectIgnoredAsTheEnginesOwnIsLoggedAtInfo(t *testing.T) {
	options := copier.Options{State: state.Location{Bucket: from, Prefix: "state/"}}
	inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
		part := strings.Replace(string(w.put("k", "v")), "ObjectCreated:PutObject", "ObjectCreated:UploadPart", 1)
		w.handle(together(w.put("state/x.json", "{}"), []byte(part)), 0)
		lines := w.lines()
		if len(lines) != 1 {
			t.Fatalf("%d lines, want one for the state object alone:\n%s", len(lines), w.log.String())
		}
		wantFields(t, lines[0], map[string]any{"msg": "ignored", "level": "INFO", "request_id": "inv-1",
			"source": "oss://" + from + "/state/x.json", "event": "ObjectCreated:PutObject",
			"ignored": "the copy engine's own state"})
	})
}

func TestSecretsAppearInNoLogReportOrError(t *testing.T) {
	every := map[string][]fault.Fault{
		"success": nil,
		"signature refused": {{Error: &localoss.Error{Code: "SignatureDoesNotMatch", Status: 403,
			Message: "The request signature we calculated does not match the signature you provided."}}},
		"token refused": {{Error: &localoss.Error{Code: "InvalidSecurityToken", Status: 403,
			Message: "The security token you provided is invalid."}}},
		"reply dropped":  {{Drop: true}},
		"malformed":      {{Body: fault.Malformed}},
		"empty":          {{Body: fault.Empty, WithoutETag: true}},
		"internal error": {{Error: &localoss.Error{Code: "InternalError", Status: 500, Message: "x"}}},
		"late":           {{Delay: time.Hour}},
	}
	for name, faults := range every {
		for i := range faults {
			faults[i].Bucket = to
		}
		either := name == "malformed" || name == "empty" // the copy may be found in spite of them
		for method, limit := range map[string]int64{"CopyObject": 0, "UploadPartCopy": 1} {
			s := setup{faults: faults, options: copier.Options{SingleCopyLimit: limit}, level: slog.LevelDebug}
			t.Run(name+" "+method, func(t *testing.T) {
				inWorld(t, s, func(t *testing.T, w *world) {
					if failed := w.handleWithoutSecrets(); failed != (faults != nil) && !either {
						t.Errorf("failed: %t", failed)
					}
				})
			})
		}
	}
}

// handleWithoutSecrets handles an event, checks that no secret is shown, and gives whether the
// invocation failed.
func (w *world) handleWithoutSecrets() (failed bool) {
	w.t.Helper()
	event := w.put("k", "value")
	time.Sleep(2 * time.Second)
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	report, failed := w.handleIn(ctx, event, 0)
	text, err := json.Marshal(report)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, where := range []string{string(text), w.log.String(), fmt.Sprint(report)} {
		if strings.Contains(where, secret) || strings.Contains(where, token) {
			w.t.Errorf("a secret is shown: %s", where)
		}
	}
	return failed
}
