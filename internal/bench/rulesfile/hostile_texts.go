package rulesfile

import (
	"strconv"
	"strings"
)

// texts are hostile to whoever reads YAML.
func (w writer) texts() []File {
	all := []File{
		w.inRule("one plain text", "match: {prefix: ", "a", "}\n    copy: [{bucket: x}]\n"),
		w.inRule("one quoted text", "match: {prefix: \"", "\\u00e9", "\"}\n    copy: [{bucket: x}]\n"),
		w.inRule("one text of many lines", "match:\n      prefix: |\n", "        a\n", "    copy: [{bucket: x}]\n"),
		w.inRule("one regexp", "match: {regexp: '", "a*", "'}\n    copy: [{bucket: x}]\n"),
		w.inRule("one glob", "match: {glob: '", "**/a", "'}\n    copy: [{bucket: x}]\n"),
		w.inRule("one key", "match: {}\n    copy: [{key: '", "a", "'}]\n"),
		w.inRule("a key of placeholders", "match: {}\n    copy: [{key: '", "${key}", "'}]\n"),
		w.inRule("a key of dollars", "match: {}\n    copy: [{key: '", "$x", "'}]\n"),
		w.inRule("a long field name", "", "bucket", ": x\n"),
		w.inRule("many field names", "", "f%d: x\n    ", "match: {}\n"),
		w.inRule("many keys of meta", "match: {meta: {", "m%d: x, ", "z: x}}\n    copy: [{bucket: x}]\n"),
		w.inRule("complex keys", "", "? {a%d: b}\n    : x\n    ", "match: {}\n"),
		w.file("anchors", "version: 1\nx:\n", "  - &a%d [*a%d]\n", ""),
		w.file("nested aliases", "a: &a0 [x]\n", "b: [*a0, *a0, *a0, *a0]\n", ""),
		w.file("short rules", head+"rules: [", "{},", "]\n"),
		w.file("mistakes", head+"rules:\n", "  - {nam: x}\n", ""),
		w.file("numbers", head+"rules:\n  - {name: a, match: {prefix: [", "0x1f,", "]}}\n"),
		w.file("times", head+"rules:\n  - {name: a, match: {prefix: [", "2026-01-01T00:00:00Z,", "]}}\n"),
		w.file("documents", "", "---\n", ""),
		w.file("source buckets", "version: 1\nsources: [", "src-%d, ", "]\n"),
		{"deep blocks", func() []byte {
			var b strings.Builder
			for i := 0; b.Len() < int(w); i++ {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return []byte(b.String())
		}},
	}
	for _, text := range []string{
		"[", "{", "{a: ", "[a, ", "- ", "? ", ": ", "a: ", "- a\n", "a: b\n", "\n", "#\n", " ", "\t", "\"",
		"'", "\"\",", "|\n", "&a ", "*a ", "!!str ", "!a ", "%", "% A\n", "\r", "é", "\xff", "\x00", "：",
		"<<: ", ",", "]", "a", "${key}", "\\", "\"\\", "a\n", "- - ", "{},", "[],", "\u2028", "--- a\n...\n",
		"'a': ", "[[],", "? a\n",
	} {
		all = append(all, File{"only " + strconv.Quote(text), func() []byte { return w.fill("", text, "") }})
	}
	return all
}
