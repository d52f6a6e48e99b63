package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// row is one fault and how it is measured.
type row struct {
	fault   string
	measure func(t *testing.T, with tool) string
}

// meets is a row's measure in virtual time.
func meets(s setup, measure func(w *world) string) func(*testing.T, tool) string {
	return func(t *testing.T, with tool) string { return run(t, with, s, measure) }
}

// copyLarge copies a large object once.
func copyLarge(w *world) string {
	w.put(large)
	return w.left(w.copy(w.ctx))
}

func copySmall(w *world) string {
	w.put(small)
	return w.left(w.copy(w.ctx))
}

func forbid(c *rules.Copy) { c.ForbidOverwrite = true }

// on is a fault of one operation, the first time it is called.
func on(operation string, f fault.Fault) setup {
	f.Operations, f.Calls = []string{operation}, fault.Nth(1)
	return setup{faults: []fault.Fault{f}}
}

var denied = &localoss.Error{Code: "AccessDenied"}

// rows are the faults in the order of the table.
func rows() []row {
	return slices.Concat(firstRows(), lateRows(), answerRows(), againRows(), paceRows())
}

func firstRows() []row {
	return []row{
		{"none: a small object is copied", meets(setup{}, func(w *world) string {
			w.put(small)
			said := w.copy(w.ctx)
			counts := w.Counts()
			var all []string
			for op, n := range counts {
				all = append(all, fmt.Sprintf("%d × %s", n, op))
			}
			slices.Sort(all)
			return said + " after " + strings.Join(all, ", ")
		})},
		{"the tag `a+b` = `c+d`, copied in parts", meets(setup{}, copyTagged("a%2Bb=c%2Bd"))},
		{"the tag `a` = `b=c`, copied in parts", meets(setup{}, copyTagged("a=b%3Dc"))},
		{"tags, and no right to read them", meets(setup{authorize: withoutTags}, copyWithTags)},
		{"the source is overwritten while its parts are copied",
			meets(setup{intercept: overwriting("UploadPartCopy", 5, large)}, copyLarge)},
		{"the invocation runs out of time half-way, and a retry follows", meets(setup{}, func(w *world) string {
			open, _, said := w.stopAndRetry()
			after := w.open()
			if len(w.Uploads(to)) > 0 {
				after = "**" + after + "**"
			}
			return fmt.Sprintf("%s at first, %s after the retry, which %s", open, after, said)
		})},
		{"the same: parts that the retry copies", meets(setup{}, func(w *world) string {
			_, again, _ := w.stopAndRetry()
			if again >= w.whole() {
				return "all of them again"
			}
			return fmt.Sprintf("%d of %d", again, w.whole())
		})},
		{"a part arrives damaged", meets(setup{faults: []fault.Fault{{
			Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1), Corrupt: []int64{7}}}}, copyLarge)},
		{"two parts fail with errors of two types", twoErrors},
		{"an error's body under 200, for CopyObject", meets(on("CopyObject",
			fault.Fault{Error: &localoss.Error{Code: "InternalError", Status: 200}}), copySmall)},
		{"an error's body under 200, for a part", meets(on("UploadPartCopy",
			fault.Fault{Error: &localoss.Error{Code: "InternalError", Status: 200}}), copyLarge)},
		{"the answer to CompleteMultipartUpload is lost", meets(on("CompleteMultipartUpload",
			fault.Fault{Drop: true, Committed: true}), copyLarge)},
		{"the answer to CopyObject with forbid-overwrite is lost", meets(on("CopyObject",
			fault.Fault{Drop: true, Committed: true}), func(w *world) string {
			w.put(small)
			return w.left(w.copy(w.ctx, forbid))
		})},
		{"a part is refused after 1 s, the others take a minute",
			meets(setup{intercept: minute}, func(w *world) string {
				w.put(large)
				began := time.Now()
				said := w.copy(w.ctx)
				return fmt.Sprintf("%s after %.0f s; %s", said, time.Since(began).Seconds(), w.collected())
			})},
		{"a part takes 15 s, the client is set to wait 5 min (at 1/100)", patience},
		{"a copy within a bucket takes 100 s", meets(setup{intercept: hundredSeconds}, func(w *world) string {
			w.put(large)
			said := w.copy(w.ctx, func(c *rules.Copy) { c.Bucket, c.Key = from, "other" })
			w.mu.Lock()
			under := w.copying
			w.mu.Unlock()
			if under > 0 {
				return fmt.Sprintf("%s with %d CopyObject **still running**, which overwrites "+
					"whatever is at the destination by then", said, under)
			}
			return said + " with nothing running any more"
		})},
	}
}

// copyTagged copies an object with tags, URL-encoded as in x-oss-tagging.
func copyTagged(tagging string) func(w *world) string {
	return func(w *world) string {
		w.put(large, localoss.WithHeader("x-oss-tagging", tagging))
		said := w.copy(w.ctx)
		dst, ok := w.Object(to, key)
		if src, _ := w.Object(from, key); !ok {
			return w.left(said)
		} else if slices.Equal(dst.Tags, src.Tags) {
			return said + "; the tag is the source's"
		}
		var tags []string
		for _, tag := range dst.Tags {
			tags = append(tags, fmt.Sprintf("**`%s` = `%s`**", tag.Key, tag.Value))
		}
		return said + "; the tag is " + strings.Join(tags, " and ")
	}
}

// withoutTags is a role without the right to read tags.
func withoutTags(op localoss.Operation) error {
	for _, a := range op.Actions {
		if a.Name == "oss:GetObjectTagging" {
			return errors.New("not granted")
		}
	}
	return nil
}

// overwriting puts a new version of a size once an operation has been carried out for a part.
func overwriting(operation string, part int, size int64) func(w *world) localoss.Intercept {
	return func(w *world) localoss.Intercept {
		return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			reply := next()
			if call.Name == operation && call.PartNumber == part {
				w.put(size)
			}
			return reply
		}
	}
}

// minute refuses the first part, and lets the others take a minute.
func minute(*world) localoss.Intercept {
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" {
			if call.PartNumber == 1 {
				return call.Refuse(denied)
			}
			time.Sleep(time.Minute)
		}
		return next()
	}
}

func hundredSeconds(*world) localoss.Intercept {
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" {
			time.Sleep(100 * time.Second)
		}
		return next()
	}
}

// stopAndRetry copies under a time-out that comes half-way, and once more without
// one.
func (w *world) stopAndRetry() (open string, again int, said string) {
	w.put(large)
	ctx, cancel := context.WithTimeout(w.ctx, 5500*time.Millisecond)
	defer cancel()
	w.copy(ctx)
	open = w.open()
	time.Sleep(time.Minute)
	before := w.Counts()["UploadPartCopy"]
	said = w.copyAgain(w.ctx)
	return open, w.Counts()["UploadPartCopy"] - before, said
}

// whole is how many different parts were asked for.
func (w *world) whole() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}
