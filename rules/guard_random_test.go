package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"afterput/events"

	"pgregory.net/rapid"
)

// simple is a rule of the small language that the random sets are made of, and
// that the simulation below understands by itself.
type simple struct {
	bucket, prefix, suffix, except string // conditions, "" asks nothing
	below, atLeast                 int64
	event                          string
	tag                            string // value of the tag t that is asked for; "-" is absent
	class                          string // asked for
	stop                           bool

	toBucket, toKey string // of the copy
	setTag          string // "" keeps the tags; "-" removes them
	setClass        string
}

// thing is an object of the simulation.
type thing struct {
	bucket, key, event, tag, class string
	size                           int64
}

func (r simple) takes(o thing) bool {
	return (r.bucket == "" || r.bucket == o.bucket) && strings.HasPrefix(o.key, r.prefix) && strings.HasSuffix(o.key, r.suffix) &&
		(r.except == "" || !strings.HasPrefix(o.key, r.except)) && o.size >= r.atLeast && (r.below == 0 || o.size < r.below) &&
		(r.event == "" || r.event == o.event) && (r.tag == "" || r.tag == o.tag) && (r.class == "" || r.class == o.class)
}

// copy is what the rule makes of an object, false if it cannot.
func (r simple) copy(o thing) (thing, bool) {
	base := o.key[strings.LastIndex(o.key, "/")+1:]
	dir := strings.TrimSuffix(strings.TrimSuffix(o.key, base), "/")
	key := strings.NewReplacer("${key}", o.key, "${base}", base, "${dir}", dir,
		"${key#a/}", strings.TrimPrefix(o.key, "a/"), "${key%b}", strings.TrimSuffix(o.key, "b")).Replace(r.toKey)
	empty := strings.Contains(r.toKey, "${base}") && base == "" || strings.Contains(r.toKey, "${dir}") && dir == "" ||
		strings.Contains(r.toKey, "${key#a/}") && o.key == "a/" || strings.Contains(r.toKey, "${key%b}") && o.key == "b"
	to := o
	to.key = key
	if r.toBucket != "" {
		to.bucket = r.toBucket
	}
	if r.setTag != "" {
		to.tag = r.setTag
	}
	if to.class = "Standard"; r.setClass != "" {
		to.class = r.setClass
	}
	return to, !empty && !strings.HasPrefix(key, "/") && (to.bucket != o.bucket || to.key != o.key)
}

func (r simple) yaml(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: r%d\n    stop: %t\n    match: {prefix: %q, size: {at-least: %d", i, r.stop, r.prefix, r.atLeast)
	if r.below > 0 {
		fmt.Fprintf(&b, ", below: %d", r.below)
	}
	b.WriteString("}")
	option := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, ", %s: %s", name, value)
		}
	}
	option("bucket", r.bucket)
	option("suffix", r.suffix)
	option("event", r.event)
	option("storage-class", r.class)
	if r.tag == "-" {
		option("tagging", "{t: null}")
	} else if r.tag != "" {
		option("tagging", "{t: "+r.tag+"}")
	}
	b.WriteString("}\n")
	if r.except != "" {
		fmt.Fprintf(&b, "    except: [{prefix: %q}]\n", r.except)
	}
	fmt.Fprintf(&b, "    copy: [{key: %q", r.toKey)
	option("bucket", r.toBucket)
	option("storage-class", r.setClass)
	if r.setTag == "-" {
		option("tagging", "{}")
	} else if r.setTag != "" {
		option("tagging", "{t: "+r.setTag+"}")
	}
	b.WriteString("}]\n")
	text := strings.Replace(b.String(), `prefix: "", `, "", 1)
	return text
}

// endless simulates the function: every rule that takes the object copies it,
// and every copy is an event again, of either kind. It is true if an object
// comes up again among those that follow from it, or if keys only grow.
func endless(rules []simple, o thing, open map[thing]bool, ended map[thing]bool) bool {
	if ended[o] || o.bucket == "other" { // no source: its events do not come back
		return false
	}
	if open[o] || len(o.key) > 200 {
		return true
	}
	open[o] = true
	written := map[[2]string]bool{}
	for _, r := range rules {
		if !r.takes(o) {
			continue
		}
		if to, ok := r.copy(o); ok && !written[[2]string{to.bucket, to.key}] {
			written[[2]string{to.bucket, to.key}] = true
			for _, event := range []string{"ObjectCreated:CopyObject", "ObjectCreated:CompleteMultipartUpload"} {
				if to.event = event; endless(rules, to, open, ended) {
					return true
				}
			}
		}
		if r.stop {
			break
		}
	}
	delete(open, o)
	ended[o] = true
	return false
}

func oneOfThese(values ...string) *rapid.Generator[string] { return rapid.SampledFrom(values) }

