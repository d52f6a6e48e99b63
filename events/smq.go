package events

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// maxEnvelopes bounds the messages that may contain one another. Two occur in practice:
// a queue that is subscribed to a topic receives the message in the topic's envelope.
const maxEnvelopes = 3

// The fields that contain the body of an SMQ message.
// Source: FC user guide, MNS topic triggers, event formats JSON and STREAM;
// EventBridge, event source MNS.
const (
	topicBody  = "Message"     // topic, event format JSON
	streamBody = "body"        // topic, event format STREAM, if the message has attributes
	queueBody  = "messageBody" // queue, in the data of a CloudEvent
)

// message reads the body of an SMQ message: the notification that OSS sent, in Base64
// (which is what OSS sends) or not. No setting is needed to distinguish them: an object
// in JSON begins with {, which is not a character of Base64.
func (p *parser) message(body gjson.Result, place string, envelopes int) {
	switch {
	case envelopes >= maxEnvelopes:
		p.refuse(place, "is nested too deeply: a message in a message in a message")
	case body.IsObject():
		p.document(body, place, envelopes+1)
	case body.Type != gjson.String:
		p.refuse(place, "is "+kind(body))
	default:
		inner, found := decodeObject(body.Str)
		if found != "" {
			p.refuse(place, found)
			return
		}
		p.document(inner, place, envelopes+1)
	}
}

// messageOf returns the body of an SMQ message and the field that contains it, which
// only such a message has; field is "" if v is not an SMQ message.
func messageOf(v gjson.Result) (body gjson.Result, field string) {
	for _, field := range []string{topicBody, queueBody, streamBody} {
		if body := v.Get(field); body.Exists() {
			return body, field
		}
	}
	return gjson.Result{}, ""
}

// decodeObject returns the JSON object that a text contains, in Base64 or not. Base64
// may have white space anywhere: many tools wrap it at 76 columns. If there is no
// object, found says what the text is instead.
func decodeObject(text string) (v gjson.Result, found string) {
	if v, ok := parseObject(text); ok {
		return v, ""
	}
	unpadded := strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	plain, err := base64.RawStdEncoding.DecodeString(unpadded)
	if err != nil || len(plain) == 0 || !utf8.Valid(plain) {
		return v, "is the text " + excerpt(text) + ", neither JSON nor JSON in Base64"
	}
	v, ok := parseObject(string(plain))
	if !ok {
		return v, "is the Base64 of " + excerpt(string(plain)) + ", which is not a JSON object"
	}
	return v, ""
}

// parseObject returns the JSON object that a text is.
func parseObject(text string) (gjson.Result, bool) {
	if !valid(text) {
		return gjson.Result{}, false
	}
	v := gjson.Parse(text)
	return v, v.IsObject()
}
