package fault

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"afterput/internal/localoss"
)

// Script is the content of a faults file.
type Script struct {
	// Seed is the seed of all random numbers.
	Seed   uint64
	Faults []Fault
	// Model is nil if the file has none.
	Model *Model
}

// Intercept returns an Intercept that runs the script: first the faults, then the model for requests
// without a fault or with one that lets them take effect.
func (s *Script) Intercept() localoss.Intercept {
	faults := New(s.Seed, s.Faults...).Intercept
	if s.Model == nil {
		return faults
	}
	return localoss.Chain(faults, NewService(*s.Model).Intercept)
}

// Load reads a faults file. The error lists every problem, one per line, as "name:line:column:
// problem". The example shows every field; all are optional.
func Load(name string, data []byte) (*Script, error) {
	r := &reader{name: name}
	script := new(Script)
	if root := r.document(data); root != nil {
		script.read(r, root)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return script, nil
}

func (s *Script) read(r *reader, root *yaml.Node) {
	r.fields(root, "the file", table{
		"seed": func(n *yaml.Node) { s.Seed = uint64(r.integer(n)) },
		"faults": func(n *yaml.Node) {
			for _, item := range r.list(n) {
				s.Faults = append(s.Faults, readFault(r, item))
			}
		},
		"model": func(n *yaml.Node) { s.Model = readModel(r, n) },
	})
	if s.Model != nil {
		s.Model.Seed = s.Seed
	}
}

func readFault(r *reader, n *yaml.Node) Fault {
	var f Fault
	before := len(r.problems)
	r.fields(n, "a fault", table{
		"operation": func(n *yaml.Node) {
			f.Operations = r.texts(n, func(s string) string {
				if !localoss.IsOperation(s) {
					return fmt.Sprintf("%q is not an operation of the local OSS", s)
				}
				return ""
			})
		},
		"bucket":       func(n *yaml.Node) { f.Bucket = r.text(n) },
		"key":          func(n *yaml.Node) { f.Key = r.text(n) },
		"part":         func(n *yaml.Node) { f.Part = int(r.integer(n)) },
		"calls":        func(n *yaml.Node) { f.Calls = r.calls(n) },
		"probability":  func(n *yaml.Node) { f.Probability = r.number(n) },
		"delay":        func(n *yaml.Node) { f.Delay = r.duration(n) },
		"reply-delay":  func(n *yaml.Node) { f.ReplyDelay = r.duration(n) },
		"error":        func(n *yaml.Node) { f.Error = readError(r, n) },
		"drop":         func(n *yaml.Node) { f.Drop = r.boolean(n) },
		"committed":    func(n *yaml.Node) { f.Committed = r.boolean(n) },
		"later":        func(n *yaml.Node) { f.Later = r.duration(n) },
		"body":         func(n *yaml.Node) { f.Body = Body(r.text(n)) },
		"without-etag": func(n *yaml.Node) { f.WithoutETag = r.boolean(n) },
		"headers":      func(n *yaml.Node) { f.Header = r.pairs(n) },
		"corrupt": func(n *yaml.Node) {
			for _, item := range r.oneOrMore(n) {
				f.Corrupt = append(f.Corrupt, int64(r.size(item)))
			}
		},
		"ignore-range": func(n *yaml.Node) { f.IgnoreRange = r.boolean(n) },
	})
	if problem := f.check(); problem != "" && len(r.problems) == before {
		r.problem(n, "%s", problem)
	}
	return f
}

func readError(r *reader, n *yaml.Node) *localoss.Error {
	e := new(localoss.Error)
	r.fields(n, "an error", table{
		"code":    func(n *yaml.Node) { e.Code = localoss.ErrorCode(r.text(n)) },
		"status":  func(n *yaml.Node) { e.Status = int(r.integer(n)) },
		"ec":      func(n *yaml.Node) { e.EC = r.text(n) },
		"message": func(n *yaml.Node) { e.Message = r.text(n) },
		"headers": func(n *yaml.Node) { e.Header = headers(r.pairs(n)) },
	})
	return e
}

func readModel(r *reader, n *yaml.Node) *Model {
	m := new(Model)
	before := len(r.problems)
	conditions := conditionFields(r, &m.Conditions)
	conditions["changes"] = func(n *yaml.Node) {} // read below: they start from these conditions
	changes := r.fields(n, "the model", conditions)["changes"]
	if changes != nil {
		previous := m.Conditions
		for _, item := range r.list(changes) {
			c := Change{Conditions: previous}
			fields := conditionFields(r, &c.Conditions)
			fields["after"] = func(n *yaml.Node) { c.After = r.duration(n) }
			r.fields(item, "a change", fields)
			m.Changes = append(m.Changes, c)
			previous = c.Conditions
		}
	}
	if problem := m.check(); problem != "" && len(r.problems) == before {
		r.problem(n, "%s", problem)
	}
	return m
}

func conditionFields(r *reader, c *Conditions) table {
	return table{
		"latency":         func(n *yaml.Node) { c.Latency = r.duration(n) },
		"bandwidth":       func(n *yaml.Node) { c.Bandwidth = r.size(n) },
		"total-bandwidth": func(n *yaml.Node) { c.TotalBandwidth = r.size(n) },
		"in-flight":       func(n *yaml.Node) { c.MaxInFlight = int(r.integer(n)) },
		"per-second":      func(n *yaml.Node) { c.MaxPerSecond = int(r.integer(n)) },
		"crowding":        func(n *yaml.Node) { c.Crowding = int(r.integer(n)) },
		"stragglers":      func(n *yaml.Node) { readStragglers(r, n, "stragglers", &c.Stragglers) },
		"uneven":          func(n *yaml.Node) { readStragglers(r, n, "uneven", &c.Uneven) },
	}
}

func readStragglers(r *reader, n *yaml.Node, what string, s *Stragglers) {
	r.fields(n, what, table{
		"probability": func(n *yaml.Node) { s.Probability = r.number(n) },
		"factor":      func(n *yaml.Node) { s.Factor = r.number(n) },
	})
}
