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

// record reads one record in OSS's own form. eventType is used if the record has no
// eventName.
func (p *parser) record(record gjson.Result, place, eventType string) {
	if !record.IsObject() {
		p.refuse(place, "is "+kind(record))
		return
	}
	o := eventOf(record, eventType)
	object := record.Get("oss.object")
	if bucket := record.Get("oss.bucket.name"); bucket.Type == gjson.String {
		o.Bucket = bucket.Str
	}
	if key := object.Get("key"); key.Type == gjson.String {
		o.Key = key.Str
	}
	if missing := o.missing(); missing != nil {
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
	if ours := record.Get("afterput"); ours.Exists() {
		o.Listed, o.MayBeCopied = ours.Get("listed").Bool(), ours.Get("may_be_copied").Bool()
		ours.Get("only").ForEach(func(_, destination gjson.Result) bool {
			o.Only = append(o.Only, destination.String())
			return true
		})
	}
	p.objects = append(p.objects, o)
}

// eventOf reads what a record says about the event rather than the object. The fields
// region, requestParameters, responseElements and userIdentity are inside "oss" in the
// documentation's samples, and next to it in captured events: both are read.
func eventOf(record gjson.Result, eventType string) Object {
	oss := record.Get("oss")
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
	return o
}

// missing returns the names of the fields that every record must have and this one lacks.
func (o *Object) missing() []string {
	var names []string
	if o.Event == "" {
		names = append(names, "eventName")
	}
	if o.Bucket == "" {
		names = append(names, "oss.bucket.name")
	}
	if o.Key == "" {
		names = append(names, "oss.object.key")
	}
	return names
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
