package events

import (
	"strings"
	"testing"
)

func TestErrorsSayWhatWasFoundAndWhatWasExpected(t *testing.T) {
	for _, c := range []struct{ payload, found string }{
		{"", "the payload is empty"},
		{" \n", "the payload is empty"},
		{"hello topic", `the payload is neither JSON nor JSON in Base64: it begins with "hello topic"`},
		{`{"events":[`, `the payload is neither JSON nor JSON in Base64: it begins with "{\"events\":["`},
		{`{"a":1}{"b":2}`, "the payload is neither JSON"},
		{`7`, "the payload is the number"},
		{`null`, "the payload is null"},
		{`"text"`, `the payload is the text "text"`},
		{`[]`, "the payload contains no event"},
		{`{}`, "the payload has no fields"},
		{`{"events":[]}`, "the payload contains no event"},
		{`{"events":{}}`, "events is an object"},
		{`{"events":[7]}`, "events[0] is the number"},
		{`{"events":[{}]}`, "events[0] lacks eventName and oss.bucket.name and oss.object.key"},
		{`{"events":[{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":""},"object":{"key":"k"}}}]}`,
			"events[0] lacks oss.bucket.name"},
		{`{"events":[{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"b"},"object":{"key":5}}}]}`,
			"events[0] lacks oss.object.key"},
		{string(native(`{"key":"k","size":"12"}`)), `events[0] has a size that is the text "12"`},
		{string(native(`{"key":"k","size":-1}`)), "events[0] has a size that is the number"},
		{string(native(`{"key":"k","size":1.5}`)), "events[0] has a size that is the number"},
		{string(native(`{"key":"k","size":1e30}`)), "events[0] has a size that is the number"},
		{`[{"a":1},"x"]`, "[0] has the fields"},
		{`[["deep"]]`, "[0] is an array"},
		{`{"specversion":"1.0"}`, "data is missing"},
		{`{"specversion":"1.0","data":{"messageBody":"TEST"}}`,
			`data.messageBody is the text "TEST", neither JSON nor JSON in Base64`},
		{`{"specversion":"1.0","data":{"messageBody":7}}`, `data.messageBody is the number "7"`},
		{`[{"messageBody":"aGVsbG8gcXVldWU="}]`,
			`[0].messageBody is the Base64 of "hello queue", which is not a JSON object`},
		{`{"body":"hello topic","attrs":{"Extend":"{\"key\":\"value\"}"}}`,
			`body is the text "hello topic"`},
		{`{"body":["{}"]}`, `body is an array`},
		{`{"body":{"body":{"body":{"body":{"oss":{}}}}}}`, `body.body.body.body is nested too deeply`},
		{"eyJldmVudHMiOlt7fV19", "body.events[0] lacks eventName"},
		{"e30=", "body has no fields"},
		{`{"specversion":"1.0","data":"text"}`, `data is the text "text"`},
		{`{"TopicOwner":"1","Message":"hello"}`, `Message is the text "hello"`},
		{strings.Repeat("[", 8<<20), "the payload is neither JSON"},
		{strings.Repeat("[", 8<<20) + strings.Repeat("]", 8<<20), "the payload is neither JSON"},
		{`{"` + strings.Repeat("k", 10_000) + `":1}`, "…"},
	} {
		objects, err := Parse([]byte(c.payload))
		if err == nil {
			t.Errorf("%.60s: no error, objects %v", c.payload, objects)
			continue
		}
		if msg := err.Error(); !strings.Contains(msg, c.found) || !strings.Contains(msg, "expected an OSS event") {
			t.Errorf("%.60s:\n got %.300s\nwant %s", c.payload, msg, c.found)
		}
		if len(err.Error()) > 2000 {
			t.Errorf("%.60s: the error has %d bytes", c.payload, len(err.Error()))
		}
	}
}

func FuzzParseNeverLosesAPayload(f *testing.F) {
	for _, name := range []string{
		"oss-native-fc3-template.json", "oss-native-fc-docs-2025-usermeta.json",
		"oss-eventbridge-dataworks-real-2026.json",
		"mns-topic-json-no-attrs.json", "mns-topic-stream.json", "mns-queue-eventbridge-batch-fc-docs.json",
		"smq-topic-json.json", "smq-topic-stream.txt", "smq-topic-stream-attrs.json", "smq-queue-eventbridge.json",
	} {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`["{\"oss\":{}}",[],{"data":"{}"}]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		objects, err := Parse(payload)
		if err == nil && len(objects) == 0 {
			t.Error("neither an object nor an error")
		}
		for _, o := range objects {
			if o.Bucket == "" || o.Key == "" || o.Event == "" || o.Size.Value < 0 {
				t.Errorf("incomplete object %+v", o)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	payload := sample(b, "oss-native-go-runtime-readme.json")
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(payload); err != nil {
			b.Fatal(err)
		}
	}
}
