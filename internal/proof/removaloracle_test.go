package proof

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/existing"
	"afterput/internal/localoss"
	"afterput/internal/relay"
	"afterput/internal/state"
)

// removals is what the oracle knows of archived, removed and moved sources, besides the history.
type removals struct {
	// unheard are the keys whose removal no handled event was about since.
	unheard map[string]bool
	// cleaned says that backfill --delete-extra has looked at everything.
	cleaned bool
	// readable is when the restore of a version ends.
	readable map[*sourceVersion]time.Duration
	// waits are the archived versions of which no event was handled since they could be read.
	waits map[*sourceVersion]bool
	// moved are the keys whose current version was deleted by the function; lostUploads those of which a move has
	// deleted an upload that was made after its last look, in a bucket without versioning.
	moved, lostUploads map[string]bool
	// overMoved are the keys over whose copy that of an earlier version has landed after they were moved, though no
	// move could know of it: the earlier version was no longer in the bucket. See docs/design.md, "A move loses no
	// upload", what remains open.
	overMoved map[string]bool
	// looks are those of the attempts, by attempt and place.
	looks  map[string][]look
	others int // events that the user did not raise
	givenUp
}

// look is what an attempt saw when it read an object.
type look struct {
	at    time.Duration
	there bool
	state int            // how many states the place had
	of    *sourceVersion // which was current, of a source
	keeps bool           // it was a version with an id of its own
	nth   int            // of all looks
}

func newRemovals() removals {
	return removals{unheard: map[string]bool{}, readable: map[*sourceVersion]time.Duration{},
		waits: map[*sourceVersion]bool{}, moved: map[string]bool{},
		lostUploads: map[string]bool{}, overMoved: map[string]bool{},
		looks: map[string][]look{}, givenUp: newGivenUp()}
}

// changed records a version that the user puts, or a removal.
func (r *removals) changed(v *sourceVersion) {
	r.unheard[v.key] = v.deleted
	r.moved[v.key], r.lostUploads[v.key], r.overMoved[v.key] = false, false, false
	if !v.deleted && v.linkTarget == "" && strings.HasSuffix(v.attributes.class, "ColdArchive") {
		if _, before := r.readable[v]; !before {
			r.waits[v] = true
		}
	}
}

// handled records that an event of a key begins to be handled.
func (h *history) handled(key string, removal bool, now time.Duration) {
	v := h.current(key)
	if v == nil {
		h.unheard[key] = h.unheard[key] && !removal
		return
	}
	if ready, asked := h.readable[v]; asked && ready <= now {
		delete(h.waits, v)
	}
}

// stillWaits reports whether nobody has had a reason to copy an archived version since it can be read.
func (h *history) stillWaits(v *sourceVersion) bool {
	ready, asked := h.readable[v]
	return h.waits[v] && !(h.swept && asked && ready < neverEnds)
}

// hidesWait reports whether no sweep finds that the copy of an archived version is missing: a copy of an earlier
// version landed after it was put.
func (h *history) hidesWait(e *expectedCopy, v *sourceVersion) bool {
	states := h.states[e.bucket+"/"+e.keyOf(v)]
	return h.waits[v] && len(states) > 0 && states[len(states)-1].content != nil &&
		states[len(states)-1].at.Truncate(time.Second) >= v.putAt.Truncate(time.Second)
}

const foreign = "somebody else's "

func (s objectState) isForeign() bool { return bytes.HasPrefix(s.content, []byte(foreign)) }

// leftCopies says which copies of removed sources are still there, though they should be gone.
func (h *history) leftCopies(expected []expectedCopy) (violations []string) {
	wanted := map[string]bool{}
	for _, d := range h.expectedDestinations(expected) {
		wanted[d.place] = true
	}
	for _, key := range slices.Sorted(maps.Keys(h.versions)) {
		if h.current(key) != nil || h.unheard[key] && !h.cleaned {
			continue
		}
		for i := range expected {
			e := &expected[i]
			put := slices.IndexFunc(h.versions[key], e.matches)
			if !e.follows || put < 0 {
				continue
			}
			place := e.bucket + "/" + e.keyOf(h.versions[key][put])
			states := h.states[place]
			if len(states) == 0 || wanted[place] || h.abandoned[place] && !h.cleaned {
				continue
			}
			s := states[len(states)-1]
			if e.needsVersions && !s.keeps {
				continue
			}
			ofKey := slices.ContainsFunc(h.versions[key], func(v *sourceVersion) bool { return v.sameContent(s) })
			// The copy of a link carries no name, even if an object has replaced the link meanwhile.
			hadLinks := slices.ContainsFunc(h.versions[key], func(v *sourceVersion) bool { return v.linkTarget != "" })
			if s.content != nil && !hadLinks && ofKey {
				violations = append(violations, fmt.Sprintf("%s is left: its source %s was removed; it is %v",
					place, key, s))
			}
		}
	}
	return violations
}

