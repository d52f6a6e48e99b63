package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"afterput/rules/internal/keyset"
)

// templateFiller fills an object's values into the templates of one rule.
type templateFiller struct {
	*query
	rule    *rule
	failed  error    // why no more facts may be asked for
	groups  []string // what the groups of the rule's regexp matched, once needed
	pending []pendingValue
}

// text fills in a template. A value that takes a request which is not made stays as its
// placeholder, and is added to pending.
func (f *templateFiller) text(field, key string, t *template) (string, error) {
	if len(t.parts) == 1 && t.parts[0].name == "" {
		return t.parts[0].literal, nil
	}
	var out strings.Builder
	gap := false // the key has an empty value after a slash, or at the start
	for i := range t.parts {
		p := &t.parts[i]
		text := p.literal
		if p.name != "" {
			value, request, err := f.value(p)
			switch {
			case errors.Is(err, ErrNotKnown):
				f.addPending(field, key, request)
				text = p.text
			case err != nil:
				return "", fmt.Errorf("%s: %s: %w", p.text, request, err)
			default:
				text = p.apply(value)
			}
			if text == "" && p.form != formDefault {
				return "", p.emptyValue()
			}
		}
		if field == "key" && text == "" {
			gap = gap || out.Len() == 0 || strings.HasSuffix(out.String(), "/")
			continue
		}
		if gap && strings.HasPrefix(text, "/") {
			return "", &emptyValueError{
				what: "an empty value before " + quote(text) + " would make a directory without a name"}
		}
		gap = false
		out.WriteString(text)
	}
	return out.String(), nil
}

// emptyValueError says that a template cannot be filled because a value is empty.
type emptyValueError struct{ what, advice string }

func (e *emptyValueError) Error() string { return e.what + e.advice }

// emptyValue is the error of a placeholder that gives nothing for an object.
func (p *templatePart) emptyValue() error {
	advice := fmt.Sprintf(" for this object: give it a default with ${%s:-…}", p.fullName())
	if p.form == formPrefix || p.form == formSuffix {
		advice = fmt.Sprintf(" for this object: nothing is left without %s; exclude such objects with except",
			quote(p.operand))
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
	switch p.name {
	case "key":
		return o.Key, "", nil
	case "dir", "base", "stem", "ext":
		return keyset.Part(p.name).Of(o.Key), "", nil
	case "bucket":
		return o.Bucket, "", nil
	case "region":
		return o.Region, "", nil
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
		return o.Time.UTC().Format(map[string]string{
			"year": "2006", "month": "01", "day": "02", "hour": "15", "date": "2006-01-02"}[p.arg]), "", nil
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
		f.groups = re.FindStringSubmatch(f.object.Key)
	}
	if i := re.SubexpIndex(name); i >= 0 && i < len(f.groups) {
		return f.groups[i]
	}
	return ""
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
