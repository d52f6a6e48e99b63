package relay

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"afterput/internal/copier"
	"afterput/internal/osscall"
)

const (
	// maxMessage is the longest message, in bytes, that SMQ and EventBridge accept from Function
	// Compute. It contains the request's payload and the function's response, each as a JSON
	// string.
	maxMessage = 64 << 10
	// frame is room for the rest of the message and for the error document around the report.
	frame = 1 << 10
	// leastRoom is the length of the shortest report.
	leastRoom = 2 << 10
	// mostSummary is which part of the room the summary may take: a file may have thousands of rules.
	mostSummary = 8
)

// limit is how long a report may be, in bytes of the message.
type limit struct {
	room int
	wrap int // in how many JSON strings, one within the other, the report is
}

// surelyFits reports whether a payload and a report are so short that they fit into a message however
// they are escaped: a byte becomes at most 6 in a JSON string, and at most 7 in a string within one.
func surelyFits(payload, report []byte) bool {
	const once, twice = 6, 7
	return once*len(payload)+twice*len(report) <= maxMessage-frame
}

// limitOf is the limit of a report beside a payload. If the payload leaves less room than any report
// needs, no destination accepts the message. Then the report, which may be read elsewhere, is as
// long as without a payload.
func limitOf(payload []byte, failed bool) limit {
	l := limit{room: maxMessage - frame, wrap: 1}
	if failed {
		l.wrap = 2 // errorMessage of the error document, which is the answer
	}
	if len(payload) < maxMessage {
		if left := l.room - len(escaped(payload)); left >= leastRoom {
			l.room = left
		}
	}
	return l
}

// weight is how many bytes of the message a piece of a report takes. The weights of pieces add up.
func (l limit) weight(piece []byte) int {
	for range l.wrap {
		piece = escaped(piece)
	}
	return len(piece)
}

// weightOf is the weight of a value, with the comma beside it.
func (l limit) weightOf(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return maxMessage // too long to be kept
	}
	return l.weight(data) + 1
}

// escaped is a text as it is written in a JSON string.
func escaped(text []byte) []byte {
	quoted, _ := json.Marshal(string(text)) // never fails for a text
	return quoted[1 : len(quoted)-1]
}

// detail is how much is kept of each failure.
type detail struct {
	message int  // weight of its message at most
	answer  bool // what OSS answered
}

// details are tried one after the other until the report fits.
var details = []detail{{8 << 10, true}, {512, true}, {0, true}, {0, false}}

// shortened is the report with its failures only; the rest is counted. Of every failed copy it keeps
// the most detailed of details that fits for all of them, at least the rule, the destination and
// the code. If even that does not fit, it names as many failed objects as fit, then as many of
// their copies, and counts the other failures by their code.
func (r *Report) shortened(l limit) *Report {
	var short *Report
	for _, d := range details {
		if short = r.failures(l, d); l.weightOf(short) <= l.room {
			return short
		}
	}
	return short.counted(l)
}

// failures is the report without what did not fail, which it counts, in the given detail.
func (r *Report) failures(l limit, d detail) *Report {
	short := &Report{RequestID: r.RequestID, Rules: r.Rules, RetryCount: r.RetryCount,
		Objects: []ObjectReport{}, Omitted: map[string]int{}}
	if l.weightOf(r.Summary) <= l.room/mostSummary {
		short.Summary = r.Summary
	}
	// There is only one of this for the whole payload, so more of it is kept.
	short.Error = l.shortError(r.Error, detail{max(d.message, 256), d.answer})
	for _, o := range r.Objects {
		switch {
		case o.Ignored != "":
			short.Omitted["ignored"]++
			continue
		case o.Error == nil && len(o.Copies) == 0:
			short.Omitted["unwanted"]++
			continue
		}
		var kept []CopyReport
		for _, c := range o.Copies {
			if c.Outcome.Result != copier.Failed {
				short.Omitted[string(c.Outcome.Result)]++
				continue
			}
			if !d.answer {
				c.Outcome = copier.Outcome{Result: c.Outcome.Result, Method: c.Method, Parts: c.Parts,
					Requests: c.Requests, Bytes: c.Bytes, Seconds: c.Seconds, Error: c.Error}
			}
			c.Error = l.shortError(c.Error, d)
			kept = append(kept, c)
		}
		if o.failed() {
			o.Copies, o.Error = kept, l.shortError(o.Error, d)
			short.Objects = append(short.Objects, o)
		}
	}
	return short
}

