package rules

import "strings"

// Answer says whether a rule takes an object.
type Answer string

// The answers of a [Verdict].
const (
	Matched    Answer = "yes"
	NotMatched Answer = "no"
	// Depends: the answer takes a request that was not made.
	Depends Answer = "depends"
	// Unreadable: the answer takes a fact that could not be read.
	Unreadable Answer = "unreadable"
)

// Verdict explains in words whether one rule takes an object.
type Verdict struct {
	Rule   string `json:"rule"`
	Answer Answer `json:"answer"`
	// Reason is the first condition that failed, what the answer depends on, or
	// why a fact could not be read. For a rule that matched it is empty, unless the rule
	// makes no copy.
	Reason string `json:"reason,omitempty"`
	// Line is the line of the condition that decided, else of the rule.
	Line int `json:"line"`
	// Groups are the named groups of the rule's regexp, if it matched.
	Groups []Pair `json:"groups,omitempty"`
	// Copies are the indexes in [Plan.Copies] of the copies that the rule makes.
	Copies []int `json:"copies,omitempty"`
	// Shadowed are copies that the rule does not make, because an earlier one writes the
	// same destination.
	Shadowed []Shadowed `json:"shadowed,omitempty"`
	// Needless are the lines of copies that the rule does not make, because their
	// destination is the object itself and they would change nothing.
	Needless []int `json:"needless,omitempty"`
	// Distance says how far the rule is from taking the object, to list the nearest rules first: 0 if
	// it takes it, 1 if that is not known, 2 if it would unless it were disabled, or an earlier rule
	// with stop took the object, else 2 and the number of conditions in the way.
	Distance int `json:"-"`
}

// Shadowed is a copy that is not made, because an earlier one writes its destination.
type Shadowed struct {
	Line        int    `json:"line"`
	Destination string `json:"destination"` // oss://bucket/key
	By          string `json:"by"`          // the rule that writes there
	ByLine      int    `json:"by_line"`
}

// Verdicts explains for every rule, in the file's order, why it takes the plan's object
// or not. It asks for no more facts than the plan did.
func (p *Plan) Verdicts() []Verdict {
	q := query{object: &p.object, events: p.happened(), facts: p.facts.withoutSource(), unsure: p.unsure}
	all := make([]Verdict, len(p.set.rules))
	stoppedBy, stopDepends := "", ""
	for i, r := range p.set.rules {
		v := &all[i]
		*v = Verdict{Rule: r.name, Line: r.line, Answer: NotMatched}
		found := r.test(&q)
		disabled := ""
		if r.disabled {
			disabled = "disabled, and "
		}
		switch {
		case p.object.Ignored != "":
			v.Reason = disabled + "the event does not leave a complete object: " + p.object.Ignored
		case stoppedBy != "":
			v.Reason = disabled + "rule " + stoppedBy + " has stop and takes the object first"
		case r.disabled:
			v.Reason = found.disabledReason(&q)
		default:
			p.explain(v, r, found, &q)
			if found.truth != no && stopDepends != "" {
				v.Answer, v.Reason = Depends, strings.TrimSuffix("on rule "+stopDepends+
					", which has stop and may take the object first; "+v.Reason, "; ")
			}
		}
		v.setDistance(r, found, &q)
		if r.disabled || stoppedBy != "" || p.object.Ignored != "" {
			continue
		}
		if r.stop && found.truth == yes {
			stoppedBy = r.name
		} else if r.stop && found.truth != no && stopDepends == "" {
			stopDepends = r.name
		}
	}
	return all
}

func (p *Plan) explain(v *Verdict, r *rule, f testResult, q *query) {
	switch f.truth {
	case no:
		v.Reason, v.Line = f.reason(q)
		return
	case depends:
		v.Answer, v.Line, v.Reason = Depends, f.block.given[f.condition], f.dependsReason(q)
	case unread:
		v.Answer, v.Line, v.Reason = Unreadable, f.block.given[f.condition], f.unreadReason()
	case yes:
		v.Answer, v.Reason = Matched, r.matchedReason()
	}
	if re := r.match.regexp; re != nil {
		if found := re.find(p.object.Key); found != nil {
			for _, name := range re.groupNames() {
				v.Groups = append(v.Groups, Pair{name, re.group(name, found)})
			}
		}
	}
	for i := range p.Copies {
		if p.Copies[i].details.spec.rule == r {
			v.Copies = append(v.Copies, i)
		}
	}
	for _, s := range p.shadowed {
		if s.spec.rule == r {
			by := p.Copies[s.by]
			v.Shadowed = append(v.Shadowed, Shadowed{s.spec.line, "oss://" + s.bucket + "/" + s.key, by.Rule, by.Line})
		}
	}
	for _, c := range p.needless {
		if c.rule == r {
			v.Needless = append(v.Needless, c.line)
		}
	}
}

// matchedReason says what is special about an object that the rule takes.
func (r *rule) matchedReason() string {
	if r.onlyStops() {
		return "makes no copy and has stop: no rule below takes the object"
	}
	return ""
}

// reason says in words why a rule does not take the object, with the line of the condition.
func (f testResult) reason(q *query) (string, int) {
	if !f.except {
		return f.block.failureText(f.condition, q), f.block.given[f.condition]
	}
	return "excluded by " + f.block.exceptName() + ": " + f.block.allText(), f.block.line()
}

// dependsReason says what it depends on whether a rule takes the object.
func (f testResult) dependsReason(q *query) string {
	reason := "on " + f.condition.request(q) + ": " + f.block.text(f.condition)
	if f.except {
		reason += " (" + f.block.exceptName() + ")"
	}
	return reason
}

// unreadReason says why it cannot be known whether a rule takes the object.
func (f testResult) unreadReason() string { return f.block.text(f.condition) + ": " + f.err.Error() }

// disabledReason says of a disabled rule what it would make of the object.
func (f testResult) disabledReason(q *query) string {
	switch f.truth {
	case yes:
		return "disabled; it would take the object"
	case depends:
		return "disabled; else it would depend " + f.dependsReason(q)
	case unread:
		return "disabled; " + f.unreadReason()
	}
	reason, _ := f.reason(q)
	return "disabled, and " + reason
}

// exceptName is the field that an except block is under.
func (b *block) exceptName() string {
	if b.defaults {
		return "defaults.except"
	}
	return "except"
}

// request names the request that it takes to test a condition.
func (c condition) request(q *query) string {
	switch {
	case c == byTagging:
		return getObjectTagging
	case q.predicted != nil, c == byEvent, c == byPrincipal, c == bySourceIP:
		return "the event"
	}
	return headObject
}
