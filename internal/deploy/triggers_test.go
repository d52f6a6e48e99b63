package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"afterput/events"
	"afterput/rules"
)

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

func load(t interface{ Fatal(...any) }, text string) *rules.Set {
	set, err := rules.Load("rules.yaml", []byte(text), noEnv)
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	return set
}

// rulesOf returns a rules file with one rule for each match block, on the source bucket src.
func rulesOf(matches ...string) string {
	text := "version: 1\nsources: [src]\nrules:\n"
	for i, m := range matches {
		text += fmt.Sprintf("  - name: r%d\n    match: %s\n    copy: [{bucket: dst, key: \"%d/${key}\"}]\n", i, m, i)
	}
	return text
}

// show writes triggers as a test expects them: PREFIX*SUFFIX EVENT,EVENT; all
// for every event of an upload.
func show(triggers []Trigger) (all []string) {
	for _, t := range triggers {
		names := strings.ReplaceAll(strings.Join(t.Events, ","), "ObjectCreated:", "")
		if slices.Equal(t.Events, rules.UploadEvents()) {
			names = "all"
		}
		line := t.Prefix + "*" + t.Suffix + " " + names
		if t.Type != Native {
			line = t.Type + " " + line
		}
		if t.Excess != "" {
			line += " +"
		}
		all = append(all, line)
	}
	return all
}

func TestTriggersAreTheNarrowestThatOSSAllows(t *testing.T) {
	many := func(format string, n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf(format, i))
		}
		return all
	}
	for name, c := range map[string]struct {
		matches []string
		want    []string // with a + where they let more through than the rules name
	}{
		"everything":        {[]string{"{}"}, []string{"* all"}},
		"prefix and suffix": {[]string{"{prefix: in/, suffix: .jpg}"}, []string{"in/*.jpg all"}},
		"lists": {[]string{"{prefix: [a/, b/], suffix: [.x, .y]}"},
			[]string{"a/*.x all", "a/*.y all", "b/*.x all", "b/*.y all"}},
		"glob": {[]string{"{glob: ['in/**/*.jpg', 'logs/*']}"}, []string{"in*.jpg all", "logs/* all"}},
		"prefix within glob": {[]string{"{glob: '**/*.jpg', prefix: [in/, out/]}"},
			[]string{"in/*.jpg all", "out/*.jpg all"}},
		"regexp":             {[]string{`{regexp: '^in/\d+\.csv$'}`}, []string{"in/*.csv all"}},
		"the wider one wins": {[]string{"{prefix: a/}", "{prefix: a/b/}"}, []string{"a/* all"}},
		"crossing":           {[]string{"{prefix: in/}", "{suffix: .jpg}"}, []string{"* all +"}},
		"apart by the suffix": {[]string{"{suffix: .jpg}", "{suffix: .png, prefix: in/}"},
			[]string{"*.jpg all", "in/*.png all"}},
		"events": {[]string{"{prefix: a/, event: ObjectCreated:PutObject}", "{prefix: b/}"},
			[]string{"a/* PutObject", "b/* all"}},
		"apart by the event": {[]string{"{prefix: a/, event: ObjectCreated:PutObject}",
			"{prefix: a/b/, event: ObjectCreated:PostObject}"},
			[]string{"a/* PutObject", "a/b/* PostObject"}},
		"same filter, other events": {[]string{"{prefix: a/, event: ObjectCreated:PutObject}",
			"{prefix: a/, event: ObjectCreated:PostObject}"},
			[]string{"a/* PutObject,PostObject"}},
		"ten": {many("{prefix: t%d/}", 10), many("t%d/* all", 10)},
		"eleven": {append(many("{prefix: x/%d/}", 9), "{prefix: y/}", "{prefix: z/}"),
			[]string{"x/* all +", "y/* all", "z/* all"}},
		"eleven of two kinds": {append(many("{prefix: a/, suffix: .%d}", 9),
			many("{prefix: b%d/, suffix: .z}", 2)...), append(many("a/*.%d all", 9), "b*.z all +")},
		"characters stay whole": {append(many("{prefix: '%d/'}", 9), "{prefix: 中}", "{prefix: 丰}"),
			[]string{"* all +"}},
		"what no key fits": {[]string{"{suffix: .jpg, glob: '*.png'}", "{prefix: b/, regexp: ^a/}",
			"{prefix: a/}"}, []string{"a/* all"}},
		"replicated": {[]string{"{prefix: in/, suffix: .x, event: [ObjectCreated:PutObject, " +
			"ObjectReplication:ObjectCreated]}"},
			[]string{"in/*.x PutObject", "eventbridge in/*.x ObjectReplication:ObjectCreated"}},
		"what s.yaml expands": {[]string{`{regexp: '^a/\$\{x\}b$'}`}, []string{"a/*x}b all"}},
	} {
		t.Run(name, func(t *testing.T) {
			set := load(t, rulesOf(c.matches...))
			triggers, _ := Triggers(set)
			if got := show(triggers); !slices.Equal(got, c.want) {
				t.Errorf("triggers %q\nwant     %q", got, c.want)
			}
			checkYAML(t, set, triggers)
		})
	}
}

