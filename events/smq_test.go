package events

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// notified is the object in the samples of SMQ messages.
var notified = Object{
	Event: "ObjectCreated:PutObject", Region: "cn-hangzhou", Bucket: "testbucket", Key: "image/报告 a+b%20.jpg",
	Size: Some[int64](29203), ETag: Some("7D73E1052AF595535DE90994F4C3E6D5"), ContentType: Some("image/jpeg"),
	Time:      time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
	Principal: "1581224182******", SourceIP: "106.23.**.**", RequestID: "62A2E2EFD0DEFE3930847A6E",
}

func TestSMQMessagesGiveTheObjectsInTheirBodies(t *testing.T) {
	second := notified
	second.Key, second.RequestID = "image/b.jpg", "62A2E2EFD0DEFE3930847A6F"
	second.Size, second.ETag = Some[int64](7), Some("9A0E7CB757B7FC8DB86AFBE3D674223C")
	for file, want := range map[string][]Object{
		"smq-topic-json.json":         {notified},
		"smq-topic-stream.txt":        {notified},
		"smq-topic-stream-attrs.json": {notified},
		"smq-queue-eventbridge.json":  {notified, second},
	} {
		t.Run(file, func(t *testing.T) {
			got, err := Parse(sample(t, file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAMessageIsReadInEveryEnvelopeWithItsBodyInBase64OrNot(t *testing.T) {
	notification := string(native(`{"key":"k"}`))
	want := Object{Event: "ObjectCreated:PutObject", Bucket: "b", Key: "k"}
	encode := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	topic := func(body string) string { return encode(map[string]any{"TopicName": "t", "Message": body}) }
	queue := func(body any) string {
		return encode(map[string]any{"specversion": "1.0", "type": "mns:Queue:SendMessage",
			"data": map[string]any{"messageBody": body}})
	}
	cloud := `{"specversion":"1.0","type":"oss:ObjectCreated:PutObject",` +
		`"data":{"oss":{"bucket":{"name":"b"},"object":{"key":"k"}}}}`
	base64s := map[string]string{
		"as it is":             notification,
		"Base64":               base64.StdEncoding.EncodeToString([]byte(notification)),
		"Base64 in lines":      wrap(base64.StdEncoding.EncodeToString([]byte(notification)), "\r\n"),
		"Base64, indented":     wrap(base64.StdEncoding.EncodeToString([]byte(notification)), "\n \t"),
		"Base64, no padding":   base64.RawStdEncoding.EncodeToString([]byte(notification)),
		"Base64 of a rule's":   base64.StdEncoding.EncodeToString([]byte(cloud)),
		"within another topic": topic(base64.StdEncoding.EncodeToString([]byte(notification))),
	}
	for form, body := range base64s {
		for envelope, payload := range map[string]string{
			"topic, JSON":                   topic(body),
			"topic, STREAM":                 body,
			"topic, STREAM with attributes": encode(map[string]any{"body": body, "attrs": map[string]string{"a": "b"}}),
			"queue":                         queue(body),
			"queues":                        "[" + queue(body) + "]",
			"queues as text":                encode([]string{queue(body)}),
			"queue, data as text": encode(map[string]any{"specversion": "1.0",
				"data": encode(map[string]any{"messageBody": body})}),
			"queue, raw data": encode([]any{map[string]any{"messageId": "1", "messageBody": body}}),
			"bodies":          encode([]string{body}),
			"a body as text":  encode(body),
		} {
			got, err := Parse([]byte(payload))
			if diff := cmp.Diff([]Object{want}, got); err != nil || diff != "" {
				t.Errorf("%s, body %s: error %v, objects (-want +got):\n%s", envelope, form, err, diff)
			}
		}
	}
	got, err := Parse([]byte(queue(json.RawMessage(notification))))
	if err != nil || len(got) != 1 || got[0].Key != "k" {
		t.Errorf("queue, body an object: %v, %v", got, err)
	}
}

// wrap breaks a text after every 76 bytes.
func wrap(text, lineBreak string) string {
	var lines []string
	for line := range slices.Chunk([]byte(text), 76) {
		lines = append(lines, string(line))
	}
	return strings.Join(lines, lineBreak)
}
