package relay_test

import (
	"strings"
	"testing"

	"afterput/internal/copier"
)

func TestFolderMarkerWithoutAKeyIsSkippedWithAReason(t *testing.T) {
	const strip = `
version: 1
sources: [source-bucket]
rules:
  - name: strip
    match: {prefix: incoming/}
    copy:
      - bucket: target-bucket
        key: ${key#incoming/}
      - bucket: target-bucket
        key: all/${key}
`
	inWorld(t, setup{rules: strip}, func(t *testing.T, w *world) {
		report, failed := w.handle(w.put("incoming/", ""), 0)
		w.wantOutcomes(report, copier.Skipped, copier.Copied)
		reason := report.Objects[0].Copies[0].Reason
		if failed || !strings.Contains(reason, "folder marker") ||
			!strings.Contains(reason, "${key#incoming/} is empty") {
			t.Errorf("failed %t, reason %q", failed, reason)
		}
		report, failed = w.handle(w.put("incoming/", "content"), 0)
		w.wantOutcomes(report, copier.Failed, copier.Copied)
		if !failed {
			t.Error("an object with content that has no key is no failure")
		}
		report, _ = w.handle(w.put("incoming/a", ""), 0)
		w.wantOutcomes(report, copier.Copied, copier.Copied)
	})
}
