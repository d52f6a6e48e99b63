package relay

import (
	"fmt"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// restored makes of the source of an event that a restore has ended the source that the event of its upload had been
// of, as far as HeadObject shows it. It reports false if nothing is to be copied: then the report says why, unless no
// rule wants the object.
func (h *Handler) restored(set *rules.Set, src *copier.Source, report *ObjectReport) bool {
	plan, err := set.Plan(src.Object, nil)
	if err != nil {
		report.Error = notASource(err)
		return false
	}
	if len(plan.Copies) == 0 {
		return false
	}
	head, err := src.AsUploaded()
	switch {
	case copier.IsLink(head, err):
		report.Ignored = "a symbolic link has replaced the object since, and its own event copies it"
		report.Requests = src.Requests()
		return false
	case osscall.Is(err, osscall.KindSuperseded):
		report.Ignored, report.Requests = "the object was deleted after it was restored", src.Requests()
		return false
	case err != nil:
		report.Error, report.Requests = osscall.Classify("HeadObject", err), src.Requests()
		return false
	}
	report.Size, report.ETag = &src.Object.Size.Value, &src.Object.ETag.Value
	return true
}

// notASource is the error of an object whose bucket is not one of the sources.
func notASource(err error) *osscall.Error {
	return &osscall.Error{Code: "NotASource", Message: err.Error(), Permanent: true}
}

// waitsForRestore is the outcome of a change in place that was not begun, since the copy of the object to a destination
// waits for a restore. The event that the restore has ended makes the change too, if it has restore itself.
func waitsForRestore(plan *rules.Copy, destination string) copier.Outcome {
	waits := fmt.Sprintf("the object is changed only after its other copies have been made, and the copy to %s waits "+
		"for a restore", destination)
	if plan.Restore != nil {
		return copier.Outcome{Result: copier.Restoring, Reason: waits}
	}
	return copier.Outcome{Result: copier.Failed, Error: osscall.NewError(osscall.KindLost, "in place", "OtherCopyWaits",
		"%s: set restore on this change too, or deliver the event again after that", waits)}
}
