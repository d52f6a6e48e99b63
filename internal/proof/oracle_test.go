package proof

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// sourceVersion is a version of a source object, as the user put it, or its deletion.
type sourceVersion struct {
	number     int // 1 for the first version of the program, and so on
	key        string
	putAt      time.Duration
	content    []byte
	attributes attributes
	acl        string // "" for that of the bucket
	tagHistory []tags // all tags that the version has had, the newest last
	linkTarget string // of a symbolic link, whose content is empty
	deleted    bool   // the object was deleted
}

// sameContent reports whether s has the content of v.
func (v *sourceVersion) sameContent(s objectState) bool {
	return s.content != nil && bytes.Equal(v.content, s.content) && v.linkTarget == s.linkTarget
}

// attributes are what is stored with a content and changes only when the content is put again.
type attributes struct {
	contentType, cacheControl string
	color                     string // the value of x-oss-meta-color
	class                     string
}

type tags map[string]string

// etag is the ETag of the version in OSS.
func (v *sourceVersion) etag() string { return fmt.Sprintf("%X", md5.Sum(v.content)) }

func (v *sourceVersion) String() string {
	if v.deleted {
		return fmt.Sprintf("#%d deleted", v.number)
	}
	if v.linkTarget != "" {
		return fmt.Sprintf("#%d -> %s %+v acl=%q %v", v.number, v.linkTarget, v.attributes, v.acl, v.tagHistory)
	}
	return fmt.Sprintf("#%d %s %dB %+v acl=%q %v",
		v.number, v.etag()[:6], len(v.content), v.attributes, v.acl, v.tagHistory)
}

// objectState is what an object is at one moment.
type objectState struct {
	at         time.Duration
	putAt      time.Duration // its Last-Modified, which changes of tags and ACL leave as it is
	content    []byte        // nil if there is no object
	linkTarget string        // of a symbolic link
	attributes attributes
	acl        string
	tags       tags
	keeps      bool // it is a version with an id of its own, which stays if the object is deleted
}

// expectedCopy is a copy that a rules file asks for, described without the rules package. A nil function means that the
// copy takes over what the source has.
type expectedCopy struct {
	rule       string
	bucket     string
	condition  func(*sourceVersion) bool
	key        func(*sourceVersion) string
	attributes func(attributes) attributes
	tags       func(tags) tags
	acl        func(string) string
	keepsFirst bool // forbid-overwrite: the first copy is never replaced
	anyTags    bool // another copy changes the tags of the source, so any tags are right
	asksEvent  bool // the rule asks for what only an event tells
	follows    bool // delete: the copy is deleted when its source was removed
	// needsVersions: the deletion of the copy, or of the source, is not made if nothing would bring the object back.
	needsVersions bool
}

func (e *expectedCopy) matches(v *sourceVersion) bool {
	return !v.deleted && (e.condition == nil || e.condition(v))
}

func (e *expectedCopy) keyOf(v *sourceVersion) string {
	if e.key == nil {
		return v.key
	}
	return e.key(v)
}

// isInPlace reports whether source and destination of the copy of v are the same object.
func (e *expectedCopy) isInPlace(v *sourceVersion) bool {
	return e.bucket == sourceBucket && e.keyOf(v) == v.key
}

// attributesMatch reports whether s has the attributes that a copy of v must have.
func (e *expectedCopy) attributesMatch(s objectState, v *sourceVersion) bool {
	a := v.attributes
	a.class = "Standard"
	if e.attributes != nil {
		a = e.attributes(a)
	}
	if a.class == "" { // any class is right
		a.class = s.attributes.class
	}
	return s.attributes == a
}

// aclMatches reports whether s has the ACL that a copy of v must have.
func (e *expectedCopy) aclMatches(s objectState, v *sourceVersion) bool {
	acl := "default"
	if e.acl != nil {
		acl = e.acl(v.acl)
	}
	return s.acl == acl
}

// tagsMatch reports whether s has the tags that a copy of v must have. A change of tags raises no event that the
// function copies for, so any tags that v has ever had are right.
func (e *expectedCopy) tagsMatch(s objectState, v *sourceVersion) bool {
	if e.anyTags {
		return true
	}
	if e.isInPlace(v) && slices.ContainsFunc(v.tagHistory[1:], func(t tags) bool { return maps.Equal(t, s.tags) }) {
		return true // the user changed them after the rule did
	}
	return slices.ContainsFunc(v.tagHistory, func(t tags) bool {
		if e.tags != nil {
			t = e.tags(maps.Clone(t))
		}
		return maps.Equal(t, s.tags)
	})
}

