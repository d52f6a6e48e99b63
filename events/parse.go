package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// expected closes every refusal of a payload, so that whoever wired the wrong
// trigger to the function sees what would have been right.
const expected = `expected an OSS event: {"events":[…]} from an OSS trigger, one CloudEvent or an array of them from EventBridge, or an SMQ message that holds the like, Base64 or not`

// deepest is the text's size in bytes up to which gjson's recursive validation cannot
// exhaust the stack, whatever the payload holds. Larger ones are checked by
// encoding/json first, which refuses nesting deeper than 10,000.
const deepest = 256 << 10

// Parse reads a payload as Function Compute delivers it:
//
//   - from the native OSS trigger: {"events":[…]};
//   - from EventBridge: one CloudEvent or an array of them, as objects or as JSON
//     strings, or the bare records of event schema RawData;
//   - from an SMQ topic, event format JSON ({"Message":…}) or STREAM (the bare
//     message, or {"body":…} where it has attributes), and from an SMQ queue
//     through EventBridge (a CloudEvent whose data holds messageBody), or arrays
//     of these. The message is the notification that OSS sent, Base64 or not.
//
// It gives one Object for every record, in the payload's order, those that make
// no whole object with [Object.Ignored] set.
//
// The error says what was found and what was expected; it joins the errors of
// every record that could not be read. The objects of the other records are
// returned beside it, so that one bad record does not hold up the rest. Parse
// never returns neither: a payload without any record is an error.
func Parse(payload []byte) ([]Object, error) {
	doc := strings.TrimSpace(string(payload))
	if doc == "" {
		return nil, fmt.Errorf("the payload is empty; %s", expected)
	}
	var p parser
	if valid(doc) {
		p.document(gjson.Parse(doc), "", 0)
	} else if body, found := decoded(doc); found == "" {
		p.document(body, "body", 1)
	} else {
		return nil, fmt.Errorf("the payload is not JSON and not the Base64 of it, it begins with %s; %s", excerpt(doc), expected)
	}
	if len(p.objects) == 0 && len(p.errs) == 0 {
		p.refuse("", "holds no event")
	}
	return p.objects, errors.Join(p.errs...)
}

// valid reports whether a text of any size and nesting is JSON.
func valid(doc string) bool {
	return (len(doc) <= deepest || json.Valid([]byte(doc))) && gjson.Valid(doc)
}

// parser gathers what the records of one payload give.
type parser struct {
	objects []Object
	errs    []error
}

// document reads a payload's root, one element of its array, or the body of a
// message that so many envelopes hold.
func (p *parser) document(v gjson.Result, place string, envelopes int) {
	switch {
	case v.IsArray() && place == "":
		p.batch(v)
	case v.Type == gjson.String:
		p.message(v, place, envelopes)
	case !v.IsObject():
		p.refuse(place, "is "+kind(v))
	case v.Get("events").Exists():
		p.native(v.Get("events"), place)
	case v.Get("specversion").Exists(), v.Get("data").Exists():
		p.cloudEvent(v, place, envelopes)
	case v.Get("oss").Exists():
		p.record(v, place, "")
	default:
		body, field := messageOf(v)
		if field == "" {
			p.refuse(place, "has the fields "+fields(v))
			return
		}
		p.message(body, under(place, field), envelopes)
	}
}

// under names a field of what stands at place.
func under(place, field string) string {
	if place == "" {
		return field
	}
	return place + "." + field
}

// refuse records that what stands at place is no OSS event.
func (p *parser) refuse(place, found string) {
	subject := "the payload"
	if place != "" {
		subject = place
	}
	p.errs = append(p.errs, fmt.Errorf("%s %s; %s", subject, found, expected))
}

// kind names a JSON value's type for an error.
func kind(v gjson.Result) string {
	switch {
	case v.IsArray():
		return "an array"
	case v.IsObject():
		return "an object"
	case v.Type == gjson.String:
		return "the text " + excerpt(v.Str)
	case v.Type == gjson.Number:
		return "the number " + excerpt(v.Raw)
	default:
		return v.Raw // true, false, null
	}
}

// fields lists the first names of an object's fields for an error.
func fields(v gjson.Result) string {
	const most = 8
	var names []string
	v.ForEach(func(k, _ gjson.Result) bool {
		if len(names) == most {
			names = append(names, "…")
			return false
		}
		names = append(names, excerpt(k.Str))
		return true
	})
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// excerpt quotes the beginning of a text that may be long or hostile.
func excerpt(s string) string {
	const most = 40
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", strings.ToValidUTF8(s[:most], ""))
}
