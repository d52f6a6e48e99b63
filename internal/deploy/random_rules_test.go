package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"afterput/events"
	"afterput/rules"
)

// The values from which random rules and objects are made.
var (
	buckets  = []string{"one", "two"}
	prefixes = []string{"a", "a/", "a/b", "ab/", "b/", "", "中"}
	suffixes = []string{".x", "x", ".y", "b.x", "", "文"}
	globs    = []string{"a/*", "**/*.x", "{a,b}/**/x", "*", "a*b", "[ab]/x", "a/**", "?/b.x"}
	regexps  = []string{"^a/", "x$", "^a/.*[.]x$", "b", "(?i)^a/", "(?i)[.](x|y)$"}
)

// randomRules makes a rules file with every kind of condition on the event and the key. Its copies go to another
// bucket, so that Load finds no endless loop.
func randomRules(t *rapid.T) (*rules.Set, string) {
	text := "version: 1\nsources: [one, two]\n"
	if match := randomMatch(t); match != "{}" && rapid.IntRange(0, 3).Draw(t, "has defaults") == 0 {
		text += "defaults: {except: [" + match + "]}\n"
	}
	text += "rules:\n"
	n := rapid.IntRange(1, 8).Draw(t, "rules")
	for i := range n {
		stop := rapid.IntRange(0, 5).Draw(t, "stop") == 0
		text += fmt.Sprintf("  - name: r%d\n    disabled: %t\n    stop: %t\n    match: %s\n", i,
			rapid.IntRange(0, 9).Draw(t, "disabled") == 0, stop, randomMatch(t))
		if match := randomMatch(t); match != "{}" && rapid.Bool().Draw(t, "has except") {
			text += "    except: [" + match + "]\n"
		}
		if stop && i < n-1 && rapid.Bool().Draw(t, "only stops") {
			text += "    copy: []\n"
		} else {
			text += fmt.Sprintf("    copy: [{bucket: dst, key: \"%d/${key}\"}]\n", i)
		}
	}
	return load(t, text), text
}

// randomMatch makes a match block.
func randomMatch(t *rapid.T) string {
	var fields []string
	list := func(name string, values []string) {
		if rapid.IntRange(0, 3).Draw(t, "has "+name) > 0 {
			return
		}
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(values), 1, 3, rapid.ID).Draw(t, name)
		chosen = slices.DeleteFunc(chosen, func(s string) bool { return s == "" })
		if len(chosen) == 0 {
			chosen = []string{"a"}
		}
		fields = append(fields, name+`: ["`+strings.Join(chosen, `", "`)+`"]`)
	}
	list("bucket", buckets)
	list("event", rules.Events())
	list("prefix", prefixes)
	list("suffix", suffixes)
	list("glob", globs)
	literals := slices.ContainsFunc(fields, func(f string) bool {
		return strings.HasPrefix(f, "prefix") || strings.HasPrefix(f, "suffix") || strings.HasPrefix(f, "glob")
	})
	if literals && rapid.IntRange(0, 3).Draw(t, "ignore-case") == 0 {
		fields = append(fields, "ignore-case: true")
	}
	if rapid.IntRange(0, 4).Draw(t, "has regexp") == 0 {
		fields = append(fields, "regexp: '"+rapid.SampledFrom(regexps).Draw(t, "regexp")+"'")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// randomObject makes an object whose event native triggers support. A rule that names no event also matches events of
// replication, but wants none delivered.
func randomObject(t *rapid.T) events.Object {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "x", "y", "a/", "b.x", ".x", "中", "文", "A", "X", "B/"})
	key := strings.TrimLeft(strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(t, "key"), ""), "/")
	return events.Object{
		Bucket: rapid.SampledFrom(buckets).Draw(t, "bucket"),
		Event:  rapid.SampledFrom(rules.UploadEvents()).Draw(t, "event"),
		Key:    cmp.Or(key, "x"),
	}
}