// history is all that happened to sources and destinations. The versions of a key are those its source had, one after
// the other; a version that became the newest again is listed again. The states are listed by bucket/key.
type history struct {
	versions map[string][]*sourceVersion
	states   map[string][]objectState
	// withoutEvent are the keys whose current version became the newest again, and of which no event was handled since:
	// the function has no reason to copy them.
	withoutEvent map[string]bool
	// lost are the keys whose current version's event was lost. A sweep has to find them; swept says that one has
	// looked at all of them.
	lost  map[string]bool
	swept bool
	// abandoned are the places to which a scan's copy was still under way when its response was lost, or nobody waited
	// for it any more: the next sweep sets right what such a copy has overwritten, if scans remember anything.
	abandoned map[string]bool
	forgetful bool
	ahead     time.Duration // how far the clock of the destinations is ahead
	removals
}

// current returns the current version of a key, nil if it has none.
func (h *history) current(key string) *sourceVersion {
	all := h.versions[key]
	if len(all) == 0 || all[len(all)-1].deleted {
		return nil
	}
	return all[len(all)-1]
}

// eventHandled records that an event of v begins to be handled. If v was deleted by its version id, its event leads the
// function to the version that is current now.
func (h *history) eventHandled(v *sourceVersion) {
	if now := h.current(v.key); now != nil && v.number >= now.number {
		h.withoutEvent[v.key], h.lost[v.key] = false, false
	}
}

// violations returns what is wrong with the history, after everything has ended.
func (h *history) violations(expected []expectedCopy) (violations []string) {
	for _, place := range slices.Sorted(maps.Keys(h.states)) {
		for i, s := range h.states[place] {
			if why := h.whyImpossible(expected, place, s); why != "" && !h.isUserObject(place) {
				violations = append(violations, fmt.Sprintf("%s at %v: %s", place, s.at, why))
			}
			if i > 0 && h.keepsFirst(expected, place) && (s.content != nil || h.states[place][i-1].content != nil) {
				violations = append(violations,
					fmt.Sprintf("%s at %v: overwritten, although forbid-overwrite is set", place, s.at))
			}
		}
	}
	for _, d := range h.expectedDestinations(expected) {
		if why := h.whyWrong(d); why != "" {
			violations = append(violations, why)
		}
	}
	return append(violations, h.leftCopies(expected)...)
}

// destination is a place, given as bucket/key, and the copies of which any one must be there.
type destination struct {
	place        string
	candidates   []candidate
	withoutEvent bool
}

// leftToSweep reports whether a sweep still has to correct the destination of v, or cannot.
func (h *history) leftToSweep(e *expectedCopy, v *sourceVersion) bool {
	return h.lost[v.key] && (!h.swept || h.hidesLoss(e, v)) || h.isGivenUp(e, v) ||
		h.abandoned[e.bucket+"/"+e.keyOf(v)] && (!h.swept || h.forgetful)
}

type candidate struct {
	*expectedCopy
	*sourceVersion
}

// expectedDestinations returns every place that must have a copy, in order.
func (h *history) expectedDestinations(expected []expectedCopy) (all []destination) {
	at := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(h.versions)) {
		newest := h.current(key)
		for i := range expected {
			e := &expected[i]
			if newest == nil || !e.matches(newest) {
				continue
			}
			place := e.bucket + "/" + e.keyOf(newest)
			if _, known := at[place]; !known {
				at[place] = len(all)
				all = append(all, destination{place: place})
			}
			d := &all[at[place]]
			d.candidates = append(d.candidates, candidate{e, newest})
			d.withoutEvent = d.withoutEvent || h.withoutEvent[key] || h.leftToSweep(e, newest) ||
				h.stillWaits(newest) || h.hidesWait(e, newest)
			d.withoutEvent = d.withoutEvent && !h.moved[key] || h.lostUploads[key] || h.overMoved[key]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(h.versions)) {
		if h.current(key) != nil {
			continue
		}
		for _, v := range h.versions[key] { // deleted: its last copy may remain
			for i := range expected {
				if e := &expected[i]; e.matches(v) {
					if n, known := at[e.bucket+"/"+e.keyOf(v)]; known {
						all[n].candidates = append(all[n].candidates, candidate{e, v})
					}
				}
			}
		}
	}
	return all
}

