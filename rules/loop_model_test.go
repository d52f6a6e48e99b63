package rules

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// simple is a rule of the small language that the random sets are made of, and
// that the simulation below understands by itself.
type simple struct {
	bucket, prefix, suffix, except string // conditions, "" asks nothing
	below, atLeast                 int64
	event                          string
	tag, meta                      string // value of the tag t, or the metadata m, that is asked for; "-" is absent
	class                          string // asked for
	anyCase, exceptAnyCase         bool   // prefix and suffix ignore case, except does
	stop                           bool
	onlyStops                      bool   // with stop: it makes no copy
	never                          string // a prefix that defaults.except has; the same for all rules

	toBucket, toKey string // of the copy; "" is the source's
	alsoTo          string // a second bucket of a list; "" is none
	setTag          string // "" keeps the tags; "-" removes them
	setMeta         string // merged into the metadata as m; "" keeps it, "-" and emptyMeta remove it
	setClass        string
	rewrite         bool // in place
}

// emptyMeta sets the metadata to the empty text, which OSS does not keep.
const emptyMeta = "empty"

// thing is an object of the simulation.
type thing struct {
	bucket, key, event, tag, meta, class string
	size                                 int64
}

func (r simple) takes(o thing) bool {
	n, m := min(len(r.prefix), len(o.key)), max(0, len(o.key)-len(r.suffix))
	return (r.bucket == "" || r.bucket == o.bucket) && sameText(o.key[:n], r.prefix, r.anyCase) &&
		sameText(o.key[m:], r.suffix, r.anyCase) &&
		(r.except == "" || !sameText(o.key[:min(len(r.except), len(o.key))], r.except, r.exceptAnyCase)) &&
		(r.never == "" || !strings.HasPrefix(o.key, r.never)) && o.size >= r.atLeast &&
		(r.below == 0 || o.size < r.below) &&
		(r.event == "" || r.event == o.event) && (r.tag == "" || r.tag == o.tag) &&
		(r.meta == "" || r.meta == o.meta) && (r.class == "" || r.class == o.class)
}

// sameText compares two texts, in any case if anyCase is true.
func sameText(a, b string, anyCase bool) bool { return a == b || anyCase && strings.EqualFold(a, b) }

// outcome says what became of a copy.
type outcome int

const (
	nothing outcome = iota // no destination, or one that is the source and stays as it is
	failed                 // in place, where it may not rewrite
	quiet                  // in place, without an event
	loud                   // an event follows
)

// copies are the rule with each of its copies alone.
func (r simple) copies() []simple {
	if r.onlyStops {
		return nil
	}
	all := []simple{r}
	if r.alsoTo != "" {
		second := r
		second.toBucket = r.alsoTo
		all = append(all, second)
	}
	return all
}

