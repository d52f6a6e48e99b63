package rules

import (
	"testing"

	"afterput/events"

	"pgregory.net/rapid"
)

// Whatever key is in the set, the copy of such an object is the object itself.
func TestKeysThatACopyKeepsAreItsKeys(t *testing.T) {
	key := rapid.Custom(func(t *rapid.T) string {
		return oneOfThese("", "a/", "b/").Draw(t, "head") +
			rapid.StringOfN(rapid.SampledFrom([]rune("aA.jJ")), 1, 4, -1).Draw(t, "name") +
			oneOfThese("", ".j", ".J", ".ja", "/").Draw(t, "tail")
	})
	kept := map[string]int{} // by template
	rapid.Check(t, func(t *rapid.T) {
		text := oneOfThese("${dir}/${stem}.j", "${stem}.j", "${dir}/${base}", "${base}", "${dir}/${stem}.${ext}",
			"${key%.j}.j", "a/${key#a/}", "${re.n}.j", "${dir}/${stem}.j.a", "${dir}/a${base}", "a/${base}",
			"a/${stem}.j", "a/a/${base}", "aA.j", "${dir.base}/${base}", "${dir:-b}/${base}", "${key#a/}", "${key%.j}",
			"${key:0:3}", "${base:0:2}", "${base: -2}", "${base:1:2}", "${key%.j:0:4}", "b/${base#a: -2}",
			"${stem:0:2}.j", "${dir#a:-b}/${base}", "${dir.base:-b}/${stem%a}.${ext}", "${dir:0:1:-b}/${base}",
			"${key%.j:-a}.j", "a/${key#a/:-b}", "${base:-a}").
			Draw(t, "key-of-copy")
		re := oneOfThese("(?i)^(?<n>.+)[.]j$", "^(?<n>.+?)([.]j)+$", "(?<n>.+)[.]j$", "^(?<n>[^/]+)[.]ja?$").
			Draw(t, "re")
		file := "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {regexp: '" + re + "'}\n" +
			"    copy: [{bucket: replica, key: '" + text + "'}]\n"
		set, err := Load("r.yaml", []byte(file), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		s := set.rules[0].copies[0].keysKept()
		for range 30 {
			o := events.Object{Bucket: "inbox", Key: key.Draw(t, "key"), Event: "ObjectCreated:PutObject"}
			if s == nil || !s.Contains(o.Key) {
				continue
			}
			plan, err := set.Plan(o, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range plan.Copies {
				if kept[text]++; c.Err == nil && c.Key != o.Key {
					t.Fatalf("%s of %s, %s: %s", text, re, o.Key, c.Key)
				}
			}
		}
	})
	if len(kept) < 8 {
		t.Errorf("the random keys test too few templates: %v", kept)
	}
}
