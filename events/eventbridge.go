package events

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// batch reads what EventBridge's streaming sources push: an array whose
// elements are CloudEvents, records or messages without envelope, or any of them
// as JSON text. (Official samples disagree on the last, so both are read.)
func (p *parser) batch(list gjson.Result) {
	i := 0
	list.ForEach(func(_, v gjson.Result) bool {
		place := fmt.Sprintf("[%d]", i)
		i++
		p.document(v, place, 0)
		return true
	})
}

// cloudEvent reads one CloudEvent, whose data is one record of OSS's own form,
// or a message of an SMQ queue.
// Its time is never looked at: EventBridge's samples hold "…Asia/Shanghai".
func (p *parser) cloudEvent(v gjson.Result, place string, envelopes int) {
	data := v.Get("data")
	place = under(place, "data")
	if data.Type == gjson.String {
		inner, found := decoded(data.Str)
		if found != "" {
			p.refuse(place, found)
			return
		}
		data = inner
	}
	switch {
	case !data.Exists():
		p.refuse(place, "is missing")
	case data.Get("events").Exists():
		p.native(data.Get("events"), place)
	case data.Get(queueBody).Exists():
		p.message(data.Get(queueBody), under(place, queueBody), envelopes)
	case data.IsObject() && !data.Get("oss").Exists():
		p.refuse(place, "has the fields "+fields(data))
	default:
		p.record(data, place, v.Get("type").String())
	}
}