// placeholdersOf are the placeholders of the small language, with their values for a key.
func placeholdersOf(o thing) map[string]string {
	base := o.key[strings.LastIndex(o.key, "/")+1:]
	dir := strings.TrimSuffix(strings.TrimSuffix(o.key, base), "/")
	stem, ext := base, ""
	if dot := strings.LastIndex(base, "."); dot > 0 {
		stem, ext = base[:dot], base[dot+1:]
	}
	folder := dir[strings.LastIndex(dir, "/")+1:]
	some := func(s string, from, to int) string { return s[min(from, len(s)):min(to, len(s))] } // keys are ASCII
	known := func(s string) string { return strings.TrimPrefix(s, "-") }                        // "-" is absent
	last := func(s string, n int) string {
		if len(s) < n {
			return ""
		}
		return s[len(s)-n:]
	}
	return map[string]string{
		"${key}": o.key, "${base}": base, "${dir}": dir, "${dir:-}": dir, "${dir:-a}": cmp.Or(dir, "a"),
		"${key#a/}": strings.TrimPrefix(o.key, "a/"), "${key%b}": strings.TrimSuffix(o.key, "b"),
		"${stem}": stem, "${dir:-b}": cmp.Or(dir, "b"),
		"${dir:-${tag.t:-a}}":       cmp.Or(dir, known(o.tag), "a"),
		"${meta.m:-${base:0:1:-b}}": cmp.Or(known(o.meta), some(base, 0, 1), "b"),
		"${key%b:-bb}":              cmp.Or(strings.TrimSuffix(o.key, "b"), "bb"),
		"${dir:-${key: -1}}":        cmp.Or(dir, last(o.key, 1)),
		"${dir,,:-B}":               cmp.Or(strings.ToLower(dir), "B"),
		"${dir,,:-b}":               cmp.Or(strings.ToLower(dir), "b"),
		"${dir:-B}":                 cmp.Or(dir, "B"), "${dir#a:-b}": cmp.Or(strings.TrimPrefix(dir, "a"), "b"),
		"${dir:0:1:-b}": cmp.Or(some(dir, 0, 1), "b"), "${stem,,}": strings.ToLower(stem),
		"${stem:0:1}": some(stem, 0, 1), "${ext^^}": strings.ToUpper(ext),
		"${dir.base}": folder, "${dir.base:-b}": cmp.Or(folder, "b"),
		"${hash:0:1}": hashOf(o.bucket, o.key)[:1],
		"${key:0:1}":  some(o.key, 0, 1), "${key:0:2}": some(o.key, 0, 2), "${key:1:3}": some(o.key, 1, 4),
		"${key: -2}": last(o.key, 2), "${base: -2,,}": strings.ToLower(last(base, 2)),
		"${base:0:2}": some(base, 0, 2), "${base: -1}": last(base, 1),
		"${key#a/:0:2}": some(strings.TrimPrefix(o.key, "a/"), 0, 2),
		"${key,,}":      strings.ToLower(o.key), "${key^^}": strings.ToUpper(o.key),
		"${base,,}": strings.ToLower(base), "${base^^}": strings.ToUpper(base), "${dir,,}": strings.ToLower(dir),
		"${key#a/,,}": strings.ToLower(strings.TrimPrefix(o.key, "a/")),
		"${key%b,,}":  strings.ToLower(strings.TrimSuffix(o.key, "b")), "${key,,:-B}": strings.ToLower(o.key),
		"${base,,:-b}": cmp.Or(strings.ToLower(base), "b"), "${base,,:-B}": cmp.Or(strings.ToLower(base), "B"),
		"${base^^:-b}": cmp.Or(strings.ToUpper(base), "b"), "${base#a}": strings.TrimPrefix(base, "a"),
		"${base%b,,}": strings.ToLower(strings.TrimSuffix(base, "b")), "${ext}": ext, "${ext:-}": ext,
		"${ext,,}": strings.ToLower(ext), "${key%b:-B}": cmp.Or(strings.TrimSuffix(o.key, "b"), "B"),
		"${key#a/:-b}": cmp.Or(strings.TrimPrefix(o.key, "a/"), "b"),
	}
}

// fill fills in a template; not ok if a value is empty that has no default.
func fill(template string, values map[string]string) (text string, ok bool) {
	ok = true
	for placeholder, value := range values {
		if strings.Contains(template, placeholder) && value == "" && !strings.Contains(placeholder, ":-") {
			ok = false
		}
		template = strings.ReplaceAll(template, placeholder, value)
	}
	if strings.Contains(template, "${") {
		panic(template + " is not known to the simulation")
	}
	return template, ok
}

// copy is what the rule makes of an object.
func (r simple) copy(o thing) (thing, outcome) {
	key, ok := fill(r.toKey, placeholdersOf(o))
	key = cmp.Or(key, o.key)
	if !ok || strings.HasPrefix(key, "/") {
		return o, nothing
	}
	to := o
	to.key = key
	if r.toBucket != "" {
		to.bucket = r.toBucket
	}
	inPlace := to.bucket == o.bucket && to.key == o.key
	if r.setTag != "" {
		to.tag = r.setTag
	}
	to.meta = r.metaOf(o)
	if r.setClass != "" {
		to.class = r.setClass
	} else if !inPlace {
		to.class = "Standard"
	}
	switch {
	case !inPlace:
		return to, loud
	case r.setTag == "" && r.setMeta == "" && r.setClass == "":
		return o, nothing
	case (r.setMeta != "" || r.setClass != "") && !r.rewrite:
		return o, failed
	case to.class == o.class && to.meta == o.meta:
		return to, quiet
	}
	return to, loud
}

