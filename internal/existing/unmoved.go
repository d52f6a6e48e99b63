package existing

import (
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// A source that a rule moves is left where the invocation ended between the copy and the deletion, or where its
// event was given up then. The comparison finds such a source by its copies, which are in place, and hands it over like
// one whose copy is missing: the engine finds the copies in place, and completes the move after the checks that it
// makes of any.

// findUnmoved completes a comparison where the source is moved.
func (w *compared) findUnmoved() {
	if w.Verdict == Same && w.Moved && !w.exists && w.Source.Type != symlink {
		w.Verdict, w.Reason = Unmoved, "the copy is in place, and the source is still there"
	}
}

// Requests of a move: it looks at the source, compares the copy, looks for an older version and deletes. Where a copy
// names its source, HeadObject tells the content.
const (
	moveRequests    = 4
	compareRequests = 2
	nameRequests    = 1
)

// requestsFor is about how many requests it takes to do what is to be done about a wanted copy.
func (c *comparison) requestsFor(w *compared, streamed bool) (n int) {
	if w.Moved {
		n += moveRequests
	}
	if w.Verdict == Unmoved {
		return n + compareRequests
	}
	if w.Named {
		n += nameRequests
	}
	return n + c.Copier.UsualRequests(w.Source.Size, streamed)
}

// outcomeOf is what became of what was to be done about a wanted copy: of the copy or, if that is in place, of the move
// of its source, where that is what was to be done or has failed. nil means that the rules want something else now.
func outcomeOf(r *relay.ObjectReport, w *want) *relay.CopyReport {
	made := r.Of(osscall.URL(w.ToBucket, w.ToKey))
	if made == nil || made.Result != copier.Copied && made.Result != copier.Unchanged {
		return made
	}
	moved := r.Of(osscall.URL(w.Bucket, w.Source.Key))
	if moved != nil && (w.Verdict == Unmoved && made.Result == copier.Unchanged || moved.Result == copier.Failed) {
		return moved
	}
	return made
}