func TestWhatNoTriggerCanTellIsSaidWithItsRules(t *testing.T) {
	_, notes := Triggers(load(t, rulesOf("{prefix: a/, size: {below: 1KiB}}", "{glob: 'b/**/*.x'}",
		"{prefix: c/, size: {below: 1KiB}}\n    except: [{suffix: .y}]", "{prefix: d/, suffix: .z}")))
	if want := "triggers cannot filter by size (r0, r2), glob (r1), except (r2): the function is called for more " +
		"objects than these rules match"; !slices.Equal(notes, []string{want}) {
		t.Errorf("notes %q, want %q", notes, want)
	}
	_, notes = Triggers(load(t, rulesOf("{prefix: d/, suffix: .z, event: ObjectCreated:PutObject}")))
	if notes != nil {
		t.Errorf("notes %q although filters say all", notes)
	}
}

func TestEventBridgeSelectsByBucketPrefixAndSuffixAllAtOnce(t *testing.T) {
	tr := Trigger{Type: EventBridge, Bucket: "src", Events: []string{"ObjectReplication:ObjectCreated"}, Prefix: "in/<",
		Suffix: ".x"}
	const want = `{"data":{"oss":{"bucket":{"name":["src"]},"object":{"key":[{"prefix":"in/<"}]}}},"source":["acs.oss"],` +
		`"subject":[{"suffix":".x"}],"type":["oss:ObjectReplication:ObjectCreated"]}`
	if got := tr.eventPattern(); got != want {
		t.Errorf("pattern %s\nwant    %s", got, want)
	}
}

