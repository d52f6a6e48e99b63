package rulesfile

import (
	"strconv"
	"strings"
)

// hostileSize is the size of the files that Hostile returns.
const hostileSize = 2 << 20

// Hostile returns files of 2 MiB that try to take much time or memory: some are not YAML, others are rules.
func Hostile() []File {
	return append(append(hostileTexts(), hostileRules()...), hostileChains()...)
}

// repeat repeats a text up to the size of a hostile file.
func repeat(text string) string { return fill("", text, "") }

// fill repeats a text between two others up to the size of a hostile file; each %d in it is the number of the
// repetition.
func fill(before, text, after string) string {
	room := hostileSize - len(before) - len(after)
	return before + numbered(max(1, room/(len(text)+4*strings.Count(text, "%d"))), text) + after
}

// inRule is a rule around a part of it that is repeated.
func inRule(name, before, text, after string) File {
	return hostile(name, head+"rules:\n  - name: a\n    "+before, text, after)
}

// rules is a file of one rule, with numbers, again and again.
func rules(name, rule string) File { return hostile(name, head+"rules:\n", "  - {name: r%d, "+rule+"}\n", "") }

func hostile(name, before, text, after string) File {
	return File{name, func() []byte { return []byte(fill(before, text, after)) }}
}

// hostileTexts are hostile to whoever reads YAML.
func hostileTexts() []File {
	all := []File{
		inRule("one plain text", "match: {prefix: ", "a", "}\n    copy: [{bucket: x}]\n"),
		inRule("one quoted text", "match: {prefix: \"", "\\u00e9", "\"}\n    copy: [{bucket: x}]\n"),
		inRule("one text of many lines", "match:\n      prefix: |\n", "        a\n", "    copy: [{bucket: x}]\n"),
		inRule("one regexp", "match: {regexp: '", "a*", "'}\n    copy: [{bucket: x}]\n"),
		inRule("one glob", "match: {glob: '", "**/a", "'}\n    copy: [{bucket: x}]\n"),
		inRule("one key", "match: {}\n    copy: [{key: '", "a", "'}]\n"),
		inRule("a key of placeholders", "match: {}\n    copy: [{key: '", "${key}", "'}]\n"),
		inRule("a key of dollars", "match: {}\n    copy: [{key: '", "$x", "'}]\n"),
		inRule("a long field name", "", "bucket", ": x\n"),
		inRule("many field names", "", "f%d: x\n    ", "match: {}\n"),
		inRule("many keys of meta", "match: {meta: {", "m%d: x, ", "z: x}}\n    copy: [{bucket: x}]\n"),
		inRule("complex keys", "", "? {a%d: b}\n    : x\n    ", "match: {}\n"),
		hostile("anchors", "version: 1\nx:\n", "  - &a%d [*a%d]\n", ""),
		hostile("nested aliases", "a: &a0 [x]\n", "b: [*a0, *a0, *a0, *a0]\n", ""),
		hostile("short rules", head+"rules: [", "{},", "]\n"),
		hostile("mistakes", head+"rules:\n", "  - {nam: x}\n", ""),
		hostile("numbers", head+"rules:\n  - {name: a, match: {prefix: [", "0x1f,", "]}}\n"),
		hostile("times", head+"rules:\n  - {name: a, match: {prefix: [", "2026-01-01T00:00:00Z,", "]}}\n"),
		hostile("documents", "", "---\n", ""),
		hostile("source buckets", "version: 1\nsources: [", "src-%d, ", "]\n"),
		{"deep blocks", func() []byte {
			var b strings.Builder
			for i := 0; b.Len() < hostileSize; i++ {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return []byte(b.String())
		}},
	}
	for _, text := range []string{"[", "{", "{a: ", "[a, ", "- ", "? ", ": ", "a: ", "- a\n", "a: b\n", "\n", "#\n", " ", "\t", "\"",
		"'", "\"\",", "|\n", "&a ", "*a ", "!!str ", "!a ", "%", "% A\n", "\r", "é", "\xff", "\x00", "：", "<<: ", ",", "]", "a",
		"${key}", "\\", "\"\\", "a\n", "- - ", "{},", "[],", "\u2028", "--- a\n...\n", "'a': ", "[[],", "? a\n"} {
		all = append(all, hostile("only "+strconv.Quote(text), "", text, ""))
	}
	return all
}

// hostileRules are rules that are hostile to whoever compiles or compares them.
func hostileRules() []File {
	const inBucket = "copy: [{key: \"done/${key}\"}]"
	deep := strings.Repeat("(", 900) + "a" + strings.Repeat(")", 900)
	return []File{
		rules("regexps with repetitions", "match: {regexp: '^(x{30}){30}%d'}, "+inBucket),
		rules("regexps with large repetitions", "match: {regexp: '^x{1000}%d'}, "+inBucket),
		rules("regexps with classes", "match: {regexp: '\\pL+\\pN+\\p{Han}+\\P{Greek}%d'}, "+inBucket),
		rules("regexps without case", "match: {regexp: '(?i)[a-\\x{1e942}]+%d'}, "+inBucket),
		rules("regexps with groups", "match: {regexp: '"+deep+"%d'}, "+inBucket),
		rules("regexps with alternatives", "match: {regexp: '"+strings.Repeat("(a|b)*x|", 400)+"%d'}, "+inBucket),
		rules("regexps with exponential automata", "match: {regexp: '[ab]*a[ab]{20}%d$'}, "+inBucket),
		rules("long regexps of one character", "match: {regexp: '"+strings.Repeat("a?", 1900)+"%d'}, "+inBucket),
		rules("globs with **", "match: {glob: '**/a/**/b/**/c/**/d/**/%d'}, "+inBucket),
		rules("globs with *", "match: {glob: '"+strings.Repeat("*a", 500)+"%d'}, "+inBucket),
		rules("globs with braces", "match: {glob: '"+strings.Repeat("{a,b}", 8)+"%d/**'}, "+inBucket),
		rules("globs with classes", "match: {glob: '"+strings.Repeat("[!a-z]*", 200)+"%d'}, "+inBucket),
		rules("everything", "match: {}, copy: [{key: \"${key}%d\"}]"),
		rules("everything, to the same key", "match: {}, copy: [{key: \"done/${key}\"}]"),
		rules("everything, elsewhere", "match: {}, copy: [{bucket: replica}]"),
		rules("everything, with stop", "match: {}, stop: true, copy: [{bucket: replica}]"),
		rules("glob **, with stop, to another source", "match: {bucket: src-a, glob: '**/a%d*'}, stop: true, "+
			"copy: [{bucket: src-b}]"),
		rules("regexps, with stop, to another source", "match: {bucket: src-a, regexp: 'a[^b]*%d'}, stop: true, "+
			"copy: [{bucket: src-b}]"),
		rules("exceptions", "match: {prefix: in/}, except: [{glob: '**/%d*/**'}, {regexp: '%d[^/]*x'}, {suffix: .%d}], "+
			"copy: [{key: \"in/%d/${base}\"}]"),
		rules("sizes", "match: {size: {at-least: %d}}, copy: [{key: \"done/${key}\"}]"),
		rules("tags", "match: {tagging: {a%d: [x, y, z], b: null}}, copy: [{key: \"done/${key}\", tagging: {a%d: x}}]"),
		rules("changes in place", "match: {prefix: p}, copy: [{tagging: {a: x%d}}]"),
		rules("rewrites in place", "match: {prefix: p}, copy: [{storage-class: IA, rewrite-in-place: true}]"),
		rules("networks", "match: {source-ip: ["+strings.Repeat("10.0.0.0/8, ", 200)+"10.0.0.%d]}, "+inBucket),
		rules("principals", "match: {principal: ["+strings.Repeat("'1*', ", 200)+"'2*']}, "+inBucket),
		rules("names that look alike", "match: {bucket: src-c}, copy: [{bukcet: x%d}]"),
		{"lists of everything in one rule", func() []byte {
			lists := "prefix: [" + numbered(1000, "p%d, ") + "p], suffix: [" + numbered(1000, ".%d, ") + "p], glob: [" +
				numbered(500, "'**%d**', ") + "p], regexp: '" + strings.Repeat("(a|b)*.*", 400) + "'"
			return []byte(fill(head+"rules:\n", "  - {name: r%d, match: {"+lists+"}, "+inBucket+"}\n", ""))
		}},
		inRule("prefixes", "match: {prefix: [", "p%d/, ", "q]}\n    "+inBucket+"\n"),
		inRule("prefixes of one letter", "match: {prefix: [", "p, ", "q]}\n    "+inBucket+"\n"),
		inRule("suffixes", "match: {suffix: [", ".p%d, ", "q]}\n    "+inBucket+"\n"),
		inRule("long prefixes", "match: {prefix: [", strings.Repeat("p%d/", 150)+", ", "q]}\n    "+inBucket+"\n"),
		inRule("globs in one rule", "match: {glob: [", "'**/%d*', ", "q]}\n    "+inBucket+"\n"),
		inRule("long globs in one rule", "match: {glob: [", "'"+strings.Repeat("**/x%d*/", 60)+"', ", "q]}\n    "+
			inBucket+"\n"),
		inRule("exceptions of one rule", inBucket+"\n    match: {}\n    except:\n", "      - prefix: p%d/\n", ""),
		inRule("globs as exceptions of one rule", inBucket+"\n    match: {}\n    except:\n",
			"      - glob: '**/p%d/**'\n", ""),
		inRule("regexps as exceptions of one rule", inBucket+"\n    match: {}\n    except:\n",
			"      - regexp: 'p%d.*q'\n", ""),
		inRule("meta conditions as exceptions of one rule", inBucket+"\n    match: {}\n    except:\n",
			"      - meta: {a%d: x, b: y, c: null}\n", ""),
		inRule("buckets", inBucket+"\n    match: {bucket: [", "src-a, ", "src-b]}\n"),
		inRule("content types", inBucket+"\n    match: {content-type: [", "a/b%d, ", "c/d]}\n"),
		inRule("metadata of a copy", "match: {}\n    copy:\n      - metadata-directive: MERGE\n        key: x${key}\n"+
			"        meta:\n", "          m%d: ${key}\n", ""),
		hostile("defaults", head+"defaults: {copy: {metadata-directive: MERGE, meta: {"+numbered(1000, "m%d: x, ")+
			"z: x}}}\nrules:\n", "  - {name: r%d, match: {}, copy: [{bucket: other}]}\n", ""),
		hostile("a thousand source buckets", "version: 1\nsources: ["+numbered(999, "src-%d, ")+"src-x]\nrules:\n",
			"  - {name: r%d, match: {glob: '**/a%d*'}, copy: [{bucket: \"src-${tag.x}\", key: \"a%d/${base}\"}]}\n", ""),
		hostile("buckets that look alike", "version: 1\nsources: ["+numbered(999, "source-bucket-number-%d, ")+
			"src-x]\nrules:\n", "  - {name: r%d, match: {bucket: source-bucket-numbe-%d}, copy: [{bucket: other}]}\n", ""),
	}
}

// hostileChains are rules whose copies may trigger each other.
func hostileChains() []File {
	return []File{
		rules("one long chain", "match: {prefix: '%d/'}, copy: [{key: \"%d1/${base}\"}]"),
		rules("entangled regexps", "match: {regexp: '^[^/]*/(?<a>.*)x[a-z]*$'}, copy: [{key: \"${re.a}/${re.a}x%d\"}]"),
		rules("entangled globs", "match: {glob: '**/a*/**'}, copy: [{key: \"${dir:-}a%d/${base}\"}]"),
		rules("entangled prefixes", "match: {prefix: in/}, copy: [{key: \"in/%d/${base#x}${ext:-}\"}]"),
		rules("entangled suffixes", "match: {suffix: .a}, copy: [{key: \"${stem}%d.a\"}]"),
		rules("keys that become shorter", "match: {prefix: a}, copy: [{key: \"${key#a}\"}]"),
		rules("parts of keys", "match: {prefix: [., b]}, copy: [{key: \"${base#a}${ext:-}\"}]"),
		rules("many parts of keys", "match: {prefix: [., b]}, copy: [{key: \"${base#a}${ext:-}${stem%x}${dir:-}${base}x\"}]"),
		rules("captures", "match: {regexp: '^(?<a>[^/]+)/(?<b>.+)/(?<c>[a-z]*)x(?<d>.*)$'}, "+
			"copy: [{key: \"${re.a}${re.b}${re.c}${re.d}/x%d\"}]"),
		rules("many captures", "match: {regexp: '^"+strings.Repeat("(?<a>[^/]*x?)", 1)+"/y%d'}, copy: [{key: \""+
			strings.Repeat("${re.a}", 200)+"/y%d\"}]"),
		rules("tags that trigger", "match: {tagging: {a: x%d}}, copy: [{key: \"${key}\", bucket: src-b, "+
			"tagging: {a: x1%d}}]"),
		inRule("copies of one rule", "match: {prefix: in/}\n    copy:\n", "      - key: in/%d/${base}\n", ""),
		inRule("copies of one rule, elsewhere", "match: {prefix: in/}\n    copy:\n",
			"      - bucket: x%d\n", ""),
		inRule("copies of one rule in place", "match: {prefix: in/}\n    copy:\n", "      - tagging: {a: x%d}\n", ""),
		inRule("copies of one rule to the same key", "match: {prefix: in/}\n    copy:\n", "      - key: x${key}\n", ""),
		hostile("copies into rules", head+"rules:\n"+numbered(1000, "  - {name: r%d, match: {prefix: p%d/}, "+
			"copy: [{bucket: x}]}\n")+"  - name: a\n    match: {bucket: src-a, glob: '**/*'}\n    copy:\n",
			"      - {bucket: src-b, key: \"p${tag.a}%d/${base}\"}\n", ""),
	}
}
