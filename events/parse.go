package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// expected ends every error about a payload, for users who connected the wrong trigger
// to the function.
const expected = `expected an OSS event: {"events":[…]} from an OSS trigger, one CloudEvent or an array of ` +
	`them from EventBridge, or an SMQ message that contains one of these, in Base64 or not`

// maxRecursive is the size in bytes up to which gjson's recursive validation cannot
// exhaust the stack, whatever the payload contains. Larger payloads are checked by
// encoding/json first, which rejects nesting deeper than 10,000.
const maxRecursive = 256 << 10

// Parse reads a payload in any of the forms in which Function Compute delivers one:
//
//   - OSS trigger: {"events":[…]}.
//   - EventBridge: one CloudEvent or an array of them, as JSON objects or as strings
//     that contain JSON; or, with event schema RawData, the records without envelope.
//   - SMQ topic: {"Message":…} in event format JSON; in event format STREAM the message
//     alone, or {"body":…} if it has attributes. The message is the notification that
//     OSS sent, in Base64 or not.
//   - SMQ queue through EventBridge: a CloudEvent with the message in data.messageBody,
//     or an array of them.
//
// It returns one Object for every record, in the order of the payload. Records that do
// not create a whole object are included, with [Object.Ignored] set.
//
// If records cannot be read, the error joins one error for each, saying what was found
// and what was expected; the objects of the other records are returned all the same.
// Parse always returns an object or an error: a payload without any record is an error.
func Parse(payload []byte) ([]Object, error) {
	doc := strings.TrimSpace(string(payload))
	if doc == "" {
		return nil, fmt.Errorf("the payload is empty; %s", expected)
	}
	var p parser
	if valid(doc) {
		p.document(gjson.Parse(doc), "", 0)
	} else if body, found := decodeObject(doc); found == "" {
		p.document(body, "body", 1)
	} else {
		return nil, fmt.Errorf("the payload is neither JSON nor JSON in Base64: it begins with %s; %s",
			excerpt(doc), expected)
	}
	if len(p.objects) == 0 && len(p.errs) == 0 {
		p.refuse("", "contains no event")
	}
	return p.objects, errors.Join(p.errs...)
}

// valid reports whether a text of any size and nesting is JSON.
func valid(doc string) bool {
	return (len(doc) <= maxRecursive || json.Valid([]byte(doc))) && gjson.Valid(doc)
}

// parser collects the objects and errors of one payload. In its methods, place is the
// path of a value within the payload, for errors; "" is the payload itself.
type parser struct {
	objects []Object
	errs    []error
}

// document reads a whole payload, one element of an array, or the body of a message.
// envelopes is the number of messages that it was contained in.
func (p *parser) document(v gjson.Result, place string, envelopes int) {
	switch {
	case v.IsArray() && place == "":
		p.batch(v)
	case v.Type == gjson.String:
		p.message(v, place, envelopes)
	case !v.IsObject():
		p.refuse(place, "is "+kind(v))
	default:
		p.object(v, place, envelopes)
	}
}

// object reads a whole payload, one element of an array, or the body of a message that is a JSON object.
func (p *parser) object(v gjson.Result, place string, envelopes int) {
	if events := v.Get("events"); events.Exists() { // first, and looked up once: most payloads have it
		p.native(events, place)
		return
	}
	switch {
	case v.Get("specversion").Exists(), v.Get("data").Exists():
		p.cloudEvent(v, place, envelopes)
	case v.Get("oss").Exists():
		p.record(v, place, "")
	default:
		body, field := messageOf(v)
		if field == "" {
			p.refuse(place, "has "+fields(v))
			return
		}
		p.message(body, fieldOf(place, field), envelopes)
	}
}

// fieldOf returns the place of a field of the value at place.
func fieldOf(place, field string) string {
	if place == "" {
		return field
	}
	return place + "." + field
}

// refuse adds an error: the value at place is not an OSS event.
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

// fields lists the first fields of an object for an error.
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
		return "no fields"
	}
	return "the fields " + strings.Join(names, ", ")
}

// excerpt quotes the beginning of a text that may be long or not valid UTF-8.
func excerpt(s string) string {
	const most = 40
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", strings.ToValidUTF8(s[:most], ""))
}
