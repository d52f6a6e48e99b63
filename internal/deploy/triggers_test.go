package deploy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"afterput/events"
	"afterput/internal/randomrules"
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
		text += fmt.Sprintf("  - name: r%d\n    match: %s\n", i, m)
		if !strings.Contains(m, "copy:") {
			text += fmt.Sprintf("    copy: [{bucket: dst, key: \"%d/${key}\"}]\n", i)
		}
	}
	return text
}

// show writes triggers as a test expects them: PREFIX*SUFFIX EVENT,EVENT, with all for all events of an upload, and
// with + where a trigger delivers more than the rules want.
func show(triggers []Trigger) (all []string) {
	for _, t := range triggers {
		names := strings.ReplaceAll(strings.Join(t.Events, ","), "ObjectCreated:", "")
		if slices.Equal(t.Events, rules.UploadEvents()) {
			names = "all"
		}
		line := t.Prefix + "*" + t.Suffix + " " + names
		if t.Type != Native {
			line = t.Type + " " + strings.Join(t.Prefixes, ",") + "*" + strings.Join(t.Suffixes, ",") + " " + names
		}
		if t.Excess != "" {
			line += " +"
		}
		all = append(all, line)
	}
	return all
}

// many are n texts that differ in a number.
func many(format string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return all
}

