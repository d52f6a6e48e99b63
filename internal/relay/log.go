package relay

import (
	"context"
	"log/slog"
	"strings"

	"afterput/internal/osscall"
)

// log writes one line for every copy, and one for every object or payload that could not be
// handled. Names from events are written as values of JSON fields, so that none of them can forge
// a line.
func (h *Handler) log(r *Report) {
	if r.Error != nil {
		h.write(slog.LevelError, "payload", append(errorAttrs(r.Error), r.attr())...)
	}
	debug := h.Log.Enabled(context.Background(), slog.LevelDebug)
	for i := range r.Objects {
		if o := &r.Objects[i]; !o.earlier && (debug || !o.unwanted()) {
			h.logObject(r.attr(), o)
		}
	}
}

// write writes one line.
func (h *Handler) write(level slog.Level, message string, attrs ...slog.Attr) {
	h.Log.LogAttrs(context.Background(), level, message, attrs...)
}

// logObject writes the lines of one object.
func (h *Handler) logObject(request slog.Attr, o *ObjectReport) {
	source := slog.String("source", osscall.URL(o.Bucket, o.Key))
	if o.Error != nil {
		h.write(slog.LevelError, "object", append(errorAttrs(o.Error), request, source)...)
		h.logPanic(request, osscall.URL(o.Bucket, o.Key), o.Error)
	}
	why := []slog.Attr{request, source, slog.String("event", o.Event), slog.String("ignored", o.Ignored)}
	switch {
	case o.Ignored == ownState: // at info, since a wrong setting of the state may hide objects
		h.write(slog.LevelInfo, "ignored", why...)
	case o.unwanted():
		h.write(slog.LevelDebug, "no copy", why...)
	}
	for i := range o.Copies {
		h.logCopy(request, source, &o.Copies[i])
	}
}

// logCopy writes the lines of one copy.
func (h *Handler) logCopy(request, source slog.Attr, c *CopyReport) {
	level := slog.LevelInfo
	attrs := []slog.Attr{request, slog.String("rule", c.Rule), source, slog.String("destination", c.Destination),
		slog.String("outcome", string(c.Result)), slog.Float64("seconds", c.Seconds)}
	if c.LagSeconds != nil {
		attrs = append(attrs, slog.Float64("lag_seconds", *c.LagSeconds))
	}
	if c.Method != "" {
		attrs = append(attrs, slog.String("method", c.Method), slog.Int("parts", c.Parts), slog.Int64("bytes", c.Bytes))
	}
	if c.Reason != "" {
		attrs = append(attrs, slog.String("reason", c.Reason))
	}
	if c.Error != nil {
		level = slog.LevelError
		attrs = append(attrs, errorAttrs(c.Error)...)
		h.logPanic(request, c.Destination, c.Error)
	}
	h.write(level, "copy", attrs...)
}

// maxStack is how much of a stack is logged, in bytes: its beginning names what panicked.
const maxStack = 8 << 10

// logPanic writes the line of an error that is a panic with a stack. of names what was being
// handled.
func (h *Handler) logPanic(request slog.Attr, of string, e *osscall.Error) {
	if stack := e.Stack(); stack != "" {
		h.logStack(request, of, e.Message, []byte(stack))
	}
}

// logStack writes the line of a panic. of names what was being handled.
func (h *Handler) logStack(request slog.Attr, of, message string, stack []byte) {
	stack = stack[:min(len(stack), maxStack)]
	h.write(slog.LevelError, "panic", request,
		slog.String("object", of), slog.String("error", message),
		slog.String("stack", strings.ToValidUTF8(string(stack), "")))
}

// attr says to which invocation the report's lines belong.
func (r *Report) attr() slog.Attr { return requestAttr(r.RequestID, r.RetryCount, r.Rules) }

// requestAttr says to which invocation a line belongs.
func requestAttr(id string, retry int, version string) slog.Attr {
	of := make([]slog.Attr, 1, 3)
	of[0] = slog.String("request_id", id)
	if retry > 0 {
		of = append(of, slog.Int("retry_count", retry))
	}
	if version != "" {
		of = append(of, slog.String("rules", version))
	}
	return slog.Attr{Value: slog.GroupValue(of...)} // without a key, slog inlines the attributes
}

// errorAttrs are the attributes of an error.
func errorAttrs(e *osscall.Error) []slog.Attr {
	return []slog.Attr{slog.String("code", e.Code), slog.String("ec", e.EC), slog.String("oss_request_id", e.RequestID),
		slog.String("error", e.Message), slog.Bool("permanent", e.Permanent)}
}
