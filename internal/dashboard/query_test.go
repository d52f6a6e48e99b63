package dashboard

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// line is a line of the log. Its fields have the types of JSON; __time__ is in seconds.
type line map[string]any

// table is the result of a query.
type table struct {
	columns []string
	rows    [][]any // of string and float64
}

// column returns a column by its name.
func (r table) column(t *testing.T, name string) []any {
	t.Helper()
	i := slices.Index(r.columns, name)
	if i < 0 {
		t.Fatalf("there is no column %q; there are %q", name, r.columns)
	}
	all := make([]any, len(r.rows))
	for n, row := range r.rows {
		all[n] = row[i]
	}
	return all
}

var (
	statement = regexp.MustCompile(`^select (.+?)(?: group by (.+?))?(?: order by (\w+)( desc)?)?(?: limit \d+)?$`)
	condition = regexp.MustCompile(`^message\.(\w+)(: | >= )(.+)$`)
	named     = regexp.MustCompile(`^(.+) as (\w+)$`)
	bucketed  = regexp.MustCompile(`^__time__ - __time__ % (\d+)$`)
	plain     = regexp.MustCompile(`^"message\.(\w+)"$`)
	called    = regexp.MustCompile(`^(\w+)\("message\.(\w+)"(?:, ([0-9.]+)| > ([0-9.]+))?\)$`)
)

// run evaluates a query of SLS: a search and, behind |, a statement of SQL.
func run(t *testing.T, query string, lines []line) table {
	t.Helper()
	search, text, ok := strings.Cut(query, " | ")
	m := statement.FindStringSubmatch(text)
	if !ok || m == nil {
		t.Fatalf("%q is not a search and a statement", query)
	}
	var result table
	var values []func([]line) any
	var keys []func(line) any
	grouped := strings.Split(m[2], ", ")
	for _, item := range items(m[1]) {
		of := named.FindStringSubmatch(item)
		if of == nil {
			t.Fatalf("%q has no name", item)
		}
		result.columns = append(result.columns, of[2])
		if slices.Contains(grouped, of[2]) {
			key := keyOf(t, of[1])
			keys = append(keys, key)
			values = append(values, func(group []line) any { return key(group[0]) })
			continue
		}
		values = append(values, aggregate(t, of[1]))
	}
	groups, finds := map[string][]line{}, searchFor(t, search)
	for _, l := range lines {
		if finds(l) {
			id := ""
			for _, key := range keys {
				id += fmt.Sprintf("%q ", key(l))
			}
			groups[id] = append(groups[id], l)
		}
	}
	for _, group := range groups {
		var row []any
		for _, value := range values {
			row = append(row, value(group))
		}
		result.rows = append(result.rows, row)
	}
	by, sign := slices.Index(result.columns, m[3]), 1
	if m[4] != "" {
		sign = -1
	}
	slices.SortFunc(result.rows, func(a, b []any) int {
		if by >= 0 {
			if order := compare(a[by], b[by]) * sign; order != 0 {
				return order
			}
		}
		return slices.CompareFunc(a, b, compare)
	})
	return result
}

// items splits what a statement selects at the commas that are not within parentheses.
func items(text string) (all []string) {
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				all = append(all, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	return append(all, strings.TrimSpace(text[start:]))
}

// searchFor reads a search, which finds lines: conditions, joined by and, then or.
func searchFor(t *testing.T, search string) func(line) bool {
	t.Helper()
	var either [][]func(line) bool
	for some := range strings.SplitSeq(search, " or ") {
		var all []func(line) bool
		for one := range strings.SplitSeq(some, " and ") {
			all = append(all, conditionOf(t, one))
		}
		either = append(either, all)
	}
	return func(l line) bool {
		return slices.ContainsFunc(either, func(all []func(line) bool) bool {
			return !slices.ContainsFunc(all, func(holds func(line) bool) bool { return !holds(l) })
		})
	}
}

func conditionOf(t *testing.T, text string) func(line) bool {
	t.Helper()
	m := condition.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q is not a condition", text)
	}
	least, err := strconv.ParseFloat(m[3], 64)
	if m[2] == " >= " && err != nil {
		t.Fatalf("%q has no number", text)
	}
	return func(l line) bool {
		value, has := l[m[1]]
		switch {
		case !has || m[3] == "*":
			return has
		case m[2] == ": ":
			return value == m[3]
		}
		number, is := value.(float64)
		return is && number >= least
	}
}

