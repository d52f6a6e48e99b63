package copier_test

import (
	"context"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/rules"
)

// lost are the ways in which an answer can be lost, before or after the request took effect.
var lost = map[string]fault.Fault{
	"reply dropped, not done":   {Drop: true},
	"reply dropped, done":       {Drop: true, Committed: true},
	"error under 200, not done": {Error: &localoss.Error{Code: "InternalError", Status: 200, Message: "late"}},
	"error under 200, done": {Error: &localoss.Error{Code: "InternalError", Status: 200, Message: "late"},
		Committed: true},
	"no ETag":        {WithoutETag: true},
	"empty body":     {Body: fault.Empty, WithoutETag: true},
	"malformed body": {Body: fault.Malformed},
	"truncated body": {Body: fault.Truncated},
}

// done reports whether the request took effect although its answer was lost.
func done(f fault.Fault) bool { return f.Committed || !f.Drop && f.Error == nil }

func TestCopyObjectWithoutAnAnswerIsNeverSentTwiceButLookedFor(t *testing.T) {
	for name, f := range lost {
		f.Operations = []string{"CopyObject"}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: []fault.Fault{f}}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(1000, 1), plan())
				if done(f) {
					w.wantFound(out)
				} else {
					w.wantNotFound(out)
				}
			})
		})
	}
}

// wantFound checks that a copy without an answer was found at its destination.
func (w *world) wantFound(out copier.Outcome) {
	w.t.Helper()
	// The tags are read on both sides: HeadObject shows no count to a role that may not read them.
	w.wantCounts(map[string]int{"CopyObject": 1, "HeadObject": 2, "GetObjectTagging": 2})
	w.wantOutcome(out, copier.Copied)
	w.wantCopy()
	if !out.NeedsSecondLook {
		w.t.Error("a copy that was not seen to land does not look at its source again")
	}
}

// wantNotFound checks that a copy without an answer was looked for in vain.
func (w *world) wantNotFound(out copier.Outcome) {
	w.t.Helper()
	w.wantCounts(map[string]int{"CopyObject": 1, "HeadObject": 3}) // it may still be running
	w.wantOutcome(out, copier.Failed)
	if out.Error.Permanent {
		w.t.Error("a lost answer is reported as permanent, though the next attempt may succeed")
	}
	w.wantAbsent()
}

func TestLostAnswerIsNotTakenForSuccessWhenAnotherObjectIsThere(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(2), Drop: true}}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		w.wantOutcome(w.copy(w.ctx, w.put(1000, 1), plan()), copier.Copied)
		w.wantOutcome(w.copy(w.ctx, w.put(1000, 2), plan()), copier.Failed)
	})
}

func TestLostAnswerIsNotTakenForSuccessWhenTheDestinationHasOtherAttributes(t *testing.T) {
	cases := map[string]func(*rules.Copy){
		"class":      func(c *rules.Copy) { c.StorageClass = "IA" },
		"encryption": func(c *rules.Copy) { c.ServerSideEncryption = "AES256" },
		"tags": func(c *rules.Copy) {
			c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "k", Value: "v"}}
		},
		"metadata": func(c *rules.Copy) {
			c.MetadataDirective, c.Meta = rules.DirectiveReplace, []rules.Pair{{Key: "k", Value: "v"}}
		},
		"content header": func(c *rules.Copy) {
			c.MetadataDirective, c.Headers.CacheControl = rules.DirectiveReplace, "no-cache"
		},
	}
	for name, change := range cases {
		faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(2), Drop: true}}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
				event := w.put(1000, 1)
				w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
				w.wantOutcome(w.copy(w.ctx, event, plan(change)), copier.Failed)
			})
		})
	}
}

