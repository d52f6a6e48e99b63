package page

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"afterput/events"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
	"afterput/internal/state"
	"afterput/rules"
)

const (
	maxRows     = 2000 // that are kept
	maxRequests = 200  // of a row, and
	maxResults  = 20   // that are kept
)

// hub records what happens: the newest events as rows, and counts of all.
type hub struct {
	inForce func() *rules.Set

	mu      sync.Mutex
	cloud   *localcloud.Cloud // nil before it has started
	drawing *drawing          // of the rules in force
	rows    []*row            // by id, without gaps
	lastID  int
	byName  map[objectName]*row // the newest row of an object, or whose copy it is
	byEvent map[eventName]*row
	active  *row   // whose copies the function sent the last request for
	rev     uint64 // counts changes
	totals  totals
	arrows  []arrowCount // of drawing
}

type objectName struct{ bucket, key string }

type eventName struct {
	objectName
	event, request string
}

func nameOf(o *events.Object) objectName { return objectName{o.Bucket, o.Key} }

func eventOf(o *events.Object) eventName { return eventName{nameOf(o), o.Event, o.RequestID} }

// totals are counts since the start.
type totals struct {
	Events   int `json:"events"`
	Copies   int `json:"copies"`
	Failed   int `json:"failed"`  // copies whose last attempt failed, unless a replay has made them
	Waiting  int `json:"waiting"` // events that the function has not finished
	Requests int `json:"requests"`
}

// arrowCount is what took an arrow since its rules are in force.
type arrowCount struct {
	Taken  int   `json:"taken"`
	Copied int   `json:"copied"`
	Failed int   `json:"failed"` // as in totals
	Bytes  int64 `json:"bytes"`
}

func newHub(inForce func() *rules.Set) *hub {
	return &hub{inForce: inForce, byName: map[objectName]*row{}, byEvent: map[eventName]*row{}, rev: 1}
}

// attach names the cloud, once it has started.
func (h *hub) attach(cloud *localcloud.Cloud) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cloud = cloud
}

// current is the drawing of the rules in force now.
func (h *hub) current() *drawing {
	set := h.inForce()
	h.mu.Lock()
	last := h.drawing
	h.mu.Unlock()
	if last != nil && last.set == set {
		return last
	}
	version := 1
	if last != nil {
		version = last.version + 1
	}
	d := newDrawing(version, set)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.drawing != nil && h.drawing.set == set {
		return h.drawing
	}
	h.drawing, h.arrows = d, make([]arrowCount, len(d.graph.Arrows))
	h.rev++
	return d
}

// event records an event that OSS raises.
func (h *hub) event(payload []byte) {
	objects, err := events.Parse(payload)
	h.mu.Lock()
	cloud := h.cloud
	h.mu.Unlock()
	if err != nil || cloud == nil {
		return
	}
	for i := range objects {
		h.record(&objects[i], payload, cloud)
	}
}

// record makes the row of an event, unless it is that of a copy into a bucket that is not a source: such a copy is
// shown with its source. The copy engine's own objects have none either.
func (h *hub) record(o *events.Object, payload []byte, cloud *localcloud.Cloud) *row {
	d := h.current()
	source := slices.Contains(d.set.Sources(), o.Bucket)
	h.mu.Lock()
	by := h.byName[nameOf(o)]
	h.mu.Unlock()
	made := by != nil && by.copyTo(o.Bucket, o.Key) != nil // which copies there are never changes
	if strings.HasPrefix(o.Key, state.DefaultPrefix) || !source && made {
		return nil
	}
	r := newRow(o, payload, d, factsOf(cloud.OSS, o.Bucket, o.Key, o.ETag.Value))
	if made && by.object.Key != o.Key {
		r.by = by.id
	}
	if !cloud.Invokes(payload) {
		r.state, r.open = stateUntriggered, false
	}
	h.add(r)
	return r
}

