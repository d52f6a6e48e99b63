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

// upload is one version of a source object, as its uploader knows it.
type upload struct {
	n       int // the how-manieth of all
	key     string
	at      time.Duration
	content []byte
	look    look
	acl     string // "" is the bucket's
	tags    []tags // all it ever had, the newest last
	target  string // of a symbolic link, which has no content of its own
	deleted bool   // no upload but a removal
}

// is reports whether s shows the content of u.
func (u *upload) is(s view) bool {
	return s.content != nil && bytes.Equal(u.content, s.content) && u.target == s.target
}

// look is what is stored with a content and never changes with it.
type look struct {
	contentType, cacheControl string
	color                     string // the value of the one x-oss-meta- header
	class                     string
}

type tags map[string]string

// etag is the one OSS gives to what PutObject stores.
func (u *upload) etag() string { return fmt.Sprintf("%X", md5.Sum(u.content)) }

func (u *upload) String() string {
	if u.deleted {
		return fmt.Sprintf("#%d none", u.n)
	}
	if u.target != "" {
		return fmt.Sprintf("#%d -> %s %+v acl=%q %v", u.n, u.target, u.look, u.acl, u.tags)
	}
	return fmt.Sprintf("#%d %s %dB %+v acl=%q %v", u.n, u.etag()[:6], len(u.content), u.look, u.acl, u.tags)
}

// view is what a key shows at one moment.
type view struct {
	at      time.Duration
	content []byte // nil is none
	target  string // of a symbolic link
	look    look
	acl     string
	tags    tags
}

// want is one copy that a rules file asks for, in the oracle's own words. A nil
// function leaves what the source has.
type want struct {
	rule   string
	bucket string
	wants  func(*upload) bool
	key    func(*upload) string
	look   func(look) look
	tags   func(tags) tags
	acl    func(string) string
	once   bool // forbid-overwrite: the first stays
	loose  bool // the rules change the source's tags meanwhile: any may be carried over
}

func (w *want) selects(u *upload) bool { return !u.deleted && (w.wants == nil || w.wants(u)) }

func (w *want) at(u *upload) string {
	if w.key == nil {
		return u.key
	}
	return w.key(u)
}

// isSource reports whether the copy of u is u itself.
func (w *want) isSource(u *upload) bool { return w.bucket == source && w.at(u) == u.key }

// shows reports whether s looks as a copy of u is to look.
func (w *want) shows(s view, u *upload) bool {
	l := u.look
	l.class = "Standard"
	if w.look != nil {
		l = w.look(l)
	}
	if l.class == "" { // whatever the user makes it
		l.class = s.look.class
	}
	return s.look == l
}

// opens reports whether s has the ACL that a copy of u is to have.
func (w *want) opens(s view, u *upload) bool {
	acl := "default"
	if w.acl != nil {
		acl = w.acl(u.acl)
	}
	return s.acl == acl
}

// tagged reports whether s has the tags that a copy of u is to have. A change of
// tags raises no event that is copied, so any that it ever had will do.
func (w *want) tagged(s view, u *upload) bool {
	if w.loose {
		return true
	}
	if w.isSource(u) && slices.ContainsFunc(u.tags[1:], func(t tags) bool { return maps.Equal(t, s.tags) }) {
		return true // by the user, when the rule was done
	}
	return slices.ContainsFunc(u.tags, func(t tags) bool {
		if w.tags != nil {
			t = w.tags(maps.Clone(t))
		}
		return maps.Equal(t, s.tags)
	})
}

// history is all that anybody may know: by key, what its source showed, one after
// the other, and states by bucket/key. An upload that became current again stands
// in it again.
type history struct {
	uploads map[string][]*upload
	states  map[string][]view
	// silent are the keys that show an upload again of which no event was handled
	// since: nobody has reason to copy it.
	silent map[string]bool
}

// now is what a key's source shows, nil for nothing.
func (h *history) now(key string) *upload {
	all := h.uploads[key]
	if len(all) == 0 || all[len(all)-1].deleted {
		return nil
	}
	return all[len(all)-1]
}

// handles is when an event of u begins to be handled. One of an upload that was
// deleted by its id leads to what is current now.
func (h *history) handles(u *upload) {
	if now := h.now(u.key); now != nil && u.n >= now.n {
		h.silent[u.key] = false
	}
}

// judge says what is wrong with the history, now that all is quiet.
func (h *history) judge(wants []want) (wrong []string) {
	for _, place := range slices.Sorted(maps.Keys(h.states)) {
		for i, s := range h.states[place] {
			if why := h.impossible(wants, place, s); why != "" && !h.isSource(place) {
				wrong = append(wrong, fmt.Sprintf("%s at %v: %s", place, s.at, why))
			}
			if i > 0 && h.isOnce(wants, place) && (s.content != nil || h.states[place][i-1].content != nil) {
				wrong = append(wrong, fmt.Sprintf("%s at %v: overwritten, although it was to stay as it first was", place, s.at))
			}
		}
	}
	for _, place := range h.due(wants) {
		if why := h.notRight(place); why != "" {
			wrong = append(wrong, why)
		}
	}
	return wrong
}

