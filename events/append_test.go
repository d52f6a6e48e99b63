package events_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"afterput/events"
)

func TestWhatIsAppendedIsReadAsTheSameObject(t *testing.T) {
	text := rapid.StringMatching(`[ -~äöü中文\n\t"\\\\]{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		o := events.Object{Event: "ObjectCreated:PutObject",
			Bucket: rapid.StringMatching(`[a-z]{3,9}`).Draw(t, "bucket"), Key: "k" + text.Draw(t, "key"),
			Region:    rapid.SampledFrom([]string{"", "cn-hangzhou"}).Draw(t, "region"),
			Principal: rapid.SampledFrom([]string{"", "123"}).Draw(t, "principal"),
			SourceIP:  rapid.SampledFrom([]string{"", "10.0.0.1"}).Draw(t, "ip"),
			Listed:    rapid.Bool().Draw(t, "listed"), MayBeCopied: rapid.Bool().Draw(t, "copied")}
		if rapid.Bool().Draw(t, "sized") {
			o.Size = events.Some(rapid.Int64Range(0, 1<<53).Draw(t, "size"))
			o.ETag = events.Some(rapid.StringMatching(`[0-9A-F]{0,32}`).Draw(t, "etag"))
		}
		if rapid.Bool().Draw(t, "typed") {
			o.ContentType = events.Some(rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "type"))
			o.Meta = map[string]string{"a": text.Draw(t, "meta")}
		}
		if rapid.Bool().Draw(t, "timed") {
			o.Time = time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "time")).UTC()
		}
		for range rapid.IntRange(0, 2).Draw(t, "only") {
			o.Only = append(o.Only, "oss://b/"+text.Draw(t, "destination"))
		}
		payload := append(events.Append([]byte(`{"events":[`), o), "]}"...)
		got, err := events.Parse(payload)
		if err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		if len(got) != 1 {
			t.Fatalf("%s: %d objects", payload, len(got))
		}
		if d := cmp.Diff(o, got[0]); d != "" {
			t.Fatalf("%s: %s", payload, d)
		}
	})
}
