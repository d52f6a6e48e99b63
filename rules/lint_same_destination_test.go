package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterput/events"

	"pgregory.net/rapid"
)

// drawFlatFile is a random rules file whose conditions are on bucket and key alone.
func drawFlatFile(t *rapid.T) string {
	conditions := []string{"prefix: a", "prefix: [b/, a/]", "suffix: .b", `glob: "a/*"`, `glob: "**/b"`, `glob: "*"`,
		`regexp: "^(?P<g>[ab]*)/(?P<h>.*)$"`, `regexp: "(?P<g>a+)(?P<h>b?)"`, "bucket: one", "bucket: [one, two]"}
	block := func() string {
		return "{" + rapid.SampledFrom(conditions).Draw(t, "condition") + "}"
	}
	parts := []string{"${key}", "${base}", "${dir}", "${dir:-}", "${stem}", "${ext:-}", "${key#a/}", "${base%.b}",
		"${re.g}", "${re.h:-none}", "${re.g#a}", "${bucket}", "x", "/", "${tag.t:-none}", "${key,,}",
		"${base:0:1}", "${base: -1:-x}", "${dir.base:-}", "${hash:0:1}", "${dir:-${stem}}"}
	var file strings.Builder
	file.WriteString("version: 1\nsources: [one, two]\nrules:\n")
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		match := block()
		key := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 3).Draw(t, "key"), "")
		if !strings.Contains(match, "regexp") {
			key = regexp.MustCompile(`re\.\w`).ReplaceAllString(key, "stem")
		}
		fmt.Fprintf(&file, "  - {name: r%d, stop: %t, match: %s, copy: [{bucket: replica, key: \"%s\"}]", i,
			rapid.Bool().Draw(t, "stop"), match, key)
		if rapid.Bool().Draw(t, "except") {
			fmt.Fprintf(&file, ", except: [%s]", block())
		}
		file.WriteString("}\n")
	}
	return file.String()
}

func TestTheSourcesOfAWarningHaveTheSameDestination(t *testing.T) {
	quoted := regexp.MustCompile(`"oss://(\w+)/([^"]*)"`)
	warned := 0
	rapid.Check(t, func(t *rapid.T) {
		file := drawFlatFile(t)
		set, err := Load("rules.yaml", []byte(file), testEnv)
		if err != nil {
			t.Skip(err)
		}
		for _, w := range set.Lint() {
			if w.Code != SameDestination {
				continue
			}
			warned++
			message := strings.ReplaceAll(w.Message, "${tag.t:-none}", "none") // which no source has
			names := quoted.FindAllStringSubmatch(message, -1)
			if len(names) != 3 || names[0][0] == names[1][0] {
				t.Fatalf("names no two sources and a destination: %s\n%s", w.Message, file)
			}
			for _, source := range names[:2] {
				plan, err := set.Plan(events.Object{Event: "ObjectCreated:PutObject", Bucket: source[1], Key: source[2],
					Region: "cn-hangzhou", Size: events.Some[int64](1)}, &testFacts{})
				if err != nil || !slices.ContainsFunc(plan.Copies, func(c Copy) bool {
					return c.Err == nil && c.Bucket == names[2][1] && c.Key == names[2][2]
				}) {
					t.Fatalf("%s is not copied to %s: %v %+v\n%s", source[0], names[2][0], err, plan.Copies, file)
				}
			}
		}
	})
	if warned == 0 {
		t.Error("the random files gave no cause for a warning")
	}
}
