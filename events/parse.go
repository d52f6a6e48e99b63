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
const expected = `expected an OSS event: {"events":[…]} from an OSS trigger, or one CloudEvent or an array of them from EventBridge`

// deepest is the text's size in bytes up to which gjson's recursive validation cannot
// exhaust the stack, whatever the payload holds. Larger ones are checked by
// encoding/json first, which refuses nesting deeper than 10,000.
const deepest = 256 << 10

// Parse reads a payload as Function Compute delivers it, from the native OSS
// trigger ({"events":[…]}) or from EventBridge (one CloudEvent, an array of
// them, as objects or as JSON strings, or the bare records of event schema
// RawData). It gives one Object for every record, in the payload's order, those
// that make no whole object with [Object.Ignored] set.
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
	if !valid(doc) {
		return nil, fmt.Errorf("the payload is not JSON, it begins with %s; %s", excerpt(doc), expected)
	}
	var p parser
	p.document(gjson.Parse(doc), "")
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

// document reads a payload's root, or one element of its array.
func (p *parser) document(v gjson.Result, place string) {
	switch {
	case v.IsArray() && place == "":
		p.batch(v)
	case !v.IsObject():
		p.refuse(place, "is "+kind(v))
	case v.Get("events").Exists():
		p.native(v.Get("events"), place)
	case v.Get("specversion").Exists(), v.Get("data").Exists():
		p.cloudEvent(v, place)
	case v.Get("oss").Exists():
		p.record(v, place, "")
	default:
		p.refuse(place, "has the fields "+fields(v))
	}
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
