package events

import (
	"strconv"
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
		p.record(record, place+"["+strconv.Itoa(i)+"]", "")
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
	var r nativeRecord
	r.read(record)
	o := r.about.object(eventType)
	if r.bucket.Type == gjson.String {
		o.Bucket = r.bucket.Str
	}
	if r.key.Type == gjson.String {
		o.Key = r.key.Str
	}
	if missing := o.missing(); missing != nil {
		p.refuse(place, "lacks "+strings.Join(missing, " and "))
		return
	}
	if !o.Restored && !r.describe(&o) {
		p.refuse(place, "has a size that is "+kind(r.size))
		return
	}
	if ours := r.ours; ours.Exists() {
		o.Listed = ours.Get("listed").Bool()
		o.MayBeCopied = o.MayBeCopied || ours.Get("may_be_copied").Bool()
		ours.Get("only").ForEach(func(_, destination gjson.Result) bool {
			o.Only = append(o.Only, destination.String())
			return true
		})
	}
	p.objects = append(p.objects, o)
}

// describe sets what the record says of the object itself. It reports false if the size is not one. The record of the
// end of a restore is not asked: what is copied then is the object as it is.
func (r *nativeRecord) describe(o *Object) bool {
	if v := r.size; v.Exists() && v.Type != gjson.Null {
		if !isByteCount(v) {
			return false
		}
		o.Size = Some(v.Int())
	}
	if r.eTag.Type == gjson.String {
		o.ETag = Some(strings.Trim(r.eTag.Str, `"`))
	}
	if r.mimeType.Type == gjson.String {
		o.ContentType = Some(r.mimeType.Str)
	}
	o.Meta = userMeta(r.userMeta)
	return true
}

// object is an object with what a record says about the event rather than the object.
func (a *about) object(eventType string) Object {
	o := Object{
		Event:     a.eventName.String(),
		Region:    a.region.String(),
		Principal: a.principalID.String(),
		SourceIP:  a.sourceIP.String(),
		RequestID: a.requestID.String(),
	}
	if o.Event == "" {
		o.Event = eventType
	}
	o.Event = strings.TrimPrefix(o.Event, "oss:")
	o.Ignored = Ignored(o.Event)
	o.Restored = o.Event == FinishRestore
	o.MayBeCopied = o.Restored
	// A time that cannot be read must not prevent the copy: rules that need ${time.…}
	// report it themselves.
	if t, err := time.Parse(time.RFC3339, a.eventTime.String()); err == nil {
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
