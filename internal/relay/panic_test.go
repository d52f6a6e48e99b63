package relay_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// panicking is an OSS client that panics where a key says so.
type panicking struct{ copier.OSS }

func (p panicking) CopyObject(
	ctx context.Context, r *oss.CopyObjectRequest, o ...func(*oss.Options),
) (*oss.CopyObjectResult, error) {
	if strings.Contains(*r.Key, "panic-copy") {
		panic("on purpose: copy")
	}
	return p.OSS.CopyObject(ctx, r, o...)
}

func (p panicking) HeadObject(
	ctx context.Context, r *oss.HeadObjectRequest, o ...func(*oss.Options),
) (*oss.HeadObjectResult, error) {
	if strings.Contains(*r.Key, "panic-plan") {
		_ = o[len(o)] // as a bug would
	}
	return p.OSS.HeadObject(ctx, r, o...)
}

// withPanics has a handler whose copies and plans panic where a key says so. Rules
// for keys under facts/ need HeadObject to plan.
func (w *world) withPanics() {
	w.t.Helper()
	text := replicate + "      - bucket: target-bucket\n        key: second/${key}\n" +
		"  - name: facts\n    match: {prefix: facts/, storage-class: IA}\n    copy:\n" +
		"      - {bucket: target-bucket, key: 'cool/${key}'}\n"
	set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatal(err)
	}
	client := panicking{osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())}
	w.handler = relay.New(relay.Config{Rules: relay.Fixed(set), Copier: copier.New(client, copier.Options{}),
		Log: slog.New(slog.NewJSONHandler(&w.log, nil))})
}

// wantStack expects one line of a panic, with its stack.
func (w *world) wantStack(message, where string) {
	w.t.Helper()
	found := 0
	for _, l := range w.lines() {
		if l["msg"] != "panic" {
			continue
		}
		stack, _ := l["stack"].(string)
		said, _ := l["error"].(string)
		if strings.Contains(said, message) && strings.Contains(stack, where) &&
			l["level"] == "ERROR" && l["request_id"] == "inv-1" {
			found++
		}
	}
	if found != 1 {
		w.t.Errorf("%d lines of the log have the stack of %q:\n%s", found, message, w.log.String())
	}
}

// wantPanics checks that both copies of an object failed with a panic if its key says so, and
// succeeded otherwise.
func wantPanics(t *testing.T, o *relay.ObjectReport) {
	t.Helper()
	panics := strings.HasPrefix(o.Key, "panic")
	for _, c := range o.Copies {
		if panics != (c.Result == copier.Failed) || c.Rule == "" || c.Destination == "" ||
			panics && (c.Error.Code != "Panic" || c.Error.Permanent) {
			t.Errorf("%s: %+v, error %+v", o.Key, c, c.Error)
		}
	}
	if len(o.Copies) != 2 {
		t.Errorf("%s: copies %+v", o.Key, o.Copies)
	}
}

func TestPanicOfOneCopyFailsThatCopyAlone(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.withPanics()
		// The last record and the last copy are handled without a goroutine of their own.
		for _, keys := range [][]string{{"panic-copy", "good"}, {"good2", "panic-copy2"}} {
			var payloads [][]byte
			for _, key := range keys {
				payloads = append(payloads, w.put(key, "v"))
			}
			w.log.Reset()
			report, failed := w.handle(together(payloads...), 0)
			for i := range keys {
				wantPanics(t, &report.Objects[i])
			}
			if !failed || w.content("good") != "v" {
				t.Errorf("failed %v; the good object: %q", failed, w.content("good"))
			}
		}
	})
}

func TestPanicInReadingAFactFailsTheCopiesThatNeedItAlone(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.withPanics()
		payload := together(w.put("facts/panic-plan", "v"), w.put("facts/good", "v"))
		report, failed := w.handle(payload, 0)
		var panicked int
		for _, c := range report.Objects[0].Copies {
			if e := c.Error; e != nil {
				panicked++
				if e.Code != "Panic" || e.Permanent || !strings.Contains(e.Message, "index out of range") {
					t.Errorf("%+v", e)
				}
			}
		}
		if !failed || panicked != 1 || len(report.Objects[0].Copies) != 3 {
			t.Errorf("failed %v, %d, %+v", failed, panicked, report.Objects[0])
		}
		if w.content("facts/good") != "v" || w.content("second/facts/good") != "v" {
			t.Error("the object beside it was not copied")
		}
		w.wantStack("index out of range", "HeadObject")
	})
}

// brokenSource is a source of rules that panics.
type brokenSource struct{}

func (brokenSource) Current(context.Context) (*rules.Set, string, func()) { panic("on purpose: rules") }

func TestPanicOfTheRuleSourceFailsTheInvocationWithEveryObjectNamed(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.handler.Rules = brokenSource{}
		report, failed := w.handle(together(w.put("a", "v"), w.put("b", "v")), 0)
		if !failed || len(report.Objects) != 2 {
			t.Fatalf("failed %v, %+v", failed, report)
		}
		for _, o := range report.Objects {
			if o.Key == "" || o.Error == nil || o.Error.Code != "Panic" || o.Error.Permanent {
				t.Errorf("%+v", o)
			}
		}
		w.wantStack("on purpose: rules", "brokenSource")
	})
}
