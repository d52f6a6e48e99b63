package relay

import (
	"context"
	"log/slog"

	"afterput/internal/copier"
)

// log writes one line for every copy, and one for every object or payload that
// could not be dealt with. Names from events are values of JSON fields, so that
// none of them can forge a line.
func (h *Handler) log(r *Report) {
	ctx := context.Background()
	of := make([]slog.Attr, 1, 3)
	of[0] = slog.String("request_id", r.RequestID)
	if r.RetryCount > 0 {
		of = append(of, slog.Int("retry_count", r.RetryCount))
	}
	if r.Rules != "" {
		of = append(of, slog.String("rules", r.Rules))
	}
	request := slog.Attr{Value: slog.GroupValue(of...)} // without a key: its attributes, inlined
	if r.Error != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "payload", append(errorAttrs(r.Error), request)...)
	}
	for i := range r.Objects {
		o := &r.Objects[i]
		source := slog.String("source", "oss://"+o.Bucket+"/"+o.Key)
		if o.Error != nil {
			h.Log.LogAttrs(ctx, slog.LevelError, "object", append(errorAttrs(o.Error), request, source)...)
		}
		if len(o.Copies) == 0 {
			h.Log.LogAttrs(ctx, slog.LevelDebug, "no copy", request, source, slog.String("event", o.Event), slog.String("ignored", o.Ignored))
		}
		for j := range o.Copies {
			c := &o.Copies[j]
			level := slog.LevelInfo
			attrs := []slog.Attr{request, slog.String("rule", c.Rule), source, slog.String("destination", c.Destination),
				slog.String("outcome", string(c.Outcome.Outcome)), slog.Float64("seconds", c.Seconds)}
			if c.Method != "" {
				attrs = append(attrs, slog.String("method", c.Method), slog.Int("parts", c.Parts), slog.Int64("bytes", c.Bytes))
			}
			if c.Error != nil {
				level = slog.LevelError
				attrs = append(attrs, errorAttrs(c.Error)...)
			}
			h.Log.LogAttrs(ctx, level, "copy", attrs...)
		}
	}
}

func errorAttrs(e *copier.Error) []slog.Attr {
	return []slog.Attr{slog.String("code", e.Code), slog.String("ec", e.EC), slog.String("oss_request_id", e.RequestID),
		slog.String("error", e.Message), slog.Bool("permanent", e.Permanent)}
}
