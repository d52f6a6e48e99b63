package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/events"

	"pgregory.net/rapid"
)

func oneOfThese(values ...string) *rapid.Generator[string] { return rapid.SampledFrom(values) }

var simpleRule = rapid.Custom(func(t *rapid.T) simple {
	size := rapid.SampledFrom([]int64{0, 0, 0, 2})
	r := simple{
		bucket:  oneOfThese("", "src-a", "src-b").Draw(t, "bucket"),
		prefix:  oneOfThese("", "", "a/", "b", "b/a").Draw(t, "prefix"),
		suffix:  oneOfThese("", "", "b", "/a", "a", "B").Draw(t, "suffix"),
		except:  oneOfThese("", "", "a/", "b/").Draw(t, "except"),
		event:   oneOfThese("", "", "", "ObjectCreated:PutObject", "ObjectCreated:CopyObject").Draw(t, "event"),
		tag:     oneOfThese("", "", "", "x", "-").Draw(t, "tag"),
		class:   oneOfThese("", "", "", "Standard", "IA").Draw(t, "class"),
		meta:    oneOfThese("", "", "", "", "x", "-").Draw(t, "meta"),
		atLeast: size.Draw(t, "at-least"), stop: rapid.IntRange(0, 5).Draw(t, "stop") == 0,
		anyCase: rapid.IntRange(0, 3).Draw(t, "any-case") == 0, exceptAnyCase: rapid.Bool().Draw(t, "except-any-case"),
		toBucket: oneOfThese("", "src-a", "src-b", "other").Draw(t, "to-bucket"),
		toKey: oneOfThese("${key}", "a/${key}", "b/${base}", "${key#a/}", "${key%b}", "${dir}/b", "a", "b/${key%b}",
			"${base}", "${dir:-}${base}", "${dir:-}/${base}", "${dir:-a}/${base}", "${stem}.b", "${dir}/${stem}.b",
			"${stem}", "${key:0:2}", "${key,,}", "A/${key}", "${key%b}B", "${key%b}b", "a/${key#a/}", "${dir}/${base}",
			"b/${base^^}", "${dir:-${tag.t:-a}}/${base}", "${meta.m:-${base:0:1:-b}}/${base}").Draw(t, "to-key"),
		setTag:   oneOfThese("", "", "x", "y", "-").Draw(t, "set-tag"),
		setClass: oneOfThese("", "", "IA", "Standard").Draw(t, "set-class"),
		setMeta: oneOfThese("", "", "", "x", "y", "-", emptyMeta, "${tag.t:-n}", "${tag.t:-}",
			"${meta.m:-n}y").Draw(t, "set-meta"),
		rewrite: rapid.Bool().Draw(t, "rewrite"),
	}
	if rapid.IntRange(0, 4).Draw(t, "in-place") == 0 {
		r = r.inPlace()
	}
	if r.toBucket != "" && rapid.IntRange(0, 3).Draw(t, "list") == 0 {
		r.alsoTo = oneOfThese("src-a", "src-b", "other").
			Filter(func(b string) bool { return b != r.toBucket }).Draw(t, "also-to")
	}
	if r.atLeast == 0 {
		r.below = size.Draw(t, "below")
	}
	return r
})

// drawRules is a random file, and the rules that it has.
func drawRules(t *rapid.T, rule *rapid.Generator[simple], most int) (string, []simple) {
	all := rapid.SliceOfN(rule, 1, most).Draw(t, "rules")
	file := "version: 1\nsources: [src-a, src-b]\n"
	never := oneOfThese("", "", "", "a/", "b/a").Draw(t, "never")
	if never != "" {
		file += fmt.Sprintf("defaults: {except: [{prefix: %q}]}\n", never)
	}
	file += "rules:\n"
	for i := range all {
		all[i].never = never
		all[i].onlyStops = all[i].stop && i < len(all)-1 && rapid.Bool().Draw(t, "only-stops")
		file += all[i].yaml(i)
	}
	return file, all
}

func (r simple) inPlace() simple {
	r.toBucket, r.toKey, r.alsoTo = "", "", ""
	r.rewrite = r.rewrite || r.setClass+r.setMeta != ""
	return r
}

// stayingRule is one that takes most objects, and mostly changes them in place.
var stayingRule = rapid.Custom(func(t *rapid.T) simple {
	r := simpleRule.Draw(t, "rule")
	r.bucket, r.suffix, r.except, r.atLeast, r.below = "", "", "", 0, 0
	if r.prefix != "b" {
		r.prefix = ""
	}
	if rapid.IntRange(0, 3).Draw(t, "copy") > 0 {
		return r.inPlace()
	}
	r.bucket, r.toKey, r.alsoTo = "src-a", "", ""
	if r.toBucket != "other" {
		r.toBucket = "src-b"
	}
	return r
})

