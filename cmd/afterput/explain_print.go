package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"afterput/events"
	"afterput/rules"
)

// printer prints explanations for people: in colours on a terminal, plain
// elsewhere.
type printer struct {
	w      io.Writer
	file   string // name of the rules file, as places are given
	colour bool
}

func newPrinter(w io.Writer, rulesFile string) *printer {
	p := &printer{w: w, file: rulesFile}
	if f, ok := w.(*os.File); ok {
		p.colour = term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return p
}

// Colours, as SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p *printer) paint(colour, s string) string {
	if !p.colour || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

func (p *printer) object(o events.Object) {
	fmt.Fprintf(p.w, "%s\n", p.paint(bold, "oss://"+o.Bucket+"/"+o.Key))
}

func (p *printer) explanation(e *explanation) {
	if e.Ignored != "" {
		fmt.Fprintf(p.w, "no rule is asked: %s\n", e.Ignored)
		return
	}
	names, reasons := 0, 0
	for _, v := range e.Rules {
		names = max(names, len(v.Rule))
		reasons = max(reasons, min(len(reasonOf(v)), 60))
	}
	for _, v := range e.Rules {
		fmt.Fprintf(p.w, "%-*s  %s  %-*s  %s\n", names, v.Rule, p.answer(v.Answer), reasons, reasonOf(v),
			p.paint(dim, fmt.Sprintf("%s:%d", p.file, v.Line)))
		for _, i := range v.Copies {
			p.copy(e.Copies[i])
		}
		for _, s := range v.Shadowed {
			fmt.Fprintf(p.w, "  %s %s  shadowed: rule %s (line %d) writes it already\n", p.paint(dim, "→"), s.Destination, s.By, s.ByLine)
		}
		for _, line := range v.Needless {
			fmt.Fprintf(p.w, "  %s the object itself, and nothing would change: not made %s\n", p.paint(dim, "→"), p.paint(dim, fmt.Sprintf("(line %d)", line)))
		}
	}
	p.requests(e.Requests, e.Assumed)
	p.time(e.Time)
}

// requests prints what would be sent, a line each with its headers below.
func (p *printer) requests(sent []sentRequest, assumed []string) {
	as := ""
	if assumed != nil {
		as = ", for an object " + strings.Join(assumed, ", ")
	}
	if len(sent) == 0 {
		fmt.Fprintf(p.w, "no request is sent%s\n", as)
		return
	}
	fmt.Fprintf(p.w, "requests%s:\n", as)
	for _, r := range sent {
		times := ""
		if r.Times > 1 {
			times = p.paint(dim, fmt.Sprintf("  × %d, a range of the source each", r.Times))
		}
		fmt.Fprintf(p.w, "  %s %s%s\n", p.paint(bold, r.Method), r.Path, times)
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			fmt.Fprintf(p.w, "    %s: %s\n", p.paint(dim, name), r.Headers[name])
		}
	}
}

func (p *printer) answer(answer rules.Answer) string {
	colour := map[rules.Answer]string{rules.Matched: green, rules.NotMatched: dim, rules.Depends: yellow, rules.Unreadable: red}[answer]
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
	fmt.Fprintf(p.w, "  %s %s\n", p.paint(green, "→"), p.paint(bold, c.Destination))
	if c.Error != "" {
		fmt.Fprintf(p.w, "    %s %s\n", p.paint(red, "cannot be made:"), c.Error)
	}
	width := 0
	for _, v := range c.Values {
		width = max(width, len(v.Field))
	}
	for _, v := range c.Values {
		where := string(v.From)
		if v.Line > 0 {
			where += fmt.Sprintf(", line %d", v.Line)
		}
		note := ""
		if v.Note != "" {
			note = "; " + v.Note
		}
		text := v.Text
		if text == "" {
			text = "–"
		}
		fmt.Fprintf(p.w, "    %-*s  %s %s\n", width, v.Field, text, p.paint(dim, "("+where+note+")"))
	}
	for _, hop := range c.Chain {
		sure := ""
		if !hop.Sure {
			sure = "perhaps "
		}
		if hop.Unchanged {
			fmt.Fprintf(p.w, "    %s%s finds it as it wants it: unchanged, and the chain ends %s\n", strings.Repeat("  ", hop.Depth-1)+p.paint(dim, "then "+sure), hop.Rule,
				p.paint(dim, fmt.Sprintf("(line %d)", hop.Line)))
			continue
		}
		fmt.Fprintf(p.w, "    %s%s%s → oss://%s/%s %s\n", strings.Repeat("  ", hop.Depth-1), p.paint(dim, "then "+sure), hop.Rule, hop.Bucket, hop.Key,
			p.paint(dim, fmt.Sprintf("(line %d)", hop.Line)))
	}
}
