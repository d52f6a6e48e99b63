package events

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// native reads the array "events" in the payload of an OSS trigger.
func (p *parser) native(list gjson.Result, place string) {
	place = fieldOf(place, "events")
	if !list.IsArray() {
		p.refuse(place, "is "+kind(list))
		return
	}
	i := 0
	list.ForEach(func(_, record gjson.Result) bool {
		p.record(record, fmt.Sprintf("%s[%d]", place, i), "")
		i++
		return true
	})
}

// record reads one record in OSS's own form. The fields region, requestParameters,
// responseElements and userIdentity are inside "oss" in the documentation's samples, and
// next to it in captured events: both are read. eventType is used if the record has no
// eventName.
func (p *parser) record(record gjson.Result, place, eventType string) {
	if !record.IsObject() {
		p.refuse(place, "is "+kind(record))
		return
	}
	oss := record.Get("oss")
	object := oss.Get("object")
	field := func(path string) string {
		if v := record.Get(path); v.Exists() {
			return v.String()
		}
		return oss.Get(path).String()
	}
	o := Object{
		Event:     field("eventName"),
		Region:    field("region"),
		Principal: field("userIdentity.principalId"),
		SourceIP:  field("requestParameters.sourceIPAddress"),
		RequestID: field("responseElements.requestId"),
	}
	if o.Event == "" {
		o.Event = eventType
	}
	o.Event = strings.TrimPrefix(o.Event, "oss:")
	o.Ignored = Ignored(o.Event)
	// A time that cannot be read must not prevent the copy: rules that need ${time.…}
	// report it themselves.
	if t, err := time.Parse(time.RFC3339, field("eventTime")); err == nil {
		o.Time = t.UTC()
	}

	var missing []string
	text := func(v gjson.Result, name string) string {
		if v.Type != gjson.String || v.Str == "" {
			missing = append(missing, name)
		}
		return v.Str
	}
	if o.Event == "" {
		missing = append(missing, "eventName")
	}
	o.Bucket = text(oss.Get("bucket.name"), "oss.bucket.name")
	o.Key = text(object.Get("key"), "oss.object.key")
	if missing != nil {
		p.refuse(place, "lacks "+strings.Join(missing, " and "))
		return
	}

	if v := object.Get("size"); v.Exists() && v.Type != gjson.Null {
		if !isByteCount(v) {
			p.refuse(place, "has a size that is "+kind(v))
			return
		}
		o.Size = Some(v.Int())
	}
	if v := object.Get("eTag"); v.Type == gjson.String {
		o.ETag = Some(strings.Trim(v.Str, `"`))
	}
	if v := object.Get("objectMeta.mimeType"); v.Type == gjson.String {
		o.ContentType = Some(v.Str)
	}
	o.Meta = userMeta(object.Get("objectMeta.userMeta"))
	p.objects = append(p.objects, o)
}

// isByteCount reports whether a value is a whole number of at most 18 digits, written
// without sign, point or exponent: one that fits an int64.
func isByteCount(v gjson.Result) bool {
	return v.Type == gjson.Number && strings.Trim(v.Raw, "0123456789") == "" && len(v.Raw) <= 18
}

// userMeta returns user metadata with names as in [Object.Meta]; nil if there is none.
func userMeta(list gjson.Result) map[string]string {
	var meta map[string]string
	list.ForEach(func(k, v gjson.Result) bool {
		if meta == nil {
			meta = make(map[string]string)
		}
		meta[strings.TrimPrefix(strings.ToLower(k.Str), "x-oss-meta-")] = v.String()
		return true
	})
	return meta
}