// keyOf is an expression by which lines are grouped.
func keyOf(t *testing.T, text string) func(line) any {
	t.Helper()
	if m := bucketed.FindStringSubmatch(text); m != nil {
		width, _ := strconv.ParseFloat(m[1], 64)
		return func(l line) any {
			at := l["__time__"].(float64)
			return at - math.Mod(at, width)
		}
	}
	m := plain.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q is neither a field nor a time", text)
	}
	return func(l line) any {
		if v, has := l[m[1]]; has {
			return v
		}
		return "null"
	}
}

// aggregate is an expression over the lines of a group.
func aggregate(t *testing.T, text string) func([]line) any {
	t.Helper()
	if text == "count(*)" {
		return func(group []line) any { return float64(len(group)) }
	}
	m := called.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q is not an aggregate", text)
	}
	argument, _ := strconv.ParseFloat(m[3]+m[4], 64)
	reduce := map[string]func([]any) any{
		"sum": func(all []any) any {
			sum := 0.0
			for _, v := range all {
				sum += v.(float64)
			}
			return sum
		},
		"max": func(all []any) any {
			if len(all) == 0 {
				return "null"
			}
			return slices.MaxFunc(all, compare)
		},
		"count_if": func(all []any) any {
			return float64(len(slices.DeleteFunc(all, func(v any) bool { return v.(float64) <= argument })))
		},
		"approx_percentile": func(all []any) any {
			if len(all) == 0 {
				return "null"
			}
			slices.SortFunc(all, compare)
			return all[max(0, int(math.Ceil(argument*float64(len(all))))-1)]
		},
		"approx_distinct": func(all []any) any {
			slices.SortFunc(all, compare)
			return float64(len(slices.Compact(all)))
		},
	}[m[1]]
	if reduce == nil {
		t.Fatalf("the function %s is not known", m[1])
	}
	return func(group []line) any {
		var all []any
		for _, l := range group {
			if v, has := l[m[2]]; has {
				all = append(all, v)
			}
		}
		return reduce(all)
	}
}

// compare orders values: numbers before text.
func compare(a, b any) int {
	x, number := a.(float64)
	y, other := b.(float64)
	switch {
	case number && other:
		return cmp.Compare(x, y)
	case number != other && number:
		return -1
	case number != other:
		return 1
	}
	return cmp.Compare(a.(string), b.(string))
}

func TestAQueryIsEvaluatedAsSLSDoes(t *testing.T) {
	const copied, all = "message.msg: copy and message.outcome: copied | ", "message.msg: copy | "
	lines := []line{
		{"__time__": 60.0, "msg": "copy", "rule": "a", "outcome": "copied", "lag_seconds": 1.0, "bytes": 10.0},
		{"__time__": 119.0, "msg": "copy", "rule": "a", "outcome": "copied", "lag_seconds": 700.0, "bytes": 5.0},
		{"__time__": 120.0, "msg": "copy", "rule": "b", "outcome": "failed", "code": "X", "retry_count": 3.0,
			"error": "e"},
		{"__time__": 130.0, "msg": "rules", "error": "wrong", "retry_count": 4.0},
	}
	for query, want := range map[string]string{
		copied + `select count(*) as n, sum("message.bytes") as bytes`: `[[2 15]]`,
		all + `select __time__ - __time__ % 60 as time, "message.rule" as rule, count(*) as n ` +
			`group by time, rule order by time limit 9`: `[[60 a 2] [120 b 1]]`,
		all + `select "message.rule" as rule, count(*) as n group by rule order by rule desc`: `[[b 1] [a 2]]`,
		`message.code: * and message.retry_count >= 3 | select max("message.error") as e`:     `[[e]]`,
		`message.msg: copy or message.msg: rules | select count(*) as n`:                      `[[4]]`,
		all + `select count_if("message.lag_seconds" > 600) as late, ` +
			`approx_percentile("message.lag_seconds", 0.5) as p50, ` +
			`approx_percentile("message.lag_seconds", 0.99) as p99, ` +
			`approx_distinct("message.rule") as rules`: `[[1 1 700 2]]`,
		`message.msg: nothing | select count(*) as n`: `[]`,
	} {
		if got := fmt.Sprint(run(t, query, lines).rows); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