// mayBeAbsent reports whether a destination may be missing, since one of its sources was removed.
func (h *history) mayBeAbsent(d destination) bool {
	states := h.states[d.place]
	return (len(states) == 0 || states[len(states)-1].content == nil) &&
		slices.ContainsFunc(d.candidates, func(c candidate) bool { return c.follows && h.current(c.key()) == nil })
}

func (c candidate) key() string { return c.sourceVersion.key }

// putForeign puts an object of somebody else where a copy of the key belongs. Sometimes it has the metadata of the copy
// that is there.
func (w *world) putForeign(ctx context.Context, s step) {
	e := w.ruleset.expected[s.content%len(w.ruleset.expected)]
	key := e.keyOf(&sourceVersion{key: s.key})
	request := &oss.PutObjectRequest{Bucket: &e.bucket, Key: &key,
		Body: strings.NewReader(fmt.Sprint(foreign, s.content))}
	switch s.size % 3 {
	case 0:
		head, err := w.user.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &e.bucket, Key: &key})
		if err == nil {
			request.Metadata = head.Metadata
		}
	case 1:
		request.Metadata = map[string]string{"afterput-source": "oss://" + sourceBucket + "/in/other"}
	}
	w.logf("user: puts an object of somebody else to %s/%s, with %v", e.bucket, key, request.Metadata)
	if _, err := w.user.PutObject(ctx, request); err != nil {
		w.addViolation("user step %s failed: %v", stepKindNames[s.kind], err)
	}
}

// deliverOther delivers an event that the user did not raise, as the program says.
func (w *world) deliverOther(p payload) {
	w.mu.Lock()
	fates := w.program.removals.fates
	n := w.history.others
	w.history.others++
	w.mu.Unlock()
	fate := fates[n%len(fates)]
	w.logf("other event %d, of %s, is delivered %d times", n, p.records[0].key, len(fate))
	for _, d := range fate {
		w.begin(func() {
			pause(context.Background(), d.after)
			w.invoke(context.Background(), d, p)
		})
	}
}

// awaitRestores waits until all restores have ended that end, and what follows from them.
func (w *world) awaitRestores(ctx context.Context) {
	for {
		w.mu.Lock()
		var until time.Duration
		for _, ready := range w.history.readable {
			if ready < neverEnds {
				until = max(until, ready)
			}
		}
		w.mu.Unlock()
		now := time.Since(w.start)
		if until <= now {
			return
		}
		pause(ctx, until-now+time.Second)
		w.awaitRunning()
	}
}

// beforeEffect notes what a request sees, and judges what it deletes, just before it takes effect.
func (w *world) beforeEffect(call *localoss.Call) {
	place := call.Bucket + "/" + call.Key
	switch call.Name {
	case "HeadObject", "GetSymlink":
		o, there := w.Object(call.Bucket, call.Key)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.history.looked++
		l := look{at: time.Since(w.start), there: there, state: len(w.history.states[place]), keeps: keepsVersion(o),
			nth: w.history.looked}
		if call.Bucket == sourceBucket {
			l.of = w.history.current(call.Key)
		}
		name := w.nameOf(call) + " " + place
		w.history.looks[name] = append(w.history.looks[name], l)
	case "DeleteObject":
		if (state.Location{}).Holds(call.Bucket, call.Key) {
			return
		}
		versions := w.Versions(call.Bucket, call.Key)
		w.mu.Lock()
		defer w.mu.Unlock()
		if why := w.whyNotDeleted(call, place, versions); why != "" {
			w.violations = append(w.violations, fmt.Sprintf("%s deletes %s: %s", w.nameOf(call), place, why))
		}
		w.countDeletion(call)
	}
}

// nameOf is the name of the attempt that sent a request. The caller holds mu.
func (w *world) nameOf(call *localoss.Call) string {
	if a := w.attempts[w.callerOf(call.AccessKeyID)]; a != nil {
		return a.name
	}
	return w.callerOf(call.AccessKeyID)
}

// whyNotDeleted says why an attempt must not send a DeleteObject that takes effect now: no look of it allows that. An
// attempt may handle several events of one object at once. The caller holds mu.
func (w *world) whyNotDeleted(call *localoss.Call, place string, versions []*localoss.Object) (why string) {
	why = "it has not looked at it"
	for _, seen := range w.looksAt(call, place) {
		if call.Bucket == sourceBucket {
			why = w.whyNotMoved(call, seen, versions)
		} else {
			why = w.whyNotFollowed(call, place, seen)
		}
		if why == "" {
			return ""
		}
	}
	return why
}

