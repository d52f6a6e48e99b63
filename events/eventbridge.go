package events

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// batch reads what EventBridge's event streams send: an array of CloudEvents, of
// records, or of messages without envelope. Each element may also be a string that
// contains the JSON: Alibaba Cloud's own samples differ in this.
func (p *parser) batch(list gjson.Result) {
	i := 0
	list.ForEach(func(_, v gjson.Result) bool {
		place := fmt.Sprintf("[%d]", i)
		i++
		p.document(v, place, 0)
		return true
	})
}

// cloudEvent reads one CloudEvent. Its data is a record in OSS's own form, the payload
// of an OSS trigger, or a message of an SMQ queue. Its time is not used: in
// EventBridge's samples it ends in "Asia/Shanghai", which RFC 3339 does not allow.
func (p *parser) cloudEvent(v gjson.Result, place string, envelopes int) {
	data := v.Get("data")
	place = fieldOf(place, "data")
	if data.Type == gjson.String {
		inner, found := decodeObject(data.Str)
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
		p.message(data.Get(queueBody), fieldOf(place, queueBody), envelopes)
	case data.IsObject() && !data.Get("oss").Exists():
		p.refuse(place, "has "+fields(data))
	default:
		p.record(data, place, v.Get("type").String())
	}
}
