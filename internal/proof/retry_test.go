package proof

import (
	"fmt"
	"slices"
	"time"

	"afterput/internal/localoss"
)

// standing is a destination that was right when a retry began: which state it was
// in, and what of its source it showed.
type standing struct {
	*upload
	states, tags int
}

// standing gives, by place, what a retry that begins now is to leave alone. Nothing
// is asked of one whose look at a destination may be spoilt, and nothing of a
// link, which cannot be looked at where its target is missing.
func (w *world) standing() map[string]standing {
	all := map[string]standing{}
	if !families.has(retries) || !w.weather.calm() && slices.ContainsFunc(w.program.faults, hides) {
		return all
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.history.due(w.rules.wants) {
		c, states := d.copies[0], w.history.states[d.place]
		if len(d.copies) > 1 || c.loose || c.once || c.upload.target != "" || len(c.upload.tags) > 1 {
			continue
		}
		if d.silent || w.history.notRight(d) != "" {
			continue
		}
		if states[len(states)-1].at.Truncate(time.Second) > c.upload.at.Truncate(time.Second) {
			all[d.place] = standing{c.upload, len(states), len(c.upload.tags)}
		}
	}
	return all
}

// wrote judges what a retry has just done to a place.
func (w *world) wrote(call *localoss.Call) {
	switch call.Name {
	case "CopyObject", "CompleteMultipartUpload", "PutObjectTagging", "DeleteObjectTagging", "PutObjectACL":
	default:
		return
	}
	place := call.Bucket + "/" + call.Key
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tries[call.AccessKeyID]
	if t == nil {
		return
	}
	s, stood := t.stood[place]
	if !stood || w.history.now(s.key) != s.upload || len(s.upload.tags) != s.tags {
		return // the user has done something since
	}
	if len(w.history.states[place]) == s.states+1 {
		w.wrongs = append(w.wrongs, fmt.Sprintf("%s: %s writes %s again, which was as it is to be", t.name, call.Name, place))
	}
}

// clean reports whether nothing has gone wrong in a try that is over, but what
// other invocations and the user did.
func (t *try) clean() bool {
	w := t.world
	return families.has(overtaking) && t.strike == nil && !t.killed() &&
		(len(w.program.faults) == 0 || t.began.Sub(w.weather.born) > w.program.calm)
}

// faultless reports whether nothing goes wrong in any try of the program.
func (p *program) faultless() bool {
	return len(p.faults) == 0 && !slices.ContainsFunc(p.steps, func(s step) bool {
		return slices.ContainsFunc(s.deliveries, func(d delivery) bool { return len(d.strikes) > 0 })
	})
}

// inPlace reports whether all that is due of an upload's key stands.
func (w *world) inPlace(u *upload) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.history.due(w.rules.wants) {
		its := slices.ContainsFunc(d.copies, func(c dueCopy) bool { return c.upload.key == u.key })
		if its && w.history.notRight(d) != "" {
			return false
		}
	}
	return true
}
