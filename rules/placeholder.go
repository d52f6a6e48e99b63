package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// templateFiller fills an object's values into the templates of one rule.
type templateFiller struct {
	*query
	rule    *rule
	zone    *time.Location // of ${time.…}
	failed  error          // why no more facts may be asked for
	groups  []string       // what the groups of the rule's regexp matched, once needed
	pending []pendingValue
}

// text fills in a template. A value that takes a request which is not made stays as its
// placeholder, and is added to pending.
func (f *templateFiller) text(field, key string, t *template) (string, error) {
	if len(t.parts) == 1 && t.parts[0].name == "" {
		return t.parts[0].literal, nil
	}
	out := templateText{isKey: field == "key"}
	err := f.fill(&out, field, key, t)
	return out.String(), err
}

// fill writes what a template gives.
func (f *templateFiller) fill(out *templateText, field, key string, t *template) error {
	for i := range t.parts {
		p := &t.parts[i]
		text, err := f.partText(field, key, p)
		switch {
		case err != nil:
			return err
		case text == "" && p.fallback == nil:
			return p.emptyValue()
		case text == "" && len(p.fallback.parts) > 0:
			err = f.fill(out, field, key, p.fallback)
		default:
			err = out.add(text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// partText is the text of a part of a template, "" if its default takes its place.
func (f *templateFiller) partText(field, key string, p *templatePart) (string, error) {
	if p.name == "" {
		return p.literal, nil
	}
	value, request, err := f.value(p)
	switch {
	case errors.Is(err, ErrNotKnown):
		f.addPending(field, key, request)
		return p.text, nil
	case err != nil:
		return "", fmt.Errorf("%s: %s: %w", p.text, request, err)
	}
	return p.escape.of(p.apply(value)), nil
}

// templateText is the text that a template gives, as far as it is written.
type templateText struct {
	strings.Builder
	isKey bool
	gap   bool // the key has an empty value after a slash, or at the start
}

// add adds the text of a part of the template.
func (out *templateText) add(text string) error {
	if out.isKey && text == "" {
		out.gap = out.gap || out.Len() == 0 || strings.HasSuffix(out.String(), "/")
		return nil
	}
	if out.gap && strings.HasPrefix(text, "/") {
		return &emptyValueError{
			what: "an empty value before " + quote(text) + " would make a directory without a name"}
	}
	out.gap = false
	out.WriteString(text)
	return nil
}

// emptyValueError says that a template cannot be filled because a value is empty.
type emptyValueError struct{ what, advice string }

func (e *emptyValueError) Error() string { return e.what + e.advice }

// emptyValue is the error of a placeholder that gives nothing for an object.
func (p *templatePart) emptyValue() error {
	advice := fmt.Sprintf(" for this object: give it a default with ${%s:-…}", p.canonical())
	if p.cut.end != 0 && p.span == (span{}) {
		advice = fmt.Sprintf(" for this object: nothing is left without %s; exclude such objects with except",
			quote(p.cut.text))
	}
	return &emptyValueError{p.text + " is empty", advice}
}

// isFolderMarker reports whether the object has size 0 and a key that ends in a slash, as
// consoles and tools make one to show a folder. An object of which nothing is known is
// taken to be of size 0. The error is that of HeadObject, if it takes that to know.
func (f *templateFiller) isFolderMarker() (bool, error) {
	o := f.object
	switch {
	case !strings.HasSuffix(o.Key, "/"):
		return false, nil
	case f.predicted != nil:
		return f.predicted.below == 1, nil
	case o.Size.Known:
		return o.Size.Value == 0, nil
	}
	head, err := f.head()
	if errors.Is(err, ErrNotKnown) {
		return true, nil
	}
	return head.Size == 0, err
}

// value is the value of a placeholder, "" if there is none. An error comes with the
// request that failed.
func (f *templateFiller) value(p *templatePart) (value, request string, err error) {
	o := f.object
	if o.Event == events.FinishRestore && ofTheUpload[p.name] {
		return "", headObject, ErrNotKnown
	}
	switch p.name {
	case "key":
		return o.Key, "", nil
	case "dir", "base", "stem", "ext", "dir.base":
		return keyset.Part(p.name).Of(o.Key), "", nil
	case "bucket":
		return o.Bucket, "", nil
	case "region":
		if o.Region == RegionNotKnown {
			return "", "the event", ErrNotKnown
		}
		return o.Region, "", nil
	case "hash":
		return hashOf(o.Bucket, o.Key), "", nil
	case "rule":
		return f.rule.name, "", nil
	case "event":
		if f.predicted != nil && f.events&(f.events-1) != 0 { // it raises one of several events
			return "", headObject, ErrNotKnown
		}
		return o.Event, "", nil
	case "time":
		if o.Time.IsZero() {
			return "", "", nil
		}
		return timeValue(o.Time.In(f.zone), p.arg), "", nil
	case "re":
		return f.group(p.arg), "", nil
	case "size":
		if o.Size.Known {
			return strconv.FormatInt(o.Size.Value, 10), "", nil
		}
	case "etag":
		if o.ETag.Known && o.ETag.Value != "" {
			return o.ETag.Value, "", nil
		}
	case "tag":
		if f.predicted != nil {
			return f.predictedValue(f.predicted.tags, p.arg, getObjectTagging)
		}
		tags, err := f.tags()
		return pairValue(tags, p.arg), getObjectTagging, err
	}
	if f.predicted != nil {
		return f.predictedValue(f.predicted.meta, p.arg, headObject)
	}
	head, err := f.head()
	switch p.name {
	case "size":
		value = strconv.FormatInt(head.Size, 10)
	case "etag":
		value = head.ETag
	case "meta":
		value = pairValue(head.Meta, p.arg)
	}
	return value, headObject, err
}

// ofTheUpload are the placeholders with which an upload is meant where the event is [events.FinishRestore].
// HeadObject shows what they are, and then the event is another one: see [events.UploadOf].
var ofTheUpload = map[string]bool{"event": true, "time": true, "size": true, "etag": true}

// timeValue is the value of ${time.…}.
func timeValue(t time.Time, name string) string {
	if name == "weekday" { // of ISO 8601: Monday is 1, Sunday 7
		return strconv.Itoa(int(t.Weekday()+6)%7 + 1)
	}
	return t.Format(timeLayouts[name])
}

// timeLayouts are the forms of the values of ${time.…}.
var timeLayouts = map[string]string{"year": "2006", "month": "01", "day": "02", "hour": "15", "minute": "04",
	"second": "05", "date": "2006-01-02"}

// predictedValue is the value that an object made by one of our copies will have.
func (f *templateFiller) predictedValue(k knownPairs, key, request string) (string, string, error) {
	if v, known := k.lookUp(key); known && key != "" {
		return v, "", nil
	}
	return "", request, ErrNotKnown
}

// head is HeadObject, unless no more facts may be asked for.
func (f *templateFiller) head() (Head, error) {
	if f.failed != nil && f.facts.head == nil {
		return Head{}, f.failed
	}
	return f.facts.Head()
}

// tags is GetObjectTagging, unless no more facts may be asked for.
func (f *templateFiller) tags() ([]Pair, error) {
	if f.failed != nil && !f.facts.tagsGot {
		return nil, f.failed
	}
	return f.facts.Tags()
}

func (f *templateFiller) group(name string) string {
	re := f.rule.match.regexp
	if f.groups == nil {
		f.groups = re.find(f.object.Key)
	}
	return re.group(name, f.groups)
}

func (f *templateFiller) addPending(field, key, request string) {
	f.pending = append(f.pending, pendingValue{field, key, request})
}

func (f *templateFiller) isPending(field string) bool {
	return slices.ContainsFunc(f.pending, func(w pendingValue) bool { return w.field == field })
}

func (f *templateFiller) isPendingFor(field, key string) bool {
	return slices.ContainsFunc(f.pending, func(w pendingValue) bool { return w.field == field && w.key == key })
}
