package events

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// mostEnvelopes bounds how many messages may hold one another. Real ones are
// two: a queue that is subscribed to a topic holds the topic's envelope.
const mostEnvelopes = 3

// The fields in which an SMQ message carries its body.
// Source: FC user guide, MNS topic triggers, event formats JSON and STREAM;
// EventBridge, event source MNS.
const (
	topicBody  = "Message"     // of a topic, JSON
	streamBody = "body"        // of a topic, STREAM, with attributes; without, the payload is the body
	queueBody  = "messageBody" // of a queue, in the data of a CloudEvent
)

// message reads the body of an SMQ message: the notification that OSS sent to
// the topic, as it is or in Base64, which is how OSS sends it. Which of them is
// found out, not configured: no JSON is Base64 at the same time.
func (p *parser) message(body gjson.Result, place string, envelopes int) {
	switch {
	case envelopes >= mostEnvelopes:
		p.refuse(place, "is a message within a message within a message")
	case body.IsObject():
		p.document(body, place, envelopes+1)
	case body.Type != gjson.String:
		p.refuse(place, "is "+kind(body))
	default:
		inner, found := decoded(body.Str)
		if found != "" {
			p.refuse(place, found)
			return
		}
		p.document(inner, place, envelopes+1)
	}
}

// messageOf finds the body of an SMQ message that an object is, by the field
// that only such a message has.
func messageOf(v gjson.Result) (body gjson.Result, field string) {
	for _, field := range []string{topicBody, queueBody, streamBody} {
		if body := v.Get(field); body.Exists() {
			return body, field
		}
	}
	return gjson.Result{}, ""
}

// decoded gives the JSON object that a text is, or is the Base64 of; found says
// what it is instead.
func decoded(text string) (v gjson.Result, found string) {
	if v, ok := objectIn(text); ok {
		return v, ""
	}
	unpadded := strings.TrimRight(strings.TrimSpace(text), "=")
	plain, err := base64.RawStdEncoding.DecodeString(unpadded)
	if err != nil || len(plain) == 0 || !utf8.Valid(plain) {
		return v, "is the text " + excerpt(text) + ", neither JSON nor the Base64 of it"
	}
	v, ok := objectIn(string(plain))
	if !ok {
		return v, "is the Base64 of " + excerpt(string(plain)) + ", which is no JSON object"
	}
	return v, ""
}

func objectIn(text string) (gjson.Result, bool) {
	if !valid(text) {
		return gjson.Result{}, false
	}
	v := gjson.Parse(text)
	return v, v.IsObject()
}