// due is a place, and whose copies are due there: any will do.
type due struct {
	place  string
	copies []dueCopy
	silent bool
}

type dueCopy struct {
	*want
	*upload
}

// due gives every place where a copy is to stand, in order.
func (h *history) due(wants []want) (all []due) {
	at := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(h.uploads)) {
		newest := h.now(key)
		for i := range wants {
			w := &wants[i]
			if newest == nil || !w.selects(newest) {
				continue
			}
			place := w.bucket + "/" + w.at(newest)
			if _, known := at[place]; !known {
				at[place] = len(all)
				all = append(all, due{place: place})
			}
			d := &all[at[place]]
			d.copies = append(d.copies, dueCopy{w, newest})
			d.silent = d.silent || h.silent[key]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(h.uploads)) {
		if h.now(key) != nil {
			continue
		}
		for _, u := range h.uploads[key] { // gone: what was copied of it last may stand
			for i := range wants {
				if w := &wants[i]; w.selects(u) {
					if n, known := at[w.bucket+"/"+w.at(u)]; known {
						all[n].copies = append(all[n].copies, dueCopy{w, u})
					}
				}
			}
		}
	}
	return all
}

// notRight says why none of what is due stands at the place.
func (h *history) notRight(d due) (why string) {
	if d.silent {
		return ""
	}
	for _, c := range d.copies {
		not := h.notNewest(c.want, c.upload)
		if not == "" {
			return ""
		}
		why = fmt.Sprintf("%s, rule %s: %s; newest is %v", d.place, c.rule, not, c.upload)
	}
	return why
}

// impossible says why no rule can have made the state out of one version. Two
// versions of one content cannot be told apart by any condition OSS knows, so
// that their attributes may mix until the newest's copy ends that.
func (h *history) impossible(wants []want, place string, s view) string {
	if s.content == nil {
		return "" // removed: nobody does, but it would be no mixture
	}
	why := "the content is of no version that a rule sends there: " + sample(s.content)
	for i := range wants {
		w := &wants[i]
		for key, all := range h.uploads {
			same := slices.DeleteFunc(slices.Clone(all), func(u *upload) bool {
				return !w.selects(u) || w.bucket+"/"+w.at(u) != place || !u.is(s)
			})
			if len(same) == 0 {
				continue
			}
			any := func(as func(view, *upload) bool) bool {
				return slices.ContainsFunc(same, func(u *upload) bool { return as(s, u) })
			}
			looks := any(w.shows)
			if h.returns(key, s) || slices.ContainsFunc(all, func(u *upload) bool { return u.target != "" }) {
				// ACL and tags may have been read while another content stood between,
				// and what takes the place of a link, or a link's, is met by no condition.
				same = slices.DeleteFunc(slices.Clone(all), func(u *upload) bool { return u.deleted })
			}
			if looks && any(w.opens) && any(w.tagged) {
				return ""
			}
			why = fmt.Sprintf("%v is not how a copy of %v looks", s, same[0])
		}
	}
	return why
}

// isSource reports whether the place is one that the user puts objects into.
func (h *history) isSource(place string) bool {
	key, is := strings.CutPrefix(place, source+"/")
	return is && len(h.uploads[key]) > 0
}

// returns reports whether the content was put again after another.
func (h *history) returns(key string, s view) bool {
	runs, inside := 0, false
	for _, u := range h.uploads[key] {
		is := !u.deleted && u.is(s)
		if is && !inside {
			runs++
		}
		inside = is
	}
	return runs > 1
}

func (h *history) isOnce(wants []want, place string) bool {
	return slices.ContainsFunc(wants, func(w want) bool {
		return w.once && strings.HasPrefix(place, w.bucket+"/")
	})
}

// notNewest says why the destination is not the newest version's copy.
func (h *history) notNewest(w *want, newest *upload) string {
	states := h.states[w.bucket+"/"+w.at(newest)]
	if len(states) == 0 || states[len(states)-1].content == nil {
		return "nothing is there"
	}
	last := states[len(states)-1]
	switch {
	case w.once:
		return "" // whichever was first
	case !newest.is(last):
		return "another version stands there: " + last.sample()
	case !w.shows(last, newest) || !w.opens(last, newest) || !w.tagged(last, newest):
		return fmt.Sprintf("the attributes of another version stand there: %v", last)
	}
	return ""
}

func (s view) String() string {
	return fmt.Sprintf("%s %+v acl=%q %v", s.sample(), s.look, s.acl, s.tags)
}

func (s view) sample() string {
	if s.target != "" {
		return "-> " + s.target
	}
	return sample(s.content)
}

// sample shows enough of a content to know it by.
func sample(content []byte) string {
	if content == nil {
		return "nothing"
	}
	head, tail := content[:min(16, len(content))], content[max(0, len(content)-16):]
	return fmt.Sprintf("%q…%q %dB", head, tail, len(content))
}