// shortError is what is kept of an error.
func (l limit) shortError(e *osscall.Error, d detail) *osscall.Error {
	if e == nil {
		return nil
	}
	kept := *e
	kept.Message = l.clip(e.Message, d.message)
	if !d.answer {
		kept.EC, kept.RequestID = "", ""
	}
	return &kept
}

// clip cuts a text to a weight, without cutting a character.
func (l limit) clip(text string, most int) string {
	switch {
	case most == 0:
		return ""
	case len(text) <= most && l.weight([]byte(text)) <= most:
		return text
	}
	text = strings.ToValidUTF8(text[:min(len(text), most)], "")
	for l.weight([]byte(text))+len("…") > most {
		text = strings.ToValidUTF8(text[:len(text)*3/4], "")
	}
	return text + "…"
}

// counted is the report of failures with as many of them as fit; it counts the others.
func (r *Report) counted(l limit) *Report {
	all := r.Objects
	code := countedCodes(all)
	r.Objects, r.FailedByCode = []ObjectReport{}, map[string]int{}
	r.Omitted["objects"] = len(all)
	for i := range all { // the longest that FailedByCode can be, to keep room for it
		all[i].count(r.FailedByCode, code)
	}
	room := l.room - l.weightOf(r)
	clear(r.FailedByCode)

	var named []ObjectReport // the objects of r.Objects, with all their failures
	for _, o := range all {
		folded := ObjectReport{Event: o.Event, Bucket: o.Bucket, Key: o.Key, FailedByCode: map[string]int{}}
		o.count(folded.FailedByCode, code)
		if w := l.weightOf(folded); w <= room {
			room -= w
			r.Objects, named = append(r.Objects, folded), append(named, o)
		} else {
			o.count(r.FailedByCode, code)
		}
	}
	if r.Omitted["objects"] -= len(named); r.Omitted["objects"] == 0 {
		delete(r.Omitted, "objects")
	}
	for i := range named {
		room = r.Objects[i].unfold(named[i], code, l, room)
	}
	return r
}

// unfold puts back the failures of an object that fit into the room, and gives the room that is left.
func (o *ObjectReport) unfold(whole ObjectReport, code func(*osscall.Error) string, l limit, room int) int {
	listed := func(e *osscall.Error) {
		if o.FailedByCode[code(e)]--; o.FailedByCode[code(e)] == 0 {
			delete(o.FailedByCode, code(e))
		}
	}
	if whole.Error != nil {
		if w := l.weightOf(map[string]any{"error": whole.Error}); w <= room {
			room -= w
			o.Error = whole.Error
			listed(whole.Error)
		}
	}
	for _, c := range whole.Copies {
		w := l.weightOf(c)
		if o.Copies == nil {
			w += l.weightOf(map[string]any{"copies": []string{}})
		}
		if w <= room {
			room -= w
			o.Copies = append(o.Copies, c)
			listed(c.Error)
		}
	}
	return room
}

// count adds the object's failures to counts by code.
func (o *ObjectReport) count(counts map[string]int, code func(*osscall.Error) string) {
	if o.Error != nil {
		counts[code(o.Error)]++
	}
	for i := range o.Copies {
		if o.Copies[i].Outcome.Result == copier.Failed {
			counts[code(o.Copies[i].Error)]++
		}
	}
}

// countedCodes returns a function that gives the name under which a failure is counted: its code if
// that is one of the most frequent and looks like a code of OSS's, or else other.
func countedCodes(objects []ObjectReport) func(*osscall.Error) string {
	const most, longest, other = 6, 40, "other"
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }
	plain := func(e *osscall.Error) string {
		if e == nil || e.Code == "" || len(e.Code) > longest || strings.ContainsFunc(e.Code, odd) {
			return other
		}
		return e.Code
	}
	counts := map[string]int{}
	for i := range objects {
		objects[i].count(counts, plain)
	}
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	codes = codes[:min(len(codes), most)]
	return func(e *osscall.Error) string {
		if c := plain(e); slices.Contains(codes, c) {
			return c
		}
		return other
	}
}