// caseRule is one that mostly asks for the key alone, and writes keys that differ from what it takes in case, or are
// the same.
var caseRule = rapid.Custom(func(t *rapid.T) simple {
	r := simple{
		bucket:  oneOfThese("", "", "src-a").Draw(t, "bucket"),
		prefix:  oneOfThese("", "a/", "A/", "b").Draw(t, "prefix"),
		suffix:  oneOfThese("", "", "b", "B").Draw(t, "suffix"),
		except:  oneOfThese("", "a/", "A/", "B").Draw(t, "except"),
		anyCase: rapid.Bool().Draw(t, "any-case"), exceptAnyCase: rapid.Bool().Draw(t, "except-any-case"),
		stop:     rapid.IntRange(0, 4).Draw(t, "stop") == 0,
		toBucket: oneOfThese("", "", "src-a", "src-b").Draw(t, "to-bucket"),
		toKey: oneOfThese("A/${key}", "B/${base}", "${key%b}B", "${key%b}b", "a/${key#a/}", "${key#a/}",
			"${dir}/${base}").Draw(t, "to-key"),
		setTag: oneOfThese("", "", "x").Draw(t, "set-tag"),
	}
	return r
})

// characterRule is one whose copies within one bucket take characters of the key, or change
// their case. It asks for little else, so that most loops depend on the characters alone.
var characterRule = rapid.Custom(func(t *rapid.T) simple {
	r := simple{bucket: "src-a", toKey: oneOfThese("${key:0:2}", "${key:1:3}", "${key: -2}", "${base: -2,,}b",
		"${key,,}", "${key^^}", "${base^^}b", "${key:0:1}B", "a/${base,,}", "b${key}",
		"${hash:0:1}b", "${dir.base}/${base}", "a/${dir.base:-b}/${base}", "${key%b:-bb}",
		"${dir:-${key: -1}}b", "${stem}.b", "${dir}/${stem}.b", "${stem}", "${dir}/${stem}", "${base}",
		"${dir:-}/${base}", "${dir:-b}/${stem}.b", "a/b/${base}", "a/${stem}.b", "a/b", "${base:0:2}", "a/${base:0:2}",
		"${dir,,:-B}/${base}", "${dir,,:-b}/${base}", "${dir:-B}/${base,,}", "${dir.base:-b}/${base^^}",
		"${stem:0:1}.b", "${dir#a:-b}/${base}", "${dir:0:1:-b}/${stem,,}.b", "${stem,,}.${ext^^}",
		"${base: -1}", "${key#a/:0:2}", "${dir.base}/${stem}.b", "a/${key#a/:0:2}",
		"${key#a/,,}", "${key%b,,}", "${key,,:-B}", "${base,,:-b}", "${base^^:-b}", "${base,,:-B}", "${stem,,}",
		"${dir,,}/${stem}", "${dir}/${base#a}", "${dir:-b}/${base%b,,}", "${key%b:-B}b", "a/${key#a/:-b}",
		"${dir}.${ext}", "${dir}/${stem}.${ext,,}", "${ext^^}", "${dir}.${ext:-}", "${stem,,}.${ext}",
		"${base#a}", "b/${key#a/,,}").Draw(t, "to-key")}
	switch oneOfThese("prefix", "suffix", "suffix", "both").Draw(t, "conditions") {
	case "prefix":
		r.prefix = oneOfThese("a", "b", "B", "a/").Draw(t, "prefix")
	case "suffix":
		r.suffix = oneOfThese("a", "b", "B", ".b", "/b").Draw(t, "suffix")
	default:
		r.prefix, r.suffix = oneOfThese("a", "b", "B").Draw(t, "prefix"), oneOfThese("a", "b", "B").Draw(t, "suffix")
	}
	return r
})

// shortKeys are all keys of up to four characters of the simulation.
func shortKeys() (keys []string) {
	for last := []string{""}; len(last[0]) < 4; {
		var longer []string
		for _, key := range last {
			for _, c := range "abB./" {
				longer = append(longer, key+string(c))
			}
		}
		last = longer
		keys = append(keys, longer...)
	}
	return slices.DeleteFunc(keys, func(key string) bool { return key[0] == '/' })
}

func TestEverySetThatLoadsEndsItsChainsForAllShortKeys(t *testing.T) {
	for range 5 {
		endsForAllShortKeys(t)
	}
}

