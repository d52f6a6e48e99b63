package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"afterput/events"

	"pgregory.net/rapid"
)

var keyText = rapid.StringOfN(rapid.SampledFrom([]rune("abA/.")), 1, 8, -1)

// drawBlock writes a match or except block over a small alphabet of keys.
func drawBlock(t *rapid.T, least int) string {
	conditions := map[string][]string{
		"prefix":        {"a", "a/", "[b, a/b]", "b/"},
		"suffix":        {"a", ".b", "[a, b]"},
		"glob":          {`"a/*"`, `"**/b"`, `"*"`, `"{a,b}/**"`},
		"regexp":        {"^a/", "b$", `"^[ab]+$"`, "a"},
		"size":          {"{below: 2}", "{at-least: 1}", "{at-least: 1, below: 3}"},
		"event":         {"ObjectCreated:PutObject", "[ObjectCreated:PutObject, ObjectCreated:PostObject]"},
		"content-type":  {"image/png", "image/*"},
		"principal":     {`"12"`, `"1*"`},
		"source-ip":     {"10.0.0.1", "10.0.0.0/8"},
		"storage-class": {"IA", "[IA, Standard]"},
		"meta":          {"{m: x}", "{m: [x, null]}"},
		"tagging":       {"{k: x}", "{k: [x, z]}", "{k: null}"},
		"bucket":        {"one", "[one, two]"},
	}
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(sortedKeys(conditions)), least, 3, rapid.ID).Draw(t, "conditions")
	var fields []string
	for _, name := range names {
		fields = append(fields, name+": "+rapid.SampledFrom(conditions[name]).Draw(t, name))
	}
	literal := func(name string) bool { return name == "prefix" || name == "suffix" || name == "glob" }
	if slices.ContainsFunc(names, literal) && rapid.IntRange(0, 2).Draw(t, "ignore-case") == 0 {
		fields = append(fields, "ignore-case: true")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func sortedKeys(m map[string][]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func drawObject(t *rapid.T) (events.Object, *testFacts) {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	o := events.Object{
		Bucket:      pick("bucket", "one", "two"),
		Key:         keyText.Filter(func(s string) bool { return s[0] != '/' }).Draw(t, "key"),
		Event:       pick("event", "ObjectCreated:PutObject", "ObjectCreated:PostObject", "ObjectCreated:CopyObject"),
		Size:        events.Some(rapid.Int64Range(0, 3).Draw(t, "size")),
		ContentType: events.Some(pick("type", "image/png", "image/gif", "text/plain")),
		Principal:   pick("principal", "12", "13", "2"), SourceIP: pick("ip", "10.0.0.1", "10.0.0.2", "::1"),
	}
	f := &testFacts{head: Head{StorageClass: pick("class", "IA", "Standard", "Archive")}}
	if v := pick("meta", "", "x", "y"); v != "" {
		f.head.Meta = []Pair{{"m", v}}
	}
	if v := pick("tag", "", "x", "z", "q"); v != "" {
		f.tags = []Pair{{"k", v}}
	}
	return o, f
}

// drawFile is a random rules file.
func drawFile(t *rapid.T) string {
	var file strings.Builder
	file.WriteString("version: 1\nsources: [one, two]\n")
	if rapid.IntRange(0, 3).Draw(t, "defaults") == 0 {
		fmt.Fprintf(&file, "defaults: {except: [%s]}\n", drawBlock(t, 1))
	}
	file.WriteString("rules:\n")
	n := rapid.IntRange(1, 4).Draw(t, "rules")
	for i := range n {
		stop := rapid.Bool().Draw(t, "stop")
		fmt.Fprintf(&file, "  - name: r%d\n    stop: %t\n    match: %s\n", i, stop, drawBlock(t, 0))
		var excepts []string
		for range rapid.IntRange(0, 2).Draw(t, "excepts") {
			excepts = append(excepts, drawBlock(t, 1))
		}
		if excepts != nil {
			fmt.Fprintf(&file, "    except: [%s]\n", strings.Join(excepts, ", "))
		}
		if stop && i < n-1 && rapid.IntRange(0, 3).Draw(t, "only-stops") == 0 {
			file.WriteString("    copy: []\n")
			continue
		}
		file.WriteString("    copy:\n")
		for range rapid.IntRange(1, 2).Draw(t, "copies") {
			fmt.Fprintf(&file, "      - {bucket: \"%s\", key: \"%s\"%s}\n",
				rapid.SampledFrom([]string{"replica", "${bucket}-replica", "r-${stem}"}).Draw(t, "bucket"),
				rapid.SampledFrom([]string{"${key}", "x/${base}", "x", "${dir}/x", "${key#a}", "${key%b}", "x.${ext}",
					"${tag.k}", "${base: -1}"}).Draw(t, "key"),
				rapid.SampledFrom([]string{"", "", `, tagging: {t: "${dir}"}`, `, tagging: {t: "${meta.m}"}`}).
					Draw(t, "tagging"))
		}
	}
	return file.String()
}

// warnedLines are the lines of the copies that the warnings say are never made, or always fail.
func warnedLines(set *Set) (never, shadowed, failing []int) {
	for _, w := range set.Lint() {
		switch w.Code {
		case NeverMatches:
			i := slices.IndexFunc(set.rules, func(r *rule) bool { return r.name == w.Rule })
			for _, c := range set.rules[i].copies {
				never = append(never, c.line)
			}
		case ShadowedCopy:
			shadowed = append(shadowed, w.Line)
		case AlwaysFails:
			failing = append(failing, w.Line)
		}
	}
	return never, shadowed, failing
}

func TestWhatIsWarnedOfAsNeverHappeningNeverHappens(t *testing.T) {
	warned := map[WarningCode]int{}
	few := func(code WarningCode) bool { return warned[code] == 0 }
	codes := []WarningCode{NeverMatches, UselessExcept, ShadowedCopy, AlwaysFails}
	// A hundred random files give each cause a few times, and so sometimes not at all.
	for range 20 {
		rapid.Check(t, func(t *rapid.T) { neverHappens(t, warned) })
		if t.Failed() || !slices.ContainsFunc(codes, few) {
			return
		}
	}
	t.Errorf("the random files gave no cause for a warning: %v", warned)
}

// neverHappens checks that what is warned of in a random file does not happen to random objects, and counts warnings.
func neverHappens(t *rapid.T, warned map[WarningCode]int) {
	file := drawFile(t)
	set, err := Load("rules.yaml", []byte(file), testEnv)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	for _, w := range set.Lint() {
		warned[w.Code]++
	}
	never, shadowed, failing := warnedLines(set)
	for range 10 {
		o, facts := drawObject(t)
		plan, err := set.Plan(o, facts)
		if err != nil {
			t.Fatal(err)
		}
		checkUselessExcepts(t, set, o, facts)
		i := slices.IndexFunc(plan.Copies, func(c Copy) bool {
			return slices.Contains(never, c.Line) || c.Err == nil &&
				(slices.Contains(shadowed, c.Line) || slices.Contains(failing, c.Line))
		})
		if i >= 0 {
			t.Fatalf("the copy on line %d is made of %+v\n%s%s", plan.Copies[i].Line, o, file, warningsText(set))
		}
	}
}

// checkUselessExcepts checks that no except block of which a warning says that it excludes nothing excludes an object.
func checkUselessExcepts(t *rapid.T, set *Set, o events.Object, facts Facts) {
	for _, w := range set.Lint() {
		if w.Code != UselessExcept || w.Rule == "" { // a block of the defaults has no rule of its own
			continue
		}
		at := func(b *block) bool { return b.line() == w.Line && b.col == w.Col }
		r, blocks := &rule{}, set.except // of defaults, which are about every object
		if w.Rule != "" {
			r = set.rules[slices.IndexFunc(set.rules, func(r *rule) bool { return r.name == w.Rule })]
			blocks = r.except
		}
		b := blocks[slices.IndexFunc(blocks, at)]
		q := query{object: &o, events: maskOf(o.Event), facts: &factCache{source: facts}}
		if (&rule{match: r.match, except: []*block{b}}).test(&q).truth != (&rule{match: r.match}).test(&q).truth {
			t.Fatalf("%s excludes %+v\n%s", b.allText(), o, warningsText(set))
		}
	}
}
