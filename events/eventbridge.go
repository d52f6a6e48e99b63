package events

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// batch reads what EventBridge's streaming sources push: an array whose
// elements are CloudEvents, records without envelope, or either of them as
// JSON text. (Official samples disagree on the last, so both are read.)
func (p *parser) batch(list gjson.Result) {
	i := 0
	list.ForEach(func(_, v gjson.Result) bool {
		place := fmt.Sprintf("[%d]", i)
		i++
		p.document(unquoted(v), place)
		return true
	})
}

// cloudEvent reads one CloudEvent, whose data is one record of OSS's own form.
// Its time is never looked at: EventBridge's samples hold "…Asia/Shanghai".
func (p *parser) cloudEvent(v gjson.Result, place string) {
	data := v.Get("data")
	if place != "" {
		place += "."
	}
	place += "data"
	if !data.Exists() {
		p.refuse(place, "is missing")
		return
	}
	data = unquoted(data)
	switch {
	case data.Get("events").Exists():
		p.native(data.Get("events"), place)
	case data.IsObject() && !data.Get("oss").Exists():
		p.refuse(place, "has the fields "+fields(data))
	default:
		p.record(data, place, v.Get("type").String())
	}
}

// unquoted gives the object that a JSON text holds, anything else as it is.
func unquoted(v gjson.Result) gjson.Result {
	if v.Type == gjson.String && valid(v.Str) {
		if inner := gjson.Parse(v.Str); inner.IsObject() {
			return inner
		}
	}
	return v
}
