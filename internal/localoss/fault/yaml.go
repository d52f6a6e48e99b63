package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader reads a YAML document and collects every problem with its location.
type reader struct {
	name     string
	problems []error
}

// table has a function for each field of a mapping.
type table map[string]func(*yaml.Node)

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	problem := fmt.Sprintf(format, args...)
	r.problems = append(r.problems, fmt.Errorf("%s:%d:%d: %s", r.name, n.Line, n.Column, problem))
}

func (r *reader) err() error { return errors.Join(r.problems...) }

// maxFile is the maximum size of a faults file. It limits the cost of a wrong file.
const maxFile = 1 << 20

// document returns the root of the only document of a file, nil after a problem.
func (r *reader) document(data []byte) *yaml.Node {
	fail := func(format string, args ...any) *yaml.Node {
		r.problems = append(r.problems, fmt.Errorf("%s: %s", r.name, fmt.Sprintf(format, args...)))
		return nil
	}
	if len(data) > maxFile {
		return fail("the file has %d bytes; a faults file has at most %d", len(data), maxFile)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return fail("the file is empty; it needs faults, a model, or both")
	case err != nil:
		return fail("%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if !errors.Is(decoder.Decode(&second), io.EOF) {
		return fail("the file must have only one document")
	}
	return document.Content[0]
}

// fields reads a mapping and returns the values by field.
func (r *reader) fields(n *yaml.Node, what string, known table) map[string]*yaml.Node {
	values := make(map[string]*yaml.Node)
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s must be a mapping, each field \"name: value\"", what)
		return values
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		read, ok := known[name.Value]
		switch {
		case !ok:
			fields := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
			r.problem(name, "%s has no field %q; its fields are %s", what, name.Value, fields)
		case values[name.Value] != nil:
			r.problem(name, "%q is already set on line %d", name.Value, values[name.Value].Line)
		default:
			values[name.Value] = value
			read(value)
		}
	}
	return values
}

func (r *reader) list(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.problem(n, "expected a list")
		return nil
	}
	return n.Content
}

func (r *reader) oneOrMore(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.problem(n, "expected a string")
		return ""
	}
	return n.Value
}

func (r *reader) texts(n *yaml.Node, check func(string) string) []string {
	var all []string
	for _, item := range r.oneOrMore(n) {
		text := r.text(item)
		if problem := check(text); problem != "" {
			r.problem(item, "%s", problem)
		}
		all = append(all, text)
	}
	return all
}

// pairs reads headers; null is "".
func (r *reader) pairs(n *yaml.Node) map[string]string {
	if n.Kind != yaml.MappingNode {
		r.problem(n, "expected a mapping, each entry \"name: value\"")
		return nil
	}
	pairs := make(map[string]string)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := http.CanonicalHeaderKey(r.text(n.Content[i])), n.Content[i+1]
		if _, twice := pairs[name]; twice {
			r.problem(n.Content[i], "%q is given twice", name)
		}
		pairs[name] = ""
		if value.Tag != "!!null" {
			pairs[name] = r.text(value)
		}
	}
	return pairs
}

func headers(pairs map[string]string) http.Header {
	h := make(http.Header)
	for name, value := range pairs {
		h.Set(name, value)
	}
	return h
}

func (r *reader) boolean(n *yaml.Node) bool {
	if n.Tag != "!!bool" {
		r.problem(n, "expected true or false")
	}
	return n.Value == "true"
}

// integer reads a whole number, 0 or more.
func (r *reader) integer(n *yaml.Node) int64 {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Tag != "!!int" || err != nil || v < 0 {
		r.problem(n, "expected a whole number, 0 or more")
		return 0
	}
	return v
}

func (r *reader) number(n *yaml.Node) float64 {
	v, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		r.problem(n, "expected a number")
		return 0
	}
	return v
}

func (r *reader) duration(n *yaml.Node) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.problem(n, "expected a duration such as 20ms, 1.5s or 10m")
	}
	return d
}

// calls reads 3, "2-5" or "3-".
func (r *reader) calls(n *yaml.Node) Calls {
	first, last, isRange := strings.Cut(n.Value, "-")
	var c Calls
	var err, errLast error
	c.First, err = strconv.Atoi(first)
	switch {
	case !isRange:
		c.Last = c.First
	case last != "":
		c.Last, errLast = strconv.Atoi(last)
	}
	bad := err != nil || errLast != nil || c.First < 1 || c.Last < 0 || isRange && last == "0"
	if n.Kind != yaml.ScalarNode || bad {
		r.problem(n, "expected the number of a call, counted from 1, or a range such as 2-5 or 3-")
		return Calls{}
	}
	return c
}

// units are those that sizes have in rules files too.
var units = map[string]float64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

// size reads bytes, or bytes per second, with or without a unit.
func (r *reader) size(n *yaml.Node) float64 {
	digits := strings.TrimRight(n.Value, "BGKMTikbgmt ")
	v, err := strconv.ParseInt(digits, 10, 62)
	unit := n.Value[len(digits):]
	factor, ok := units[unit]
	switch meant := strings.ToUpper(strings.Trim(unit, "iBb ")) + "iB"; {
	case n.Kind == yaml.ScalarNode && err == nil && v >= 0 && ok && float64(v)*factor < 1<<62:
		return float64(v) * factor
	case n.Kind == yaml.ScalarNode && err == nil && !ok && units[meant] > 0:
		r.problem(n, "%q is not a valid size; did you mean %d%s?", n.Value, v, meant)
	default:
		r.problem(n, "%q is not a valid size: write a whole number of bytes, or of B, KiB, MiB, GiB or TiB, such as "+
			"64KiB", n.Value)
	}
	return 0
}