// looksAt are the looks at a place of the attempt that sent a request.
func (w *world) looksAt(call *localoss.Call, place string) []look {
	return w.history.looks[w.nameOf(call)+" "+place]
}

// whyNotFollowed says why a copy must not be deleted that was seen so.
func (w *world) whyNotFollowed(call *localoss.Call, place string, seen look) string {
	states := w.history.states[place]
	if seen.state == 0 || states[seen.state-1].content == nil {
		return "there was no object"
	}
	was := states[seen.state-1]
	if was.isForeign() {
		return "it was somebody else's when it was looked at"
	}
	for i := range w.ruleset.expected {
		e := &w.ruleset.expected[i]
		for key, all := range w.history.versions {
			isCopy := e.follows && slices.ContainsFunc(all, func(v *sourceVersion) bool {
				return e.matches(v) && e.bucket+"/"+e.keyOf(v) == place && v.sameContent(was)
			})
			if !isCopy {
				continue
			}
			if e.needsVersions && !seen.keeps {
				return "nothing would bring it back"
			}
			if slices.ContainsFunc(w.looksAt(call, sourceBucket+"/"+key), func(l look) bool { return !l.there }) {
				return ""
			}
			return "the source " + key + " was there whenever it was looked at"
		}
	}
	return fmt.Sprintf("no rule deletes it: %v", was)
}

// whyNotMoved says why a source must not be deleted that was seen so, and records that it is.
func (w *world) whyNotMoved(call *localoss.Call, seen look, versions []*localoss.Object) string {
	h := &w.history
	now, moved := h.current(call.Key), seen.of
	switch {
	case !w.ruleset.moves:
		return "no rule moves it"
	case w.program.versioned && call.VersionID == "":
		return "a delete marker hides it"
	case w.program.versioned:
		i := slices.IndexFunc(versions, func(o *localoss.Object) bool { return o.VersionID == call.VersionID })
		if i < 0 { // it was deleted before
			return ""
		}
		if i == 0 && len(versions) > 1 && !versions[1].DeleteMarker {
			return "an older version comes back"
		}
	case len(versions) == 0:
		return ""
	case w.ruleset.versioned:
		return "nothing would bring it back"
	case now != moved && now != nil && now.putAt <= seen.at:
		return "it was overwritten before it was looked at"
	}
	if moved == nil {
		return "it was not there"
	}
	for i := range w.ruleset.expected {
		e := &w.ruleset.expected[i]
		if why := w.whyNotCopied(call, e, moved, seen); why != "" && e.matches(moved) {
			return why
		}
	}
	if now == moved {
		h.moved[call.Key] = true
	} else if !w.program.versioned {
		h.lostUploads[call.Key] = now != nil
	}
	return ""
}

// whyNotCopied says why an attempt cannot know that a version was copied; "" if it has seen the copy, and where nothing
// brings back an upload made meanwhile, has seen the source after that.
func (w *world) whyNotCopied(call *localoss.Call, e *expectedCopy, v *sourceVersion, source look) (why string) {
	place := e.bucket + "/" + e.keyOf(v)
	why = "it has not looked at the copy in " + e.bucket
	for _, l := range w.looksAt(call, place) {
		if l.state == 0 {
			why = "there was no copy in " + e.bucket
			continue
		}
		s := w.history.states[place][l.state-1]
		if v.sameContent(s) && e.attributesMatch(s, v) && e.aclMatches(s, v) && e.tagsMatch(s, v) {
			if w.program.versioned || l.nth < source.nth {
				return ""
			}
			why = "it has not looked at it after the copy in " + e.bucket
			continue
		}
		why = fmt.Sprintf("the copy in %s was another: %v", e.bucket, s)
	}
	return why
}

// landedOverMoved records that the copy of an earlier version has landed over that of a version that was moved.
func (w *world) landedOverMoved(place string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := &w.history
	for key, moved := range h.moved {
		v := h.current(key)
		if !moved || v == nil {
			continue
		}
		for i := range w.ruleset.expected {
			e := &w.ruleset.expected[i]
			if e.bucket+"/"+e.keyOf(v) != place || h.whyNotNewest(e, v) == "" {
				continue
			}
			s := h.states[place][len(h.states[place])-1]
			h.overMoved[key] = h.overMoved[key] || !slices.ContainsFunc(w.Versions(sourceBucket, key),
				func(o *localoss.Object) bool {
					content, err := io.ReadAll(o.Reader())
					return err == nil && !o.DeleteMarker && bytes.Equal(content, s.content)
				})
		}
	}
}

