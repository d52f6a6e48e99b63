package page

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"afterput/internal/osscall"
	"afterput/rules"
)

// window is how many rows the browser has at once.
const window = 100

// streamed is what the browser gets: counts, and the rows that have changed.
type streamed struct {
	rev     uint64
	Totals  totals         `json:"totals"`
	Version int            `json:"version"` // of the rules in force
	Arrows  []arrowCount   `json:"arrows"`
	Trouble map[string]int `json:"trouble"` // those that are on, with how often each has happened
	Rows    []rowJSON      `json:"rows"`    // the newest first
	Last    int            `json:"last"`    // id of the newest row of all
}

// since is what has changed after a revision; nil if nothing has.
func (h *hub) since(rev uint64, t *trouble) *streamed {
	happened := t.happened()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rev == rev {
		return nil
	}
	s := &streamed{rev: h.rev, Totals: h.totals, Arrows: slices.Clone(h.arrows), Trouble: happened, Rows: []rowJSON{},
		Last: h.lastID}
	if h.drawing != nil {
		s.Version = h.drawing.version
	}
	for _, r := range slices.Backward(h.rows[max(0, len(h.rows)-window):]) {
		if r.rev > rev {
			s.Rows = append(s.Rows, r.json())
		}
	}
	return s
}

// changed says that something beside the rows has changed.
func (h *hub) changed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rev++
}

// getRows are the newest rows below an id (0 for all) that are in a state (copied and the like, or trouble for all that
// failed) and have a text in their bucket or key.
func (p *Page) getRows(r *http.Request) (any, error) {
	before, _ := strconv.Atoi(r.FormValue("before"))
	state, text := r.FormValue("state"), strings.ToLower(r.FormValue("text"))
	h := p.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	rows := []rowJSON{}
	for _, row := range slices.Backward(h.rows) {
		if before > 0 && row.id >= before || !row.is(state) ||
			!strings.Contains(strings.ToLower(osscall.URL(row.object.Bucket, row.object.Key)), text) {
			continue
		}
		j := row.json()
		j.Why = said(r, j.Why)
		if rows = append(rows, j); len(rows) == window {
			break
		}
	}
	return map[string]any{"rows": rows, "oldest": h.lastID - len(h.rows) + 1}, nil
}

// is reports whether a row is to be listed with a filter.
func (r *row) is(filter string) bool {
	switch filter {
	case "":
		return true
	case "trouble":
		return failed(r.state) || r.state == stateGivenUp || r.state == stateRetrying ||
			slices.ContainsFunc(r.copies, func(c copyRow) bool { return failed(c.State) })
	case "uncopied":
		return !r.open && !slices.ContainsFunc(r.copies, func(c copyRow) bool { return c.State == "copied" })
	}
	return r.state == filter
}

func (p *Page) getGraph(*http.Request) (any, error) { return p.hub.current().json(), nil }

// rowDetails are what a row opens to.
type rowDetails struct {
	Row      rowJSON         `json:"row"`
	Event    json.RawMessage `json:"event"`
	Explain  *explanation    `json:"explain"`
	Results  []result        `json:"results"`
	Requests []request       `json:"requests"`
	Omitted  int             `json:"omitted"`
	Command  string          `json:"command"` // that explains the object
}

func (p *Page) getRow(r *http.Request) (any, error) {
	id, _ := strconv.Atoi(r.FormValue("id"))
	h := p.hub
	h.mu.Lock()
	row := h.find(id)
	if row == nil {
		h.mu.Unlock()
		return nil, &refused{http.StatusNotFound, "the event is no longer kept: only the newest are"}
	}
	d := rowDetails{Row: row.json(), Event: row.payload, Results: append([]result{}, row.results...),
		Requests: append([]request{}, row.requests...), Omitted: row.omitted}
	h.mu.Unlock()
	d.Row.Why = said(r, d.Row.Why)
	d.Explain = explain(row.drawing, row.object, row.facts)
	d.Explain.translate(r)
	return d, nil
}

// explanation is what afterput explain says of an object, but for the requests.
type explanation struct {
	Ignored string          `json:"ignored,omitempty"` // why the rules are not applied
	Rules   []verdict       `json:"rules"`             // the nearest to taking the object first
	Copies  []explainedCopy `json:"copies"`
}

type explainedCopy struct {
	Arrow       int           `json:"arrow"`
	Rule        string        `json:"rule"`
	Line        int           `json:"line"`
	Destination string        `json:"destination"`
	Deletes     bool          `json:"deletes,omitempty"`
	Error       string        `json:"error,omitempty"`
	Values      []rules.Value `json:"values"`
	Chain       []rules.Hop   `json:"chain"`
}
