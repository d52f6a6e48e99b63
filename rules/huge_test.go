package rules

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Files too large to keep as golden files. Each must be refused with its message, in memory
// that is in proportion to the file.
func TestHugeFilesAreRefusedWithFewAllocations(t *testing.T) {
	const head = "version: 1\nsources: [erp-inbox]\nrules:\n"
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"50 MB": {bytes.Repeat([]byte("# padding\n"), 5<<20),
			"rules.yaml:1:1: the file has 50MiB, the limit is 4MiB: split the rules over several functions"},
		"deep flow lists":    {[]byte(strings.Repeat("[", 1<<18)), "is nested too deeply"},
		"deep flow mappings": {[]byte(strings.Repeat("{a: ", 1<<17)), "is nested too deeply"},
		"deep blocks":        {[]byte(deepBlocks(2000)), "is nested too deeply"},
		"deep but well-formed": {[]byte("version: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "\n"),
			"is nested too deeply"},
		"many mistakes": {[]byte(head + strings.Repeat("  - {nam: x}\n", 50000)),
			"too many problems; fix these first"},
		"a name of 1 MiB": {[]byte(strings.Repeat("x", 1<<20) + ": 1\n"),
			"not YAML: mapping values are not allowed"},
		"one long line": {[]byte(head + "  - {name: " + strings.Repeat("a", 3<<20)), "rules.yaml:"},
		"many list items": {[]byte(head + "  - {name: a, match: {prefix: [" + strings.Repeat("a,", 1<<17) +
			"a]}, copy: [{buket: x}]}\n"), `copy has no field "buket"`},
		"too many values": {[]byte(head + "  - {name: a, match: {prefix: [" + strings.Repeat("a,", 1<<20)),
			"rules.yaml:4:1: the file has more than 400000 values: split the rules over several functions"},
		"too many sources": {[]byte("version: 1\nsources: [" + numbered("src-%d, ", 2000) + "last]\n"),
			"sources: there are more than 1000: split the rules over several functions"},
		"many requirements": {[]byte(head + "  - {name: a, match: {meta: {" + numbered("m%d: x, ", 2000) +
			"z: x}}, copy: [{bucket: replica}]}\n"), "meta has 2001 entries, the limit is 1000"},
		"many exceptions": {[]byte(head + "  - name: a\n    match: {}\n    except:\n" +
			numbered("      - prefix: p%d/\n", 1001)), "except has 1001 entries, the limit is 1000"},
		"many copies": {[]byte(head + "  - name: a\n    match: {}\n    copy:\n" +
			numbered("      - key: p%d/${key}\n", 1001)), "copy has 1001 entries, the limit is 1000"},
		"many regexps": {[]byte(head +
			numbered("  - {name: r%d, match: {regexp: '^x{900}'}, copy: [{bucket: other}]}\n", 1200)),
			"the regular expressions of the file have more than 320000 instructions in all"},
		"many placeholders": {[]byte(head + "  - {name: a, match: {}, copy: [{key: '" +
			strings.Repeat("${key}", 1<<16) + "'}]}\n"),
			"key: the text has more than 2000 placeholders and texts between them"},
		"many dollars": {[]byte(head + "  - {name: a, match: {}, copy: [{key: '" + strings.Repeat("$x", 1<<18) +
			"'}]}\n"),
			"too many problems; fix these first"},
		"many alternatives": {[]byte(head + numbered("  - {name: r%d, match: {glob: '"+strings.Repeat("{a,b}", 8)+
			strings.Repeat("c", 1000)+"'}, copy: [{bucket: other}]}\n", 100)), "the globs of the file have more than " +
			"16000000 bytes in all"},
		"many defaults": {[]byte("version: 1\nsources: [work]\ndefaults: {copy: {metadata-directive: MERGE, meta: {" +
			numbered("m%d: x, ", 1000) + "z: x}}}\nrules:\n" +
			numbered("  - {name: r%d, match: {}, copy: [{bucket: other}]}\n", 1000)),
			"the copies of the file take more than 200000 values from defaults in all"},
		"many braces": {[]byte(head + "  - {name: a, match: {glob: \"" + strings.Repeat("{a,b}", 1<<16) +
			"\"}, copy: [{bucket: replica}]}\n"), "the pattern has 327680 bytes, the limit is 4096"},
		"many aliases": {[]byte("a: &a [x]\nb: [" + strings.Repeat("*a,", 1<<16) + "]\n"),
			"an alias (*a) hides values"},
		"entangled rules": {[]byte(entangled(30)), "these copies can trigger each other in an endless loop"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err := Load("rules.yaml", c.data, testEnv)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %.300v, want %q", err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20+100*uint64(len(c.data)) {
				t.Errorf("took %d MiB for a file of %d bytes", used>>20, len(c.data))
			}
			if len(err.Error()) > 1<<20 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

// numbered repeats a text with numbers.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func deepBlocks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// entangled is rules each of which may trigger every other one.
func entangled(n int) string {
	var b strings.Builder
	b.WriteString("version: 1\nsources: [work]\nrules:\n")
	for i := range n {
		b.WriteString("  - name: r" + strings.Repeat("x", i) +
			"\n    match: {regexp: '^[^/]*/(?<a>.*)x[a-z]*$'}\n    copy: [{key: \"${re.a}/${re.a}x\"}]\n")
	}
	return b.String()
}
