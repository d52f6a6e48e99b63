package rules

import (
	"fmt"
	"strings"
	"testing"

	"afterput/events"
)

// ruleSet writes a file of n rules: of ten, five ask for a prefix, two for a
// suffix, two for a glob and one for a regexp. Prefixes are shared by several
// rules and nested in one another. literals keeps to prefixes and suffixes.
func ruleSet(n int, literals bool) string {
	var b strings.Builder
	b.WriteString("version: 1\nsources: [bench-source, other-source]\nrules:\n")
	for i := range n {
		tenant, area := i/7, []string{"", "in/", "in/raw/", "in/raw/2026/"}[i%4]
		match := ""
		switch kind := i % 10; {
		case kind < 4:
			match = fmt.Sprintf("prefix: tenants/%d/%s", tenant, area)
		case kind == 4: // many rules share one prefix and differ by suffix
			match = fmt.Sprintf("prefix: tenants/, suffix: .type%d", i)
		case kind < 7 || literals && kind == 7:
			match = fmt.Sprintf("suffix: -%d.part", i)
		case literals:
			match = fmt.Sprintf("prefix: shared/%d/", i)
		case kind < 9:
			match = fmt.Sprintf("glob: 'reports/%d/**/*.csv'", tenant)
		default:
			match = fmt.Sprintf(`regexp: '^cameras/%d/\d{4}/[^/]+\.jpg$'`, tenant)
		}
		fmt.Fprintf(&b, "  - name: rule-%d\n    match: {%s}\n    copy: [{bucket: replica, key: \"r%d/${key}\"}]\n", i,
			match, i)
	}
	return b.String()
}

// unwanted are keys that no rule of any ruleSet takes, though they go a long
// way with many.
var unwanted = []string{
	"tenants/x/in/raw/2026/report-final.pdf",
	"tenants",
	"cameras/12/2026/11/20/photo.jpg",
	"reports/3/2026/summary.cs",
	"shared/1",
	"archive/tenants/1/in/raw/2026/a.type4x",
	"a/very/long/key/that/has/nothing/to/do/with/any/rule/at/all/and/goes/on/and/on/and/on-7.par",
}

func benchSet(tb testing.TB, n int, literals bool) *Set {
	tb.Helper()
	s, err := Load("bench.yaml", []byte(ruleSet(n, literals)), testEnv)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func benchObject(key string) events.Object {
	return events.Object{Event: "ObjectCreated:PutObject", Region: "cn-hangzhou", Bucket: "bench-source", Key: key,
		Size: events.Some[int64](4096), ETag: events.Some("5EB63BBBE01EEED093CB22BB8F5ACDC3"),
		ContentType: events.Some("text/plain")}
}

// BenchmarkPlan is the cost of an object that no rule wants and of one that a
// rule wants, and of a plain loop over the same rules.
func BenchmarkPlan(b *testing.B) {
	for _, mix := range []string{"literals", "mix"} {
		for _, n := range []int{10, 100, 1000, 10000} {
			s := benchSet(b, n, mix == "literals")
			objects := make([]events.Object, len(unwanted))
			for i, key := range unwanted {
				objects[i] = benchObject(key)
			}
			name := fmt.Sprintf("%s/%d/", mix, n)
			b.Run(name+"unwanted", func(b *testing.B) { benchPlans(b, s, objects, 0) })
			b.Run(name+"loop", func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if loopMatches(s, &objects[i%len(objects)]) > 0 {
						b.Fatal("matched")
					}
				}
			})
			wanted := []events.Object{benchObject("tenants/0/notes.txt")}
			b.Run(name+"wanted", func(b *testing.B) { benchPlans(b, s, wanted, 1) })
		}
	}
}

// benchPlans plans objects, each of which gets that many copies.
func benchPlans(b *testing.B, s *Set, objects []events.Object, copies int) {
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if p, err := s.Plan(objects[i%len(objects)], nil); err != nil || len(p.Copies) != copies {
			b.Fatal(p.Copies, err)
		}
	}
}

// loopMatches tests every rule, one after the other.
func loopMatches(s *Set, o *events.Object) (n int) {
	q := query{object: o, events: maskOf(o.Event), facts: &factCache{}}
	for _, r := range s.rules {
		if r.test(&q).truth != no {
			n++
		}
	}
	return n
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		data := []byte(ruleSet(n, false))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := Load("bench.yaml", data, testEnv); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestUnwantedObjectCostsNoAllocationAtAnySize(t *testing.T) {
	for _, n := range []int{10, 100, 1000, 10000} {
		s := benchSet(t, n, true)
		for _, key := range unwanted {
			o := benchObject(key)
			if allocs := testing.AllocsPerRun(100, func() {
				if p, err := s.Plan(o, nil); err != nil || len(p.Copies) > 0 {
					t.Fatal(key, p.Copies, err)
				}
			}); allocs > 0 {
				t.Errorf("%d rules, %s: %v allocations", n, key, allocs)
			}
		}
	}
}

// ignoringCase makes every second rule of a file ignore case.
func ignoringCase(file string) string {
	parts := strings.Split(file, "match: {")
	for i := range parts {
		if i%2 == 1 && !strings.HasPrefix(parts[i], "regexp") {
			parts[i] = "ignore-case: true, " + parts[i]
		}
	}
	return strings.Join(parts, "match: {")
}

func TestIndexLeavesOutNoRuleThatMatches(t *testing.T) {
	s := benchSet(t, 500, false)
	testIndex(t, s, func(key string) string { return key }, 10)
	mixed, err := Load("bench.yaml", []byte(ignoringCase(ruleSet(500, false))), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	testIndex(t, mixed, func(key string) string { return key }, 10)
	testIndex(t, mixed, strings.ToUpper, 5)
}

// testIndex compares the rules that match with those that the index finds, for keys that are spelled in some way. In
// all there must be some matches.
func testIndex(t *testing.T, s *Set, spelled func(string) string, least int) {
	t.Helper()
	keys := append([]string{"tenants/0/in/raw/2026/a-5.part", "tenants/3/a.type4", "x-6.part", "reports/1/a/b.csv",
		"reports/1/b.csv",
		"cameras/1/2026/a.jpg", "tenants/28/in/raw/2026/x.type14"}, unwanted...)
	total := 0
	for _, key := range keys {
		o := benchObject(spelled(key))
		candidates, _ := s.index.candidates(o.Bucket, o.Key, nil)
		q := query{object: &o, events: maskOf(o.Event), facts: &factCache{}}
		found := 0
		for _, i := range candidates {
			if s.rules[i].test(&q).truth != no {
				found++
			}
		}
		want := loopMatches(s, &o)
		if found != want {
			t.Errorf("%s: the index finds %d rules of %d", key, found, want)
		}
		total += want
	}
	if total < least {
		t.Errorf("only %d rules match: the keys test nothing", total)
	}
}
