package randomrules

import (
	"fmt"
	"slices"
	"strings"
)

// About is what random files are about.
type About int

const (
	// Keys are files whose rules have conditions on bucket, event and key only, and copies to buckets that are no
	// sources. All of them load.
	Keys About = iota
	// Everything are files with any field of the language. Many do not load, because copies may loop or fields do not
	// go together.
	Everything
	// Wrong are files like those, some of whose values are wrong.
	Wrong
)

// wrongs is how many of 100 values of a file are wrong.
func (a About) wrongs() int {
	if a == Wrong {
		return 4
	}
	return 0
}

// Rules makes a rules file.
func (r *Random) Rules(about About) string {
	text := r.top(about) + "rules:\n"
	most := 3
	if about == Keys {
		most = 8
	}
	n := 1 + r.IntN(most)
	for i := range n {
		match := orEmpty(r.block(conditions, about))
		text += fmt.Sprintf("  - name: r%d\n    match: %s\n", i, match)
		if except := r.block(conditions, about); except != "" && r.chance(40) {
			text += "    except: [" + except + "]\n"
		}
		text += r.flag("disabled", 10)
		if last := i+1 == n; !last && r.chance(8) {
			text += "    stop: true\n    copy: []\n"
			continue
		}
		text += r.flag("stop", 15) + r.copies(about, i, match)
	}
	return text
}

// top writes what precedes the rules.
func (r *Random) top(about About) string {
	text := "version: " + OneOf(r, []string{"1", "'1'"}) + "\n"
	text += "sources: " + OneOf(r, []string{list(Sources), `["${env.BUCKET:-one}", two]`}) + "\n"
	if r.chance(20) {
		text += "time-zone: " + OneOf(r, []string{`"+08:00"`, "Asia/Kolkata", "UTC"}) + "\n"
	}
	var defaults []string
	if about != Keys && r.chance(15) {
		if fields := r.block(inCopies, about); fields != "" {
			defaults = append(defaults, "copy: "+withGroup("", fields))
		}
	}
	if r.chance(15) {
		if except := r.block(conditions, about); except != "" {
			defaults = append(defaults, "except: ["+except+"]")
		}
	}
	if defaults != nil {
		text += "defaults: {" + strings.Join(defaults, ", ") + "}\n"
	}
	return text
}

// copies writes the copies of a rule with that number, and sometimes a deletion.
func (r *Random) copies(about About, number int, match string) string {
	if about == Keys {
		return fmt.Sprintf("    copy: [{bucket: %s, key: \"%d/${key}\"}]\n", list(some(r, Destinations)), number)
	}
	text := "    copy:\n"
	for range 1 + r.IntN(2) {
		text += "      - " + withGroup(match, orEmpty(r.block(inCopies, about))) + "\n"
	}
	if entry := r.block(inDeletes, about); entry != "" && r.chance(8) {
		text += "    delete: [" + entry + "]\n"
	}
	return text
}

// flag writes, in some of 100 rules, a field that is true or false.
func (r *Random) flag(name string, percent int) string {
	if !r.chance(percent) {
		return ""
	}
	return "    " + name + ": " + OneOf(r, []string{"true", "true", "false"}) + "\n"
}

// block writes some of the fields in braces; "" for none.
func (r *Random) block(fields []field, about About) string {
	var all, names []string
	for i := range fields {
		f := &fields[i]
		if about == Keys && !f.aboutKeys || !r.chance(f.percent) {
			continue
		}
		fits := func(name string) bool { return slices.Contains(names, name) }
		if beside[f.name] != nil && !slices.ContainsFunc(beside[f.name], fits) {
			continue
		}
		names = append(names, f.name)
		value := f.value(r)
		if r.chance(about.wrongs()) {
			value = OneOf(r, wrong)
		}
		all = append(all, f.name+": "+value)
	}
	if all == nil {
		return ""
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func orEmpty(block string) string {
	if block == "" {
		return "{}"
	}
	return block
}

// RulesThatLoad makes rules files until one loads.
func (r *Random) RulesThatLoad(about About, load func(text string) error) string {
	for {
		if text := r.Rules(about); load(text) == nil {
			return text
		}
	}
}
