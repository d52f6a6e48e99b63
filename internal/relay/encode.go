package relay

import (
	"encoding/json"
	"math"
	"strconv"

	"afterput/internal/copier"
)

// encode gives the report as encoding/json would, which looks at all types that a report may contain before it writes
// the first one: a twentieth of the CPU of a start.
func (r *Report) encode() ([]byte, error) {
	e := encoder{json: make([]byte, 0, 1<<10)}
	e.begin('{')
	e.text("request_id", r.RequestID)
	if r.RetryCount != 0 {
		e.number("retry_count", int64(r.RetryCount))
	}
	e.optional("rules", r.Rules)
	e.name("objects")
	e.begin('[')
	for i := range r.Objects {
		e.object(&r.Objects[i])
	}
	e.end(']')
	e.other("summary", r.Summary, len(r.Summary) > 0)
	e.other("error", r.Error, r.Error != nil)
	e.other("omitted", r.Omitted, len(r.Omitted) > 0)
	e.other("failed_by_code", r.FailedByCode, len(r.FailedByCode) > 0)
	e.end('}')
	return e.json, e.err
}

// encoder appends JSON.
type encoder struct {
	json []byte
	err  error
}

func (e *encoder) object(o *ObjectReport) {
	e.begin('{')
	e.text("event", o.Event)
	e.text("bucket", o.Bucket)
	e.text("key", o.Key)
	if o.Size != nil {
		e.number("size", *o.Size)
	}
	if o.ETag != nil {
		e.text("etag", *o.ETag)
	}
	e.optional("ignored", o.Ignored)
	if o.Requests != 0 {
		e.number("requests", int64(o.Requests))
	}
	if len(o.Copies) > 0 {
		e.name("copies")
		e.begin('[')
		for i := range o.Copies {
			e.copy(&o.Copies[i])
		}
		e.end(']')
	}
	e.other("error", o.Error, o.Error != nil)
	e.other("failed_by_code", o.FailedByCode, len(o.FailedByCode) > 0)
	e.end('}')
}

func (e *encoder) copy(c *CopyReport) {
	e.begin('{')
	e.text("rule", c.Rule)
	e.text("destination", c.Destination)
	e.outcome(&c.Outcome)
	e.end('}')
}

func (e *encoder) outcome(o *copier.Outcome) {
	e.text("outcome", string(o.Result))
	e.optional("method", o.Method)
	if o.Parts != 0 {
		e.number("parts", int64(o.Parts))
	}
	e.number("requests", int64(o.Requests))
	e.number("bytes", o.Bytes)
	e.fraction("seconds", o.Seconds)
	if o.LagSeconds != nil {
		e.fraction("lag_seconds", *o.LagSeconds)
	}
	e.optional("etag", o.ETag)
	e.optional("crc64", o.CRC64)
	e.other("last_modified", o.LastModified, !o.LastModified.IsZero())
	e.optional("version_id", o.VersionID)
	e.optional("source_version_id", o.SourceVersionID)
	e.optional("source_etag", o.SourceETag)
	e.optional("reason", o.Reason)
	e.other("error", o.Error, o.Error != nil)
}

// begin begins an object or an array, which is the next of an array if it is within one.
func (e *encoder) begin(bracket byte) {
	if n := len(e.json); n > 0 && e.json[n-1] == '}' {
		e.json = append(e.json, ',')
	}
	e.json = append(e.json, bracket)
}

func (e *encoder) end(bracket byte) { e.json = append(e.json, bracket) }

// name begins the next member of an object.
func (e *encoder) name(name string) {
	if e.json[len(e.json)-1] != '{' {
		e.json = append(e.json, ',')
	}
	e.json = append(append(append(e.json, '"'), name...), '"', ':')
}

func (e *encoder) text(name, text string) {
	e.name(name)
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			e.any(text)
			return
		}
	}
	e.json = append(append(append(e.json, '"'), text...), '"')
}

func (e *encoder) optional(name, text string) {
	if text != "" {
		e.text(name, text)
	}
}

func (e *encoder) number(name string, n int64) {
	e.name(name)
	e.json = strconv.AppendInt(e.json, n, 10)
}

func (e *encoder) fraction(name string, f float64) {
	e.name(name)
	if f != 0 && (math.Abs(f) < 1e-6 || !(math.Abs(f) < 1e21)) { // not written as a decimal fraction
		e.any(f)
		return
	}
	e.json = strconv.AppendFloat(e.json, f, 'f', -1, 64)
}

// other appends a member that only few reports have.
func (e *encoder) other(name string, value any, present bool) {
	if present {
		e.name(name)
		e.any(value)
	}
}

func (e *encoder) any(value any) {
	text, err := json.Marshal(value)
	e.json = append(e.json, text...)
	if e.err == nil {
		e.err = err
	}
}