func (h *hub) add(r *row) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastID++
	r.id = h.lastID
	h.rows = append(h.rows, r)
	if len(h.rows) > maxRows {
		h.forget(h.rows[0])
		h.rows = h.rows[1:]
	}
	for _, c := range r.copies {
		h.byName[objectName{c.Bucket, c.Key}] = r
		h.count(r, &c, arrowCount{Taken: 1})
	}
	h.byName[nameOf(&r.object)] = r
	h.byEvent[eventOf(&r.object)] = r
	h.totals.Events++
	if r.open {
		h.totals.Waiting++
	}
	h.touch(r)
}

// forget removes what leads to a row. h.mu is held.
func (h *hub) forget(r *row) {
	names := []objectName{nameOf(&r.object)}
	for _, c := range r.copies {
		names = append(names, objectName{c.Bucket, c.Key})
	}
	for _, n := range names {
		if h.byName[n] == r {
			delete(h.byName, n)
		}
	}
	if h.byEvent[eventOf(&r.object)] == r {
		delete(h.byEvent, eventOf(&r.object))
	}
}

// touch says that a row has changed. h.mu is held.
func (h *hub) touch(r *row) {
	h.rev++
	r.rev = h.rev
}

// count adds to the arrow of a copy, unless other rules are in force by now. h.mu is held.
func (h *hub) count(r *row, c *copyRow, more arrowCount) {
	if r.drawing != h.drawing || c.Arrow < 0 {
		return
	}
	a := &h.arrows[c.Arrow]
	a.Taken, a.Copied, a.Failed, a.Bytes = a.Taken+more.Taken, a.Copied+more.Copied, a.Failed+more.Failed,
		a.Bytes+more.Bytes
}

// find is the row with an id; nil if it is no longer there. h.mu is held.
func (h *hub) find(id int) *row {
	if len(h.rows) == 0 || id < h.rows[0].id || id > h.lastID {
		return nil
	}
	return h.rows[id-h.rows[0].id]
}

// intercept is a [localoss.Intercept] that records every request.
func (h *hub) intercept(
	_ context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	began := time.Now()
	h.begin(&call.Operation)
	reply := next()
	h.end(call, began, reply)
	return reply
}

// of is the row that a request belongs to; nil if there is none. h.mu is held.
func (h *hub) of(op *localoss.Operation) *row {
	switch {
	case op.Source != nil:
		return h.byName[objectName{op.Source.Bucket, op.Source.Key}]
	case strings.HasPrefix(op.Key, state.DefaultPrefix):
		return h.active
	}
	return h.byName[objectName{op.Bucket, op.Key}]
}

// begin records that a request is under way.
func (h *hub) begin(op *localoss.Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.of(op)
	if r == nil || !r.open {
		return
	}
	if r.state == stateWaiting || r.state == stateRetrying {
		r.state = stateRunning
		h.touch(r)
	}
	if c := r.copyTo(op.Bucket, op.Key); c != nil {
		h.active = r
		if c.State == stateWaiting {
			c.State = stateRunning
			h.touch(r)
		}
	}
}

// end records a request that was replied to, or whose connection was cut.
func (h *hub) end(call *localoss.Call, began time.Time, reply *localoss.Response) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.totals.Requests++
	h.rev++
	r := h.of(&call.Operation)
	if r == nil {
		return
	}
	q := request{At: began, Operation: call.Name, Bucket: call.Bucket, Key: call.Key, Part: call.PartNumber,
		Seconds: time.Since(began).Seconds(), ID: call.RequestID}
	if reply != nil {
		q.Status, q.Code = reply.Status, string(reply.Code)
	}
	if r.requests = append(r.requests, q); len(r.requests) > maxRequests {
		r.requests = r.requests[1:]
		r.omitted++
	}
	c := r.copyTo(call.Bucket, call.Key)
	if c != nil && (q.Status == 0 || q.Status == http.StatusForbidden || q.Status >= http.StatusInternalServerError) {
		c.Refused++
		c.Code = q.Code
	}
	if c != nil && q.Status/100 == 2 {
		c.Done = min(c.Done+max(call.BytesCopied, call.BytesIn), max(c.Size, 0))
		if call.PartNumber > 0 {
			c.Parts++
		}
	}
	h.touch(r)
}