// whyWrong says why the destination has none of the expected copies, "" if it has one.
func (h *history) whyWrong(d destination) (why string) {
	if d.withoutEvent || h.mayBeAbsent(d) {
		return ""
	}
	for _, c := range d.candidates {
		not := h.whyNotNewest(c.expectedCopy, c.sourceVersion)
		if not == "" {
			return ""
		}
		why = fmt.Sprintf("%s, rule %s: %s; newest is %v", d.place, c.rule, not, c.sourceVersion)
	}
	return why
}

// whyImpossible says why no rule can have made the state from a single version, "" if one can. No condition of OSS
// tells versions of the same content apart, so their attributes may mix until the copy of the newest version corrects
// them.
func (h *history) whyImpossible(expected []expectedCopy, place string, s objectState) string {
	if s.content == nil || s.isForeign() {
		return "" // deletions are judged when they are made
	}
	why := "the content is of no version that a rule copies there: " + excerpt(s.content)
	for i := range expected {
		e := &expected[i]
		for key, all := range h.versions {
			same := slices.DeleteFunc(slices.Clone(all), func(v *sourceVersion) bool {
				return !e.matches(v) || e.bucket+"/"+e.keyOf(v) != place || !v.sameContent(s)
			})
			if len(same) == 0 {
				continue
			}
			some := func(as func(objectState, *sourceVersion) bool) bool {
				return slices.ContainsFunc(same, func(v *sourceVersion) bool { return as(s, v) })
			}
			attributesMatch := some(e.attributesMatch)
			hasLinks := slices.ContainsFunc(all, func(v *sourceVersion) bool { return v.linkTarget != "" })
			if hasLinks && e.follows { // a copy that names its source sets the attributes that it has read
				attributesMatch = slices.ContainsFunc(all, func(v *sourceVersion) bool {
					return !v.deleted && e.attributesMatch(s, v)
				})
			}
			if hasLinks || h.contentReturned(key, s) {
				// ACL and tags may have been read while another content was current. No condition of OSS
				// tells whether a link has replaced an object, or an object a link.
				same = slices.DeleteFunc(slices.Clone(all), func(v *sourceVersion) bool { return v.deleted })
			}
			if attributesMatch && some(e.aclMatches) && some(e.tagsMatch) {
				return ""
			}
			why = fmt.Sprintf("%v does not have the attributes of a copy of %v", s, same[0])
		}
	}
	return why
}

// isUserObject reports whether the user puts objects to the place.
func (h *history) isUserObject(place string) bool {
	key, is := strings.CutPrefix(place, sourceBucket+"/")
	return is && len(h.versions[key]) > 0
}

// contentReturned reports whether the content was put again after another content.
func (h *history) contentReturned(key string, s objectState) bool {
	times, inside := 0, false
	for _, v := range h.versions[key] {
		is := !v.deleted && v.sameContent(s)
		if is && !inside {
			times++
		}
		inside = is
	}
	return times > 1
}

func (h *history) keepsFirst(expected []expectedCopy, place string) bool {
	return slices.ContainsFunc(expected, func(e expectedCopy) bool {
		return e.keepsFirst && strings.HasPrefix(place, e.bucket+"/")
	})
}

// whyNotNewest says why the destination is not the copy of the newest version, "" if it is.
func (h *history) whyNotNewest(e *expectedCopy, newest *sourceVersion) string {
	states := h.states[e.bucket+"/"+e.keyOf(newest)]
	if len(states) == 0 || states[len(states)-1].content == nil {
		return "there is no object"
	}
	last := states[len(states)-1]
	switch {
	case last.isForeign() && last.at > newest.putAt:
		return "" // nobody corrects it
	case e.keepsFirst:
		return "" // the first copy stays, whichever version it is of
	case !newest.sameContent(last):
		return "it has the content of another version: " + last.excerpt()
	case !e.attributesMatch(last, newest) || !e.aclMatches(last, newest) || !e.tagsMatch(last, newest):
		return fmt.Sprintf("it has the attributes of another version: %v", last)
	}
	return ""
}

func (s objectState) String() string {
	return fmt.Sprintf("%s %+v acl=%q %v", s.excerpt(), s.attributes, s.acl, s.tags)
}

func (s objectState) excerpt() string {
	if s.linkTarget != "" {
		return "-> " + s.linkTarget
	}
	return excerpt(s.content)
}

// excerpt returns enough of a content to recognize it.
func excerpt(content []byte) string {
	if content == nil {
		return "no object"
	}
	head, tail := content[:min(16, len(content))], content[max(0, len(content)-16):]
	return fmt.Sprintf("%q…%q %dB", head, tail, len(content))
}