// afterEffect records that a restore was begun, and what a copy has overwritten.
func (w *world) afterEffect(call *localoss.Call, reply *localoss.Response) {
	if slices.Contains(placingOperations, call.Name) && w.ruleset.moves {
		w.landedOverMoved(call.Bucket + "/" + call.Key)
	}
	if call.Name != "RestoreObject" || reply == nil || reply.Status != 202 {
		return
	}
	o, there := w.Object(call.Bucket, call.Key)
	w.mu.Lock()
	defer w.mu.Unlock()
	if v := w.history.current(call.Key); v != nil && there {
		w.history.readable[v] = time.Since(w.start) + w.program.removals.restoreTakes[o.StorageClass] + time.Second
	}
}

// whyUnmoved says why a source is rightly still there that the rules move; "" if it should be gone.
func (w *world) whyUnmoved(key string) string {
	versions := w.Versions(sourceBucket, key)
	w.mu.Lock()
	defer w.mu.Unlock()
	h := &w.history
	v := h.current(key)
	switch {
	case v == nil || len(versions) == 0 || versions[0].DeleteMarker:
		return "it is gone"
	case v.linkTarget != "":
		return "it is a link"
	case len(versions) > 1 && !versions[1].DeleteMarker && w.program.versioned:
		return "an older version would come back"
	case h.withoutEvent[key]:
		return "its event was not handled"
	case w.keepsSources():
		return "nothing would bring it back"
	}
	for i := range w.ruleset.expected {
		e := &w.ruleset.expected[i]
		states := h.states[e.bucket+"/"+e.keyOf(v)]
		switch {
		case !e.matches(v):
			return "the rules do not take it"
		case h.leftToSweep(e, v) || h.stillWaits(v) || h.hidesWait(e, v):
			return "its copies are not made"
		case len(states) > 0 && states[len(states)-1].isForeign():
			return "a copy was overwritten"
		}
	}
	return ""
}

// judgeMoves checks that every source has been moved that can be.
func (w *world) judgeMoves() {
	if !w.ruleset.moves {
		return
	}
	for _, o := range w.Objects(sourceBucket) {
		if _, has := w.history.versions[o.Key]; has && w.whyUnmoved(o.Key) == "" {
			w.addViolation("%s/%s is still there, though its copies are in place", sourceBucket, o.Key)
		}
	}
}

// leftovers deletes copies of removed sources, as afterput backfill --delete-extra does.
func (w *world) leftovers(ctx context.Context, d delivery) error {
	return w.inAttempt(ctx, "delete-extra", d, func(ctx context.Context, a *attempt) error {
		handler := w.newHandler(unlimited)
		config := w.job(existing.NewMemory(), handler)
		job, err := existing.Open(ctx, config)
		if err != nil {
			return err
		}
		if err := job.Compare(ctx); err != nil {
			return err
		}
		return job.Leftovers(ctx, &existing.Leftovers{Handler: handler, InFlight: 2, Delete: true,
			Invocation: relay.Invocation{RequestID: a.name, Credentials: credentialsOf(a.accessKey)},
			Found: func(one existing.Leftover) {
				w.logf("%s: %s of %s: %s %s %v", a.name, one.Destination, one.Source, one.Result, one.Reason, one.Error)
				w.leftoverFailed(one)
			}})
	})
}

// leftoverFailed records that a deletion whose outcome is not known may take the copy of a source that came back: there
// is no retry that makes it again.
func (w *world) leftoverFailed(one existing.Leftover) {
	if one.Error == nil || one.Error.Code == "NoVersioning" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history.abandoned[strings.TrimPrefix(one.Destination, "oss://")] = true
}

// deleteLeftovers has backfill --delete-extra delete what lost events left, after everything has ended.
func (w *world) deleteLeftovers(ctx context.Context) {
	pause(ctx, max(0, w.program.faultsEnd-time.Since(w.start))+5*time.Second)
	if err := w.leftovers(ctx, delivery{}); err != nil {
		w.addViolation("backfill --delete-extra fails without faults: %v", err)
		return
	}
	w.mu.Lock()
	w.history.cleaned = true
	w.mu.Unlock()
	w.judge()
}

// abandonDeletions records that a backfill --delete-extra was killed: nobody makes the copies again that it may have
// deleted of sources which came back.
func (w *world) abandonDeletions() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, all := range w.history.versions {
		for i := range w.ruleset.expected {
			if e := &w.ruleset.expected[i]; e.follows && len(all) > 0 {
				w.history.abandoned[e.bucket+"/"+e.keyOf(&sourceVersion{key: key})] = true
			}
		}
	}
}

// neverReadable is how many copies no sweep can make, since their sources are never restored.
func (w *world) neverReadable() (n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.history.expectedDestinations(w.ruleset.expected) {
		if w.history.stillWaits(d.candidates[0].sourceVersion) {
			n++
		}
	}
	return n
}