var simpleRule = rapid.Custom(func(t *rapid.T) simple {
	size := rapid.SampledFrom([]int64{0, 0, 0, 2})
	r := simple{
		bucket: oneOfThese("", "src-a", "src-b").Draw(t, "bucket"), prefix: oneOfThese("", "", "a/", "b", "b/a").Draw(t, "prefix"),
		suffix: oneOfThese("", "", "b", "/a", "a").Draw(t, "suffix"), except: oneOfThese("", "", "a/", "b/").Draw(t, "except"),
		event: oneOfThese("", "", "", "ObjectCreated:PutObject", "ObjectCreated:CopyObject").Draw(t, "event"),
		tag:   oneOfThese("", "", "", "x", "-").Draw(t, "tag"), class: oneOfThese("", "", "", "Standard", "IA").Draw(t, "class"),
		atLeast: size.Draw(t, "at-least"), stop: rapid.IntRange(0, 5).Draw(t, "stop") == 0,
		toBucket: oneOfThese("", "src-a", "src-b", "other").Draw(t, "to-bucket"),
		toKey:    oneOfThese("${key}", "a/${key}", "b/${base}", "${key#a/}", "${key%b}", "${dir}/b", "a", "b/${key%b}", "${base}").Draw(t, "to-key"),
		setTag:   oneOfThese("", "", "x", "y", "-").Draw(t, "set-tag"), setClass: oneOfThese("", "", "IA").Draw(t, "set-class"),
	}
	if r.atLeast == 0 {
		r.below = size.Draw(t, "below")
	}
	return r
})

// Whatever loads ends its chains: no object that the random keys reach makes
// the simulated function copy for ever.
func TestEverySetThatLoadsEndsItsChains(t *testing.T) {
	loaded, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		random := rapid.SliceOfN(simpleRule, 1, 4).Draw(t, "rules")
		file := "version: 1\nsources: [src-a, src-b]\nrules:\n"
		for i, r := range random {
			file += r.yaml(i)
		}
		set, err := Load("r.yaml", []byte(file), testEnv)
		if err != nil {
			var ps Problems
			if !errors.As(err, &ps) || len(ps) == 0 {
				t.Fatal(err)
			}
			for _, p := range ps {
				if !strings.Contains(p.Message, "copies may go round") && !strings.Contains(p.Message, "the destination is the source itself") {
					t.Fatalf("%s\n%v", file, p)
				}
			}
			refused++
			return
		}
		loaded++
		o := thing{
			bucket: oneOfThese("src-a", "src-b").Draw(t, "object-bucket"), key: rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 1, 6, -1).Draw(t, "key"),
			event: "ObjectCreated:PutObject", tag: oneOfThese("x", "y", "-").Draw(t, "object-tag"), class: "Standard", size: rapid.Int64Range(0, 3).Draw(t, "size"),
		}
		o.key = strings.TrimLeft(o.key, "/")
		if o.key == "" {
			return
		}
		if endless(random, o, map[thing]bool{}, map[thing]bool{}) {
			t.Fatalf("%s\n%+v: copies go on for ever", file, o)
		}
		plan, err := set.Plan(o.object(), o)
		if err != nil {
			t.Fatal(err)
		}
		if want := firstCopies(random, o); len(plan.Copies) < want {
			t.Fatalf("%s\n%+v: %d copies planned, want at least %d", file, o, len(plan.Copies), want)
		}
		for _, c := range plan.Copies {
			if c.Err != nil && strings.Contains(c.Err.Error(), "go round for ever") {
				t.Fatalf("%s\n%+v: %v", file, o, c.Err)
			}
		}
	})
	t.Logf("%d sets loaded, %d were refused", loaded, refused)
	if loaded == 0 || refused == 0 {
		t.Error("the random sets do not test the guard")
	}
}

// firstCopies is the number of copies that can be made of an object.
func firstCopies(rules []simple, o thing) int {
	written := map[[2]string]bool{}
	for _, r := range rules {
		if !r.takes(o) {
			continue
		}
		if to, ok := r.copy(o); ok {
			written[[2]string{to.bucket, to.key}] = true
		}
		if r.stop {
			break
		}
	}
	return len(written)
}

func (o thing) object() events.Object {
	return events.Object{Event: o.event, Bucket: o.bucket, Key: o.key, Size: events.Some(o.size), Time: time.Unix(0, 0)}
}

func (o thing) Head() (Head, error) { return Head{StorageClass: o.class, Size: o.size}, nil }

func (o thing) Tags() ([]Pair, error) {
	if o.tag == "-" {
		return nil, nil
	}
	return []Pair{{"t", o.tag}}, nil
}

func (o thing) ACL() (string, error) { return "default", nil }