func TestOwnCopyThatForbidOverwriteThenRefusesIsReportedAsCopied(t *testing.T) {
	forbid := func(c *rules.Copy) { c.ForbidOverwrite = true }
	for name, options := range map[string]copier.Options{"CopyObject": {}, "CompleteMultipartUpload": inParts()} {
		faults := []fault.Fault{{Operations: []string{name}, Calls: fault.Nth(1), Committed: true,
			Error: &localoss.Error{Code: "InternalError", Status: 500, Message: "We encountered an internal error."}}}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: faults, options: options}, func(t *testing.T, w *world) {
				w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan(forbid)), copier.Copied)
				w.wantCopy()
				w.wantTidy()
			})
		})
	}
}

func TestObjectThatWasThereFirstIsKeptUnderForbidOverwrite(t *testing.T) {
	forbid := func(c *rules.Copy) { c.ForbidOverwrite = true }
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		if err := w.PutSparse(to, key, 77, localoss.WithSeed(9)); err != nil {
			t.Fatal(err)
		}
		w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan(forbid)), copier.Exists)
		if o, _ := w.Object(to, key); o.Size != 77 {
			t.Errorf("it was overwritten: %+v", o)
		}
		w.wantTidy()
	})
}

func TestLostAnswerToCompleteIsLookedIntoAndNotReported(t *testing.T) {
	for name, f := range lost {
		f.Operations = []string{"CompleteMultipartUpload"}
		f.Calls = fault.Nth(1)
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: []fault.Fault{f}, options: inParts()}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(large, 1), plan())
				w.wantOutcome(out, copier.Copied)
				w.wantCopy()
				w.wantTidy()
				if got := w.Counts()["CompleteMultipartUpload"]; got != 2 {
					t.Errorf("Complete was sent %d times, want 2", got)
				}
				if len(w.history) != 1 {
					t.Errorf("the destination was written %d times", len(w.history))
				}
			})
		})
	}
}

func TestLostAnswerToAPartIsSentAgain(t *testing.T) {
	for name, f := range lost {
		f.Operations = []string{"UploadPartCopy"}
		f.Part, f.Calls = 2, fault.Nth(1)
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: []fault.Fault{f}, options: inParts()}, func(t *testing.T, w *world) {
				w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan()), copier.Copied)
				w.wantCopy()
				w.wantTidy()
				// Sent again after its pause, or at once because it straggles, or both.
				if got := w.Counts()["UploadPartCopy"]; got < parts+1 || got > parts+2 {
					t.Errorf("%d × UploadPartCopy, want %d or %d", got, parts+1, parts+2)
				}
			})
		})
	}
}

func TestACopyThatMayHaveLandedOverANewerOneIsNotSuperseded(t *testing.T) {
	for name, answered := range map[string]bool{"its response is lost": false, "another has aborted it": true} {
		t.Run(name, func(t *testing.T) {
			var w *world
			intercept := func(
				_ context.Context, call *localoss.Call, next func() *localoss.Response,
			) *localoss.Response {
				if call.Name == "CompleteMultipartUpload" {
					w.overwrite(from, key, "newer")
					if answered {
						return call.Refuse(&localoss.Error{Code: localoss.NoSuchUpload})
					}
				}
				return next()
			}
			inParts := copier.Options{SingleCopyLimit: partSize}
			s := setup{options: inParts, intercept: intercept, faults: []fault.Fault{
				{Operations: []string{"CompleteMultipartUpload"}, Calls: fault.Nth(1), Drop: true, Committed: true},
				{Operations: []string{"HeadObject"}, Bucket: to, Header: map[string]string{"X-Oss-Hash-Crc64ecma": ""}},
			}}
			inWorld(t, s, func(t *testing.T, inside *world) {
				w = inside
				out := w.copy(w.ctx, w.put(8*partSize, 1), plan())
				switch {
				case answered:
					w.wantOutcome(out, copier.Superseded)
				case out.Error == nil || out.Error.Kind != osscall.KindLost || out.Error.Permanent:
					t.Errorf("%+v; want an error that a retry makes good", out)
				}
			})
		})
	}
}