// metaOf is the metadata that the rule's copy of an object has.
func (r simple) metaOf(o thing) string {
	or := func(s string) string { return strings.Replace(s, "-", "n", 1) } // the default of the template
	switch r.setMeta {
	case "":
		return o.meta
	case emptyMeta:
		return "-"
	case "${tag.t:-}":
		return o.tag
	case "${tag.t:-n}":
		return or(o.tag)
	case "${meta.m:-n}y":
		return or(o.meta) + "y"
	}
	return r.setMeta
}

func (r simple) yaml(i int) string {
	var b strings.Builder
	option := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, ", %s: %s", name, value)
		}
	}
	pair := func(name, key, value string) {
		switch value {
		case "":
		case "-":
			option(name, "{"+key+": null}")
		default:
			option(name, "{"+key+": "+strconv.Quote(value)+"}")
		}
	}
	fmt.Fprintf(&b, "  - name: r%d\n    stop: %t\n    match: {size: {at-least: %d", i, r.stop, r.atLeast)
	if r.below > 0 {
		fmt.Fprintf(&b, ", below: %d", r.below)
	}
	b.WriteString("}")
	option("prefix", r.prefix)
	option("bucket", r.bucket)
	option("suffix", r.suffix)
	if r.anyCase && r.prefix+r.suffix != "" {
		option("ignore-case", "true")
	}
	option("event", r.event)
	option("storage-class", r.class)
	pair("tagging", "t", r.tag)
	pair("meta", "m", r.meta)
	b.WriteString("}\n")
	if r.except != "" {
		fmt.Fprintf(&b, "    except: [{prefix: %q, ignore-case: %t}]\n", r.except, r.exceptAnyCase)
	}
	if r.onlyStops {
		b.WriteString("    copy: []\n")
		return b.String()
	}
	fmt.Fprintf(&b, "    copy: [{rewrite-in-place: %t", r.rewrite)
	if r.toKey != "" {
		option("key", strconv.Quote(r.toKey))
	}
	if r.alsoTo == "" {
		option("bucket", r.toBucket)
	} else {
		option("bucket", "["+r.toBucket+", "+r.alsoTo+"]")
	}
	option("storage-class", r.setClass)
	if r.setTag == "-" {
		option("tagging", "{}")
	} else {
		pair("tagging", "t", r.setTag)
	}
	if r.setMeta != "" {
		option("metadata-directive", "MERGE")
		if r.setMeta == emptyMeta {
			option("meta", `{m: ""}`)
		} else {
			pair("meta", "m", r.setMeta)
		}
	}
	b.WriteString("}]\n")
	return b.String()
}

// endless simulates the function: every rule that takes the object copies it,
// and every copy is an event again, of either kind. It is true if an object
// comes up again among those that follow from it, or if something only grows.
func endless(rules []simple, o thing, open map[thing]bool, ended map[thing]bool) bool {
	if ended[o] || o.bucket == "other" { // no source: its events do not come back
		return false
	}
	if open[o] || len(o.key) > 200 || len(o.meta) > 50 {
		return true
	}
	open[o] = true
	for _, to := range eventsAfter(rules, o) {
		if endless(rules, to, open, ended) {
			return true
		}
	}
	delete(open, o)
	ended[o] = true
	return false
}

// eventsAfter is what the copies made of an object raise.
func eventsAfter(rules []simple, o thing) (all []thing) {
	read := []thing{o} // as a copy may read the source: before or after it was changed in place
	copied := copiesOf(rules, o)
	for _, r := range copied {
		if to, made := r.copy(o); made >= quiet && to.bucket == o.bucket && to.key == o.key {
			read = append(read, to)
		}
	}
	for _, r := range copied {
		for i, from := range read {
			to, made := r.copy(from)
			inPlace := to.bucket == o.bucket && to.key == o.key
			if made < loud || i > 0 && inPlace {
				continue
			}
			for _, to.event = range []string{"ObjectCreated:CopyObject", "ObjectCreated:CompleteMultipartUpload"} {
				all = append(all, to)
			}
		}
	}
	return all
}

// copiesOf are the copies of an object that are made, or fail: one for each destination.
func copiesOf(rules []simple, o thing) (all []simple) {
	written := map[[2]string]bool{}
	for _, r := range rules {
		if !r.takes(o) {
			continue
		}
		for _, one := range r.copies() {
			to, made := one.copy(o)
			if at := [2]string{to.bucket, to.key}; made != nothing && !written[at] {
				written[at] = true
				all = append(all, one)
			}
		}
		if r.stop {
			break
		}
	}
	return all
}
