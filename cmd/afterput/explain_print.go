package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
	"afterput/rules"
)

// printer prints explanations for people.
type printer struct {
	palette
	w     io.Writer
	file  string // name of the rules file, as locations name it
	first bool   // nothing is printed yet
}

func newPrinter(c console, rulesFile string) *printer {
	return &printer{palette: c.palette(), w: c.out, file: rulesFile, first: true}
}

// object begins the explanation of one object of several.
func (p *printer) object(o events.Object) {
	if !p.first {
		terminal.Fprintf(p.w, "\n")
	}
	p.first = false
	terminal.Fprintf(p.w, "%s\n", p.paint(bold, osscall.URL(o.Bucket, o.Key)))
}

func (p *printer) explanation(e *explanation) {
	if len(e.Deletions) > 0 {
		p.deletions(e.Deletions)
		return
	}
	if e.Ignored != "" {
		terminal.Fprintf(p.w, "no rule is applied: %s\n", e.Ignored)
		return
	}
	names, reasons := 0, 0
	for _, v := range e.Rules {
		names = max(names, len(v.Rule))
		reasons = max(reasons, min(len(reasonOf(v)), 60))
	}
	for _, v := range e.Rules {
		terminal.Fprintf(p.w, "%-*s  %s  %-*s  %s\n", names, v.Rule, p.answer(v.Answer), reasons, reasonOf(v),
			p.paint(dim, fmt.Sprintf("%s:%d", p.file, v.Line)))
		p.copiesOf(v, e)
	}
	if e.Undelivered != "" {
		terminal.Fprintf(p.w, "%s\n", e.Undelivered)
	}
	p.requests(e.Requests, e.Assumed)
	p.time(e.Time)
}

// copiesOf prints the copies of a rule, those that are made and those that are not.
func (p *printer) copiesOf(v rules.Verdict, e *explanation) {
	arrow := p.paint(dim, "→")
	for _, i := range v.Copies {
		p.copy(e.Copies[i])
	}
	for _, s := range v.Shadowed {
		terminal.Fprintf(p.w, "  %s %s  shadowed: rule %s (line %d) writes it already\n",
			arrow, s.Destination, s.By, s.ByLine)
	}
	for _, line := range v.Needless {
		terminal.Fprintf(p.w, "  %s the object itself, and nothing would change: not made %s\n", arrow, p.line(line))
	}
}

// line names a line of the rules file.
func (p *printer) line(line int) terminal.Plain { return p.paint(dim, fmt.Sprintf("(line %d)", line)) }

// requests prints what would be sent, a line each with its headers below.
func (p *printer) requests(sent []sentRequest, assumed []string) {
	as := ""
	if assumed != nil {
		as = ", assuming an object " + strings.Join(assumed, ", ")
	}
	if len(sent) == 0 {
		terminal.Fprintf(p.w, "no request is sent%s\n", as)
		return
	}
	terminal.Fprintf(p.w, "requests%s:\n", as)
	for _, r := range sent {
		var times terminal.Plain
		if r.Times > 1 {
			times = p.paint(dim, fmt.Sprintf("  × %d, a range of the source each", r.Times))
		}
		terminal.Fprintf(p.w, "  %s %s%s\n", p.paint(bold, r.Method), r.Path, times)
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			terminal.Fprintf(p.w, "    %s: %s\n", p.paint(dim, name), r.Headers[name])
		}
	}
}

func (p *printer) answer(answer rules.Answer) terminal.Plain {
	colour := map[rules.Answer]string{
		rules.Matched: green, rules.NotMatched: dim, rules.Depends: yellow, rules.Unreadable: red,
	}[answer]
	return p.paint(colour, fmt.Sprintf("%-7s", answer))
}

// reasonOf is why a rule did not match, or what its regexp found.
func reasonOf(v rules.Verdict) string {
	if v.Reason != "" {
		return v.Reason
	}
	var groups []string
	for _, g := range v.Groups {
		groups = append(groups, "re."+g.Key+"="+g.Value)
	}
	return strings.Join(groups, " ")
}

func (p *printer) copy(c explainedCopy) {
	terminal.Fprintf(p.w, "  %s %s\n", p.paint(green, "→"), p.paint(bold, c.Destination))
	if c.Error != "" {
		terminal.Fprintf(p.w, "    %s %s\n", p.paint(red, "cannot be made:"), c.Error)
	}
	if c.Skipped != "" {
		terminal.Fprintf(p.w, "    %s %s\n", p.paint(dim, "skipped:"), c.Skipped)
	}
	width := 0
	for _, v := range c.Values {
		width = max(width, len(v.Field))
	}
	for _, v := range c.Values {
		origin := p.paint(dim, "("+originOf(v)+")")
		terminal.Fprintf(p.w, "    %-*s  %s %s\n", width, v.Field, cmp.Or(v.Text, "–"), origin)
	}
	for _, hop := range c.Chain {
		p.hop(hop)
	}
}

// originOf is where the value of a field comes from.
func originOf(v rules.Value) string {
	origin := string(v.From)
	if v.Line > 0 {
		origin += fmt.Sprintf(", line %d", v.Line)
	}
	if v.Note != "" {
		origin += "; " + v.Note
	}
	return origin
}

// hop prints what the event of a copy would start in turn.
func (p *printer) hop(hop rules.Hop) {
	then := "then "
	if !hop.Sure {
		then = "then perhaps "
	}
	terminal.Fprintf(p.w, "    %s%s", strings.Repeat("  ", hop.Depth-1), p.paint(dim, then))
	if hop.Unchanged {
		terminal.Fprintf(p.w, "%s: already as the rule wants it: unchanged; the chain ends here %s\n",
			hop.Rule, p.line(hop.Line))
		return
	}
	terminal.Fprintf(p.w, "%s → oss://%s/%s %s\n", hop.Rule, hop.Bucket, hop.Key, p.line(hop.Line))
}