func endsForAllShortKeys(t *testing.T) {
	keys := shortKeys()
	rapid.Check(t, func(t *rapid.T) {
		file, random := drawRules(t, characterRule, 3)
		_, err := Load("r.yaml", []byte(file), testEnv)
		if isAboutLoops(err) {
			return
		} else if err != nil {
			t.Fatalf("%s\n%v", file, err)
		}
		ended := map[thing]bool{}
		for _, key := range keys {
			o := thing{bucket: "src-a", key: key, event: "ObjectCreated:PutObject", tag: "-", meta: "-",
				class: "Standard"}
			if endless(random, o, map[thing]bool{}, ended) {
				t.Fatalf("%s\n%s: copies go on without end", file, key)
			}
		}
	})
}

// Whatever loads ends its chains: no object that the random keys reach makes
// the simulated function copy without end.
func TestEverySetThatLoadsEndsItsChains(t *testing.T) {
	t.Run("copies", func(t *testing.T) { endsItsChains(t, simpleRule) })
	t.Run("case", func(t *testing.T) { endsItsChains(t, caseRule) })
	t.Run("in place", func(t *testing.T) {
		if rewritten := endsItsChains(t, stayingRule); rewritten == 0 {
			t.Error("no event followed in place: the random sets do not test the search for loops")
		}
	})
}

// isAboutLoops reports whether problems are all about what copies must not do.
func isAboutLoops(err error) bool {
	var ps Problems
	return errors.As(err, &ps) && len(ps) > 0 && every(ps, func(p Problem) bool {
		return strings.Contains(p.Message, "can trigger each other in an endless loop") ||
			strings.Contains(p.Message, "the destination is the source itself")
	})
}

// drawThing is a random upload.
func drawThing(t *rapid.T) thing {
	pick := func(name string, values ...string) string { return oneOfThese(values...).Draw(t, name) }
	key := rapid.StringOfN(rapid.SampledFrom([]rune("aabbAB//")), 1, 6, -1).
		Filter(func(s string) bool { return s[0] != '/' })
	return thing{
		bucket: pick("object-bucket", "src-a", "src-b"), key: key.Draw(t, "key"), event: "ObjectCreated:PutObject",
		tag: pick("object-tag", "x", "y", "-"), meta: pick("object-meta", "x", "y", "-"),
		class: pick("object-class", "Standard", "IA"), size: rapid.Int64Range(0, 3).Draw(t, "size"),
	}
}

// endsItsChains returns how many objects were rewritten in place so that an event
// followed.
func endsItsChains(t *testing.T, rule *rapid.Generator[simple]) (rewritten int) {
	loaded, refused, noted := 0, 0, false
	rapid.Check(t, func(t *rapid.T) {
		file, random := drawRules(t, rule, 4)
		set, err := Load("r.yaml", []byte(file), testEnv)
		if isAboutLoops(err) {
			refused++
			return
		} else if err != nil {
			t.Fatalf("%s\n%v", file, err)
		}
		loaded++
		noted = noted || slices.ContainsFunc(set.Lint(), func(w Warning) bool { return w.Code == LongChain })
		var o thing
		for range 5 {
			if o = drawThing(t); endless(random, o, map[thing]bool{}, map[thing]bool{}) {
				t.Fatalf("%s\n%+v: copies go on without end", file, o)
			}
		}
		plan, err := set.Plan(o.object(), o)
		if err != nil {
			t.Fatal(err)
		}
		if want := len(copiesOf(random, o)); len(plan.Copies) < want {
			t.Fatalf("%s\n%+v: %d copies planned, want at least %d", file, o, len(plan.Copies), want)
		}
		isEndless := func(c Copy) bool { return c.Err != nil && strings.Contains(c.Err.Error(), "an endless loop") }
		if slices.ContainsFunc(plan.Copies, isEndless) {
			t.Fatalf("%s\n%+v: %v", file, o, plan.Copies)
		}
		rewritten += len(slices.DeleteFunc(plan.Copies, func(c Copy) bool {
			return !c.details.inPlace || len(c.Chain()) == 0
		}))
	})
	t.Logf("%d sets loaded, %d were refused; %d objects were rewritten in place, and an event followed; a chain that "+
		"is too long was noted: %t", loaded, refused, rewritten, noted)
	if loaded*refused == 0 {
		t.Error("the random sets do not test the search for loops")
	}
	return rewritten
}

func (o thing) object() events.Object {
	return events.Object{Event: o.event, Bucket: o.bucket, Key: o.key, Size: events.Some(o.size), Time: time.Unix(0, 0)}
}

func (o thing) Head() (Head, error) {
	h := Head{StorageClass: o.class, Size: o.size}
	if o.meta != "-" {
		h.Meta = []Pair{{"m", o.meta}}
	}
	return h, nil
}

func (o thing) Tags() ([]Pair, error) {
	if o.tag == "-" {
		return nil, nil
	}
	return []Pair{{"t", o.tag}}, nil
}

func (o thing) ACL() (string, error) { return "default", nil }

func (o thing) BucketACL() (string, error) { return "private", nil }
