package events

import "github.com/tidwall/gjson"

// nativeRecord is the fields of one record in OSS's own form; those that it lacks do not exist. It is read in
// one pass: each look-up by path would be a pass of its own, and most of the work of an event that no rule wants.
type nativeRecord struct {
	about    about
	bucket   gjson.Result // oss.bucket.name
	key      gjson.Result // this and the following are below oss.object
	size     gjson.Result
	eTag     gjson.Result
	mimeType gjson.Result
	userMeta gjson.Result
	ours     gjson.Result // afterput, which only our own records have
}

// about is the fields about the event rather than the object. They are inside "oss" in
// the documentation's samples, and next to it in captured events: both are read, and
// those next to it come first.
type about struct {
	eventName, eventTime, region     gjson.Result
	principalID, sourceIP, requestID gjson.Result
}

// first sets a field to a value, unless it has one: of several fields of one name the
// first counts.
func first(field *gjson.Result, value gjson.Result) {
	if !field.Exists() {
		*field = value
	}
}

// nested sets a field to the member of that name of an object.
func nested(field *gjson.Result, object gjson.Result, name string) {
	object.ForEach(func(key, v gjson.Result) bool {
		if key.Str == name {
			first(field, v)
		}
		return true
	})
}

// read reads a record.
func (r *nativeRecord) read(record gjson.Result) {
	var inOSS about
	record.ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case "oss":
			r.readOSS(v, &inOSS)
		case "afterput":
			first(&r.ours, v)
		default:
			r.about.field(name.Str, v)
		}
		return true
	})
	r.about.fill(&inOSS)
}

func (r *nativeRecord) readOSS(oss gjson.Result, a *about) {
	oss.ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case "bucket":
			nested(&r.bucket, v, "name")
		case "object":
			r.readObject(v)
		default:
			a.field(name.Str, v)
		}
		return true
	})
}

func (r *nativeRecord) readObject(object gjson.Result) {
	object.ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case "key":
			first(&r.key, v)
		case "size":
			first(&r.size, v)
		case "eTag":
			first(&r.eTag, v)
		case "objectMeta":
			nested(&r.mimeType, v, "mimeType")
			nested(&r.userMeta, v, "userMeta")
		}
		return true
	})
}

// field takes one field of a record or of its "oss".
func (a *about) field(name string, v gjson.Result) {
	switch name {
	case "eventName":
		first(&a.eventName, v)
	case "eventTime":
		first(&a.eventTime, v)
	case "region":
		first(&a.region, v)
	case "userIdentity":
		nested(&a.principalID, v, "principalId")
	case "requestParameters":
		nested(&a.sourceIP, v, "sourceIPAddress")
	case "responseElements":
		nested(&a.requestID, v, "requestId")
	}
}

// fill sets the fields that do not exist to those of another.
func (a *about) fill(other *about) {
	first(&a.eventName, other.eventName)
	first(&a.eventTime, other.eventTime)
	first(&a.region, other.region)
	first(&a.principalID, other.principalID)
	first(&a.sourceIP, other.sourceIP)
	first(&a.requestID, other.requestID)
}
