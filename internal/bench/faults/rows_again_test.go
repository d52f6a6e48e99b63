package faults

import (
	"fmt"
	"strings"
	"time"

	"afterput/internal/localoss"
)

// againRows are about copies that are requested more than once.
func againRows() []row {
	return []row{
		{"a small and a large copy are finished, and are attempted again", meets(setup{}, func(w *world) string {
			w.put(small)
			w.copy(w.ctx)
			time.Sleep(time.Minute)
			w.ResetCounts()
			first := w.copyAgain(w.ctx)
			first = fmt.Sprintf("small: %s after %d × CopyObject", first, w.Counts()["CopyObject"])
			w.put(large)
			w.copy(w.ctx)
			time.Sleep(time.Minute)
			w.ResetCounts()
			second := w.copyAgain(w.ctx)
			return fmt.Sprintf("%s; large: %s after %d × UploadPartCopy", first, second, w.Counts()["UploadPartCopy"])
		})},
		{"an event is delivered once more while its parts are copied", meets(setup{}, func(w *world) string {
			w.put(large)
			first, second := w.twice()
			both := "both " + strings.Replace(first, "reports", "report", 1)
			if first != second {
				both = first + " and " + second
			}
			return w.left(both) + "; " + w.partsSent()
		})},
		{"the destination's default class is Archive, the invocation runs out of time half-way, and a retry follows",
			meets(setup{
				target: []localoss.BucketOption{localoss.WithBucketClass("Archive")},
			}, func(w *world) string {
				_, again, said := w.stopAndRetry()
				return fmt.Sprintf("%s; %s, %s; %d of %d parts copied by the retry",
					said, w.destination(), w.openInTheEnd(), again, w.whole())
			})},
		{"the copy exists, under a retention policy, and its event is delivered again", meets(setup{
			target: []localoss.BucketOption{localoss.WithRetention(365 * 24 * time.Hour)},
		}, func(w *world) string {
			w.put(small)
			w.copy(w.ctx)
			time.Sleep(time.Minute)
			return w.left(w.copy(w.ctx))
		})},
	}
}
