package relay

import (
	"context"
	"log/slog"
	"strings"

	"afterput/internal/osscall"
)

// log writes one line for every copy, and one for every object or payload that
// could not be dealt with. Names from events are values of JSON fields, so that
// none of them can forge a line.
func (h *Handler) log(r *Report) {
	ctx := context.Background()
	request := requestAttr(r.RequestID, r.RetryCount, r.Rules)
	panicked := func(of string, e *osscall.Error) {
		if stack := e.Stack(); stack != "" {
			h.logStack(request, of, e.Message, []byte(stack))
		}
	}
	if r.Error != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "payload", append(errorAttrs(r.Error), request)...)
	}
	for i := range r.Objects {
		o := &r.Objects[i]
		if o.earlier {
			continue
		}
		source := slog.String("source", sourceOf(o.Bucket, o.Key))
		if o.Error != nil {
			h.Log.LogAttrs(ctx, slog.LevelError, "object", append(errorAttrs(o.Error), request, source)...)
			panicked(sourceOf(o.Bucket, o.Key), o.Error)
		}
		why := []slog.Attr{request, source, slog.String("event", o.Event), slog.String("ignored", o.Ignored)}
		switch {
		case o.Ignored == ownState: // a setting may be wrong that hides objects
			h.Log.LogAttrs(ctx, slog.LevelInfo, "ignored", why...)
		case len(o.Copies) == 0 && o.Error == nil:
			h.Log.LogAttrs(ctx, slog.LevelDebug, "no copy", why...)
		}
		for j := range o.Copies {
			c := &o.Copies[j]
			level := slog.LevelInfo
			attrs := []slog.Attr{request, slog.String("rule", c.Rule), source, slog.String("destination", c.Destination),
				slog.String("outcome", string(c.Outcome.Result)), slog.Float64("seconds", c.Seconds)}
			if c.Method != "" {
				attrs = append(attrs, slog.String("method", c.Method), slog.Int("parts", c.Parts), slog.Int64("bytes", c.Bytes))
			}
			if c.Error != nil {
				level = slog.LevelError
				attrs = append(attrs, errorAttrs(c.Error)...)
				panicked(c.Destination, c.Error)
			}
			h.Log.LogAttrs(ctx, level, "copy", attrs...)
		}
	}
}

// maxStack is how much of a stack is logged, in bytes: its top names what panicked.
const maxStack = 8 << 10

// logStack writes the line of a panic. of is what was worked on.
func (h *Handler) logStack(request slog.Attr, of, message string, stack []byte) {
	stack = stack[:min(len(stack), maxStack)]
	h.Log.LogAttrs(context.Background(), slog.LevelError, "panic", request,
		slog.String("object", of), slog.String("error", message),
		slog.String("stack", strings.ToValidUTF8(string(stack), "")))
}

// requestAttr says which invocation a line is of.
func requestAttr(id string, retry int, version string) slog.Attr {
	of := make([]slog.Attr, 1, 3)
	of[0] = slog.String("request_id", id)
	if retry > 0 {
		of = append(of, slog.Int("retry_count", retry))
	}
	if version != "" {
		of = append(of, slog.String("rules", version))
	}
	return slog.Attr{Value: slog.GroupValue(of...)} // without a key: its attributes, inlined
}

func errorAttrs(e *osscall.Error) []slog.Attr {
	return []slog.Attr{slog.String("code", e.Code), slog.String("ec", e.EC), slog.String("oss_request_id", e.RequestID),
		slog.String("error", e.Message), slog.Bool("permanent", e.Permanent)}
}