func TestFiltersAreWrittenSoThatYAMLReadsThemBack(t *testing.T) {
	for _, text := range []string{"", "it's", "a: b #c", "-", "~", "1", "\"", "tab\there", "line\nbreak", "\x7f",
		"\u0085", "中文", "{a}", "*x", `\`} {
		m := read(t, "",
			YAML([]Trigger{{Name: "t", Type: Native, Bucket: "src", Events: rules.UploadEvents(), Prefix: text,
				Suffix: text}}))
		if len(m.triggerProblems) > 0 || len(m.triggers) != 1 || m.triggers[0].prefixes[0] != text ||
			m.triggers[0].suffixes[0] != text {
			t.Errorf("%q: %v, %+v", text, m.triggerProblems, m.triggers)
		}
	}
}

// checkYAML reads the triggers back from an s.yaml and compares them with the
// rules.
func checkYAML(t *testing.T, set *rules.Set, triggers []Trigger) {
	t.Helper()
	problems, warnings := read(t, "", YAML(triggers)).Check(set)
	if len(problems)+len(warnings) > 0 {
		t.Errorf("%v\n%v\n%s", problems, warnings, YAML(triggers))
	}
}

// goodFunction is the rest of a function in which nothing is wrong.
const goodFunction = "      functionName: f\n      runtime: go1\n      handler: main\n      role: afterput\n      " +
	"code: ./dist/function\n" +
	"      asyncInvokeConfig: {destinationConfig: {onFailure: {destination: queue}}}\n"

// read makes an s.yaml of triggers.
func read(t *testing.T, vars, triggers string) *Manifest {
	t.Helper()
	text := "vars: {region: cn-hangzhou" + vars + "}\nresources:\n  f:\n    component: fc3\n    props:\n" +
		"      region: ${vars.region}\n" + goodFunction + triggers
	m, err := ReadManifest("s.yaml", []byte(text), noEnv)
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	return m
}

// passes is whether a trigger lets an event through, by OSS's own words.
func passes(t Trigger, o events.Object) bool {
	return t.Bucket == o.Bucket && slices.Contains(t.Events, o.Event) && strings.HasPrefix(o.Key, t.Prefix) &&
		strings.HasSuffix(o.Key, t.Suffix)
}

func TestEachEventThatSomeRuleMatchesPassesExactlyOneTrigger(t *testing.T) {
	matched, sets := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sets++
		set, text := randomRules(t)
		triggers, _ := Triggers(set)
		count := map[string]int{}
		for i, a := range triggers {
			count[a.Type+a.Bucket]++
			for _, b := range triggers[:i] {
				x, y := filter{prefix: a.Prefix, suffix: a.Suffix, events: a.Events}, filter{prefix: b.Prefix,
					suffix: b.Suffix, events: b.Events}
				if a.Bucket == b.Bucket && x.overlaps(&y) {
					t.Fatalf("%+v\nand %+v overlap\n%s", a, b, text)
				}
			}
		}
		for what, n := range count {
			if n > MostTriggers {
				t.Fatalf("%d triggers of %s\n%s", n, what, text)
			}
		}
		for range 100 {
			o := randomObject(t)
			plan, err := set.Plan(o, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Copies) == 0 {
				continue
			}
			matched++
			n := 0
			for _, tr := range triggers {
				if passes(tr, o) {
					n++
				}
			}
			if n != 1 {
				t.Fatalf("%s of oss://%s/%s passes %d triggers\n%q\n%s", o.Event, o.Bucket, o.Key, n, show(triggers),
					text)
			}
		}
	})
	if matched < sets {
		t.Errorf("%d events of %d sets of rules were matched only: the test says little", matched, sets)
	}
}

func TestMisdeliveriesAreFoundWhereverAnEventDoesNotComeOnce(t *testing.T) {
	wrong, sets := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sets++
		set, text := randomRules(t)
		var filters []rules.Filter
		for range rapid.IntRange(0, 4).Draw(t, "filters") {
			f := rules.Filter{Bucket: rapid.SampledFrom(buckets).Draw(t, "bucket"),
				Events: rapid.SliceOfDistinct(rapid.SampledFrom(rules.UploadEvents()), rapid.ID).Draw(t, "events")}
			f.Prefixes = rapid.SliceOfN(rapid.SampledFrom(heads), 0, 2).Draw(t, "prefixes")
			f.Suffixes = rapid.SliceOfN(rapid.SampledFrom(tails), 0, 2).Draw(t, "suffixes")
			filters = append(filters, f)
		}
		found := set.Misdeliveries(filters)
		for range 100 {
			o := randomObject(t)
			plan, err := set.Plan(o, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := through(filters, o); len(plan.Copies) > 0 && strings.HasPrefix(o.Event, "ObjectCreated") && n != 1 {
				wrong++
				if len(found) == 0 {
					t.Fatalf("%s of oss://%s/%s passes %d filters\n%+v\n%s", o.Event, o.Bucket, o.Key, n, filters, text)
				}
			}
		}
		for _, d := range found {
			if n := through(filters, events.Object{Bucket: d.Bucket, Event: d.Event, Key: d.Key}); n == 1 ||
				(d.By == nil) != (n == 0) {
				t.Fatalf("%+v: passes %d filters\n%+v\n%s", d, n, filters, text)
			}
		}
	})
	if wrong < sets {
		t.Errorf("%d events of %d sets of rules came otherwise than once: the test says little", wrong, sets)
	}
}

func through(filters []rules.Filter, o events.Object) (n int) {
	for _, f := range filters {
		any := func(all []string, fits func(string, string) bool) bool {
			return len(all) == 0 || slices.ContainsFunc(all, func(s string) bool { return fits(o.Key, s) })
		}
		if f.Bucket == o.Bucket && slices.Contains(f.Events, o.Event) && any(f.Prefixes, strings.HasPrefix) &&
			any(f.Suffixes, strings.HasSuffix) {
			n++
		}
	}
	return n
}

var (
	buckets = []string{"one", "two"}
	heads   = []string{"a", "a/", "a/b", "ab/", "b/", "", "中"}
	tails   = []string{".x", "x", ".y", "b.x", "", "文"}
	globs   = []string{"a/*", "**/*.x", "{a,b}/**/x", "*", "a*b", "[ab]/x", "a/**", "?/b.x"}
)

// randomRules makes a rules file of every kind of condition on the event and the
// key; its copies go elsewhere, so that no loop keeps it from being loaded.
func randomRules(t *rapid.T) (*rules.Set, string) {
	text := "version: 1\nsources: [one, two]\nrules:\n"
	list := func(label string, all []string, most int) string {
		values := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, most, rapid.ID).Draw(t, label)
		values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
		if len(values) == 0 {
			values = []string{"a"}
		}
		return label + `: ["` + strings.Join(values, `", "`) + `"]`
	}
	block := func() string {
		var fields []string
		field := func(label string, all []string) {
			if rapid.IntRange(0, 3).Draw(t, "has "+label) == 0 {
				fields = append(fields, list(label, all, 3))
			}
		}
		field("bucket", buckets)
		field("event", rules.Events())
		field("prefix", heads)
		field("suffix", tails)
		field("glob", globs)
		if rapid.IntRange(0, 4).Draw(t, "has regexp") == 0 {
			fields = append(fields, "regexp: '"+rapid.SampledFrom([]string{"^a/", "x$", "^a/.*[.]x$", "b"}).Draw(t,
				"regexp")+"'")
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "rules") {
		text += fmt.Sprintf("  - name: r%d\n    disabled: %t\n    stop: %t\n    match: %s\n", i,
			rapid.IntRange(0, 9).Draw(t, "disabled") == 0, rapid.IntRange(0, 5).Draw(t, "stop") == 0, block())
		if b := block(); b != "{}" && rapid.Bool().Draw(t, "has except") {
			text += "    except: [" + b + "]\n"
		}
		text += fmt.Sprintf("    copy: [{bucket: dst, key: \"%d/${key}\"}]\n", i)
	}
	set, err := rules.Load("rules.yaml", []byte(text), noEnv)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return set, text
}

// randomObject has an event that the triggers know: rules that name none also
// take those of replication, which they do not get.
func randomObject(t *rapid.T) events.Object {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "x", "y", "a/", "b.x", ".x", "中", "文"})
	key := strings.TrimLeft(strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(t, "key"), ""), "/")
	return events.Object{
		Bucket: rapid.SampledFrom(buckets).Draw(t, "bucket"),
		Event:  rapid.SampledFrom(rules.UploadEvents()).Draw(t, "event"),
		Key:    cmp.Or(key, "x"),
	}
}