func TestTriggersAreTheNarrowestThatOSSAllows(t *testing.T) {
	onEvents := func(names ...string) string { return "{event: [" + strings.Join(names, ", ") + "]}" }
	const replica = "ObjectReplication:ObjectCreated"
	const onReplica = "event: " + replica
	const ignored = "\n    stop: true\n    copy: []"
	const onPut, onPost = "event: ObjectCreated:PutObject", "event: ObjectCreated:PostObject"
	for name, c := range map[string]struct{ matches, want []string }{
		"everything":        {[]string{"{}"}, []string{"* all"}},
		"prefix and suffix": {[]string{"{prefix: in/, suffix: .jpg}"}, []string{"in/*.jpg all"}},
		"lists": {
			[]string{"{prefix: [a/, b/], suffix: [.x, .y]}"},
			[]string{"a/*.x all", "a/*.y all", "b/*.x all", "b/*.y all"},
		},
		"glob": {
			[]string{"{glob: ['in/**/*.jpg', 'logs/*']}"}, []string{"in/*.jpg all", "logs/* all"},
		},
		"a glob that also matches its folder": {[]string{"{glob: 'in/**'}"}, []string{"in* all"}},
		"a suffix within globs": {
			[]string{"{glob: ['*.a', 'x/**/*a'], suffix: [a, .a], prefix: x/}"}, []string{"x/*a all"},
		},
		"an except of all but one": {
			[]string{"{prefix: [a/, b/]}\n    except: [{prefix: b/}]"}, []string{"a/* all"},
		},
		"an except of an event": {
			[]string{"{}\n    except: [" + onEvents(rules.UploadEvents()[1:]...) + "]"}, []string{"* PutObject"},
		},
		"a stop above": {
			[]string{"{prefix: a/}\n    stop: true", "{prefix: [a/, b/]}"}, []string{"a/* all", "b/* all"},
		},
		"alternatives": {[]string{"{regexp: '^(in|out|i)/'}"}, []string{"i/* all", "in/* all", "out/* all"}},
		"alternatives at both ends": {
			[]string{`{regexp: '^(a|b)/.*\.(jpg|png)$'}`},
			[]string{"a/*.jpg all", "a/*.png all", "b/*.jpg all", "b/*.png all"},
		},
		"alternatives that differ in both": {
			[]string{`{regexp: '^(a/.*\.jpg|b/.*\.png)$'}`}, []string{"a/*.jpg all", "b/*.png all"},
		},
		"any case": {[]string{"{regexp: '(?i)^in/'}"}, []string{"IN/* all", "In/* all", "iN/* all", "in/* all"}},
		"any case, too many for all": {
			[]string{"{regexp: '(?i)^orders/'}"},
			[]string{"ORD* all +", "ORd* all +", "OrD* all +", "Ord* all +", "oRD* all +", "oRd* all +", "orDE* all",
				"orDe* all", "ordE* all", "orde* all"},
		},
		"digits are not distinguished": {[]string{`{regexp: '^x\d'}`}, []string{"x* all"}},
		"ignore-case": {
			[]string{"{prefix: in/, suffix: .1x, ignore-case: true}"},
			[]string{"IN/*.1X all", "IN/*.1x all", "In/*.1X all", "In/*.1x all", "iN/*.1X all", "iN/*.1x all",
				"in/*.1X all", "in/*.1x all"},
		},
		"any case, with more spellings than triggers": {
			[]string{"{suffix: [.jpg, .jpeg], ignore-case: true}"},
			[]string{"*.Jpg all", "*.jpg all", "*EG all +", "*Eg all +", "*PG all +", "*Peg all +", "*Pg all +",
				"*eG all +", "*pG all +", "*peg all +"},
		},
		"a long text in any case": {
			[]string{"{prefix: 2026/invoices/, ignore-case: true}"},
			[]string{"2026/INV* all +", "2026/INv* all +", "2026/InV* all +", "2026/Inv* all +", "2026/iNV* all +",
				"2026/iNv* all +", "2026/inVO* all", "2026/inVo* all", "2026/invO* all", "2026/invo* all"},
		},
		"regexp in any case": {
			[]string{`{regexp: '^in/.*(?i)\.(gz|b2)$'}`},
			[]string{"in/*.B2 all", "in/*.GZ all", "in/*.Gz all", "in/*.b2 all", "in/*.gZ all", "in/*.gz all"},
		},
		"ignored": {
			[]string{"{prefix: [a/, b/c/]}" + ignored, "{prefix: [a/x/, b/c/, b/d/], suffix: .x}"},
			[]string{"b/d/*.x all"},
		},
		"ignored in part": {
			[]string{"{prefix: a/, size: {below: 1}}" + ignored, "{prefix: a/, suffix: .x}"},
			[]string{"a/*.x all"},
		},
		"prefix within glob": {
			[]string{"{glob: '**/*.jpg', prefix: [in/, out/]}"}, []string{"in/*.jpg all", "out/*.jpg all"},
		},
		"regexp":             {[]string{`{regexp: '^in/\d+\.csv$'}`}, []string{"in/*.csv all"}},
		"the wider one wins": {[]string{"{prefix: a/}", "{prefix: a/b/}"}, []string{"a/* all"}},
		"crossing":           {[]string{"{prefix: in/}", "{suffix: .jpg}"}, []string{"* all +"}},
		"different suffixes": {
			[]string{"{suffix: .jpg}", "{suffix: .png, prefix: in/}"}, []string{"*.jpg all", "in/*.png all"},
		},
		"events": {
			[]string{"{prefix: a/, " + onPut + "}", "{prefix: b/}"}, []string{"a/* PutObject", "b/* all"},
		},
		"different events": {
			[]string{"{prefix: a/, " + onPut + "}", "{prefix: a/b/, " + onPost + "}"},
			[]string{"a/* PutObject", "a/b/* PostObject"},
		},
		"same filter, other events": {
			[]string{"{prefix: a/, " + onPut + "}", "{prefix: a/, " + onPost + "}"},
			[]string{"a/* PutObject,PostObject"},
		},
		"ten": {many("{prefix: t%d/}", 10), many("t%d/* all", 10)},
		"eleven": {
			append(many("{prefix: x/%d/}", 9), "{prefix: y/}", "{prefix: z/}"),
			[]string{"x/* all +", "y/* all", "z/* all"},
		},
		"eleven of two kinds": {
			append(many("{prefix: a/, suffix: .%d}", 9), many("{prefix: b%d/, suffix: .z}", 2)...),
			append(many("a/*.%d all", 9), "b*.z all +"),
		},
		"suffixes beyond ASCII": {
			append(many("{suffix: .%d}", 7), "{suffix: 1ab}", "{suffix: 2ab}", "{suffix: 中文}", "{suffix: 丰文}"),
			append(many("*.%d all", 7), "*1ab all", "*2ab all", "*文 all +"),
		},
		"whole characters": {
			append(many("{prefix: '%d/'}", 9), "{prefix: 中}", "{prefix: 丰}"), []string{"* all +"},
		},
		"rules that match no key": {
			[]string{"{suffix: .jpg, glob: '*.png'}", "{prefix: b/, regexp: ^a/}", "{prefix: a/}"},
			[]string{"a/* all"},
		},
		"replicated": {
			[]string{"{prefix: in/, suffix: .x, event: [ObjectCreated:PutObject, ObjectReplication:ObjectCreated]}"},
			[]string{"in/*.x PutObject", "eventbridge in/*.x " + replica},
		},
		"replicated, several": {
			[]string{"{prefix: [in/, out/], suffix: [.x, .y], " + onReplica + "}"},
			[]string{"eventbridge in/,out/*.x,.y " + replica},
		},
		"replicated, within another": {
			[]string{"{prefix: [in/, in/a/, b], " + onReplica + "}"}, []string{"eventbridge b,in/* " + replica},
		},
		"replicated, not each with each": {
			[]string{"{prefix: in/, suffix: .x, " + onReplica + "}", "{prefix: out/, suffix: .y, " + onReplica + "}"},
			[]string{"eventbridge in/,out/*.x,.y " + replica + " +"},
		},
		"replicated, any": {
			[]string{"{prefix: in/, " + onReplica + "}", "{suffix: .y, " + onReplica + "}"},
			[]string{"eventbridge * " + replica + " +"},
		},
		"replicated, more than a pattern takes": {
			[]string{"{prefix: [a/, b/, c/, d/, in/1/, in/2/], suffix: [1中文, 2丰文, .3, .4, .5, .6], " + onReplica + "}"},
			[]string{"eventbridge a/,b/,c/,d/,in/*.3,.4,.5,.6,文 " + replica + " +"},
		},
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

func TestConditionsThatTriggersCannotFilterByAreNamedWithTheirRules(t *testing.T) {
	_, notes := Triggers(load(t, rulesOf("{prefix: a/, size: {below: 1KiB}}", "{glob: 'b/*.x'}",
		"{prefix: c/, size: {below: 1KiB}}\n    except: [{suffix: .y}]", "{prefix: d/, suffix: .z}",
		"{prefix: invoices/, ignore-case: true}", "{suffix: .x, ignore-case: true}")))
	want := []string{"triggers cannot filter by size (r0, r2), glob (r1), except (r2), ignore-case (r4): " +
		"the function is called for more objects than these rules match"}
	if !slices.Equal(notes, want) {
		t.Errorf("notes %q, want %q", notes, want)
	}
	_, notes = Triggers(load(t, rulesOf("{prefix: d/, suffix: .z, event: ObjectCreated:PutObject}",
		"{glob: 'e/**/*.x'}", "{regexp: '^(f|g)/'}", "{prefix: [h/, i/]}\n    except: [{prefix: i/}]")))
	if notes != nil {
		t.Errorf("notes %q, although filters express all conditions", notes)
	}
}

func TestMoreTriggersThanABucketCanHaveAreCounted(t *testing.T) {
	const eleven = "bucket src: the rules need 11 OSS triggers, and a bucket can have 10"
	for n, want := range map[int]string{10: "", 11: eleven} {
		set := load(t, rulesOf(many("{prefix: t%d/}", n)...))
		triggers, notes := Triggers(set)
		if len(triggers) > 10 || !slices.Equal(notes, MergeNotes(set)) ||
			(want == "") != (notes == nil) || want != "" && !strings.HasPrefix(notes[0], want) {
			t.Errorf("%d filters: %d triggers, notes %q and with s.yaml %q", n, len(triggers), notes, MergeNotes(set))
		}
	}
}

func TestMoreTriggersThanAFunctionCanHaveAreReported(t *testing.T) {
	text := "version: 1\nsources: [src-0, src-1, src-2, src-3, src-4, src-5]\nrules:\n"
	for i := range 10 {
		const rule = "  - {name: r%d, match: {prefix: p%d/}, copy: [{bucket: dst, key: \"%d/${key}\"}]}\n"
		text += fmt.Sprintf(rule, i, i, i)
	}
	set := load(t, text)
	triggers, notes := Triggers(set)
	const want = "the function needs 60 triggers, but Function Compute accepts at most 50 for one: "
	if len(triggers) != 60 || len(notes) != 1 || !strings.HasPrefix(notes[0], want) {
		t.Errorf("%d triggers, notes %q", len(triggers), notes)
	}
	problems, warnings := read(t, "", YAML(triggers)).Check(set)
	if len(problems) > 0 || len(warnings) != 1 || !strings.HasPrefix(warnings[0].Message, want) {
		t.Errorf("problems %v, warnings %v", problems, warnings)
	}
}

func TestEventBridgeSelectsByBucketPrefixAndSuffixTogether(t *testing.T) {
	tr := Trigger{
		Type: EventBridge, Bucket: "src", Events: []string{"ObjectReplication:ObjectCreated"},
		Prefixes: []string{"in/<", "out/"}, Suffixes: []string{".x"},
	}
	const want = `{"data":{"oss":{"bucket":{"name":["src"]},"object":{"key":[{"prefix":"in/<"},{"prefix":"out/"}]}}},` +
		`"source":["acs.oss"],"subject":[{"suffix":".x"}],"type":["oss:ObjectReplication:ObjectCreated"]}`
	if got := tr.eventPattern(); got != want {
		t.Errorf("pattern %s\nwant    %s", got, want)
	}
}

func TestFiltersAreWrittenSoThatYAMLReadsThemBack(t *testing.T) {
	for _, text := range []string{
		"", "it's", "a: b #c", "-", "~", "1", "\"", "{a}", "*x", `\`, "中文",
		"tab\there", "line\nbreak", "\x7f", "\u0085",
	} {
		m := read(t, "", YAML([]Trigger{{
			Name: "t", Type: Native, Bucket: "src", Events: rules.UploadEvents(), Prefix: text, Suffix: text,
		}}))
		if len(m.triggerProblems) > 0 || len(m.triggers) != 1 {
			t.Fatalf("%q: %v, %+v", text, m.triggerProblems, m.triggers)
		}
		if tr := m.triggers[0]; tr.prefixes[0] != text || tr.suffixes[0] != text {
			t.Errorf("%q: %+v", text, tr)
		}
	}
}

// checkYAML reads the triggers back from an s.yaml and compares them with the rules.
func checkYAML(t *testing.T, set *rules.Set, triggers []Trigger) {
	t.Helper()
	problems, warnings := read(t, "", YAML(triggers)).Check(set)
	if len(problems)+len(warnings) > 0 {
		t.Errorf("%v\n%v\n%s", problems, warnings, YAML(triggers))
	}
}

// goodFunction is the rest of a function in which nothing is wrong.
const goodFunction = `      functionName: f
      runtime: go1
      handler: main
      role: afterput
      code: ./dist/function
      asyncInvokeConfig: {destinationConfig: {onFailure: {destination: queue}}}
`

// read makes an s.yaml of triggers.
func read(t *testing.T, vars, triggers string) *Manifest {
	t.Helper()
	return manifestOf(t, "vars: {region: cn-hangzhou"+vars+"}\nresources:\n  f:\n    component: fc3\n    props:\n"+
		"      region: ${vars.region}\n"+goodFunction+triggers)
}

// delivers reports whether a trigger delivers an event, as OSS's documentation says.
func delivers(t Trigger, o events.Object) bool {
	return t.Bucket == o.Bucket && slices.Contains(t.Events, o.Event) &&
		strings.HasPrefix(o.Key, t.Prefix) && strings.HasSuffix(o.Key, t.Suffix)
}

func TestExactlyOneTriggerDeliversEachEventThatRandomRulesMatch(t *testing.T) {
	matched, sets := 0, 0
	randomrules.Seeds(t, 300, func(t *testing.T, seed uint64) {
		sets++
		r := randomrules.New(seed)
		text := r.Rules(randomrules.Keys)
		set := load(t, text)
		triggers, _ := Triggers(set)
		wantAllowed(t, triggers, text)
		for range 100 {
			o := r.Object().Object
			if !copies(t, set, o) {
				continue
			}
			matched++
			n := 0
			for _, tr := range triggers {
				if delivers(tr, o) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d triggers deliver %s of oss://%s/%s\n%q\n%s",
					n, o.Event, o.Bucket, o.Key, show(triggers), text)
			}
		}
	})
	if matched < sets {
		t.Errorf("only %d events of %d sets of rules matched: the test shows little", matched, sets)
	}
}

// wantAllowed fails if OSS would refuse the triggers.
func wantAllowed(t *testing.T, triggers []Trigger, text string) {
	filterOf := func(t Trigger) *filter { return &filter{prefix: t.Prefix, suffix: t.Suffix, events: t.Events} }
	count := map[string]int{}
	for i, a := range triggers {
		count[a.Type+a.Bucket]++
		for _, b := range triggers[:i] {
			if a.Bucket == b.Bucket && filterOf(a).overlaps(filterOf(b)) {
				t.Fatalf("%+v\nand %+v overlap\n%s", a, b, text)
			}
		}
	}
	for what, n := range count {
		if n > MostTriggers {
			t.Fatalf("%d triggers of %s\n%s", n, what, text)
		}
	}
}

// copies reports whether the rules copy an object.
func copies(t *testing.T, set *rules.Set, o events.Object) bool {
	plan, err := set.Plan(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(plan.Copies) > 0
}
