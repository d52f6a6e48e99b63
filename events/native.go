package events

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// native reads the "events" of an OSS trigger's payload.
func (p *parser) native(list gjson.Result, place string) {
	place = under(place, "events")
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

// record reads one record in OSS's own form. The documentation's samples nest
// region, requestParameters, responseElements and userIdentity inside "oss",
// live captures have them beside it: both are read. eventType stands in for an
// eventName the record leaves out.
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
	// An unreadable time is no reason to leave an object uncopied: rules that
	// need ${time.…} say so themselves.
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
		// Only a whole number of bytes is written without a point or exponent.
		if v.Type != gjson.Number || strings.Trim(v.Raw, "0123456789") != "" || len(v.Raw) > 18 {
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
	object.Get("objectMeta.userMeta").ForEach(func(k, v gjson.Result) bool {
		if o.Meta == nil {
			o.Meta = make(map[string]string)
		}
		o.Meta[strings.TrimPrefix(strings.ToLower(k.Str), "x-oss-meta-")] = v.String()
		return true
	})
	p.objects = append(p.objects, o)
}
