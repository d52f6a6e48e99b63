package rulesfile

import "strings"

// rules are rules that are hostile to whoever compiles or compares them.
func (w writer) rules() []File {
	const inBucket = "copy: [{key: \"done/${key}\"}]"
	deep := strings.Repeat("(", 900) + "a" + strings.Repeat(")", 900)
	return []File{
		w.rule("regexps with repetitions", "match: {regexp: '^(x{30}){30}%d'}, "+inBucket),
		w.rule("regexps with large repetitions", "match: {regexp: '^x{1000}%d'}, "+inBucket),
		w.rule("regexps with classes", "match: {regexp: '\\pL+\\pN+\\p{Han}+\\P{Greek}%d'}, "+inBucket),
		w.rule("regexps without case", "match: {regexp: '(?i)[a-\\x{1e942}]+%d'}, "+inBucket),
		w.rule("regexps with groups", "match: {regexp: '"+deep+"%d'}, "+inBucket),
		w.rule("regexps with alternatives", "match: {regexp: '"+strings.Repeat("(a|b)*x|", 400)+"%d'}, "+inBucket),
		w.rule("regexps with exponential automata", "match: {regexp: '[ab]*a[ab]{20}%d$'}, "+inBucket),
		w.rule("long regexps of one character", "match: {regexp: '"+strings.Repeat("a?", 1900)+"%d'}, "+inBucket),
		w.rule("globs with **", "match: {glob: '**/a/**/b/**/c/**/d/**/%d'}, "+inBucket),
		w.rule("globs with *", "match: {glob: '"+strings.Repeat("*a", 500)+"%d'}, "+inBucket),
		w.rule("globs with braces", "match: {glob: '"+strings.Repeat("{a,b}", 8)+"%d/**'}, "+inBucket),
		w.rule("globs with classes", "match: {glob: '"+strings.Repeat("[!a-z]*", 200)+"%d'}, "+inBucket),
		w.rule("everything", "match: {}, copy: [{key: \"${key}%d\"}]"),
		w.rule("everything, to the same key", "match: {}, copy: [{key: \"done/${key}\"}]"),
		w.rule("everything, elsewhere", "match: {}, copy: [{bucket: replica}]"),
		w.rule("everything, with stop", "match: {}, stop: true, copy: [{bucket: replica}]"),
		w.rule("glob **, with stop, to another source", "match: {bucket: src-a, glob: '**/a%d*'}, stop: true, "+
			"copy: [{bucket: src-b}]"),
		w.rule("regexps, with stop, to another source", "match: {bucket: src-a, regexp: 'a[^b]*%d'}, stop: true, "+
			"copy: [{bucket: src-b}]"),
		w.rule("exceptions", "match: {prefix: in/}, except: [{glob: '**/%d*/**'}, {regexp: '%d[^/]*x'}, "+
			"{suffix: .%d}], "+
			"copy: [{key: \"in/%d/${base}\"}]"),
		w.rule("sizes", "match: {size: {at-least: %d}}, copy: [{key: \"done/${key}\"}]"),
		w.rule("tags", "match: {tagging: {a%d: [x, y, z], b: null}}, "+
			"copy: [{key: \"done/${key}\", tagging: {a%d: x}}]"),
		w.rule("changes in place", "match: {prefix: p}, copy: [{tagging: {a: x%d}}]"),
		w.rule("rewrites in place", "match: {prefix: p}, copy: [{storage-class: IA, rewrite-in-place: true}]"),
		w.rule("networks", "match: {source-ip: ["+strings.Repeat("10.0.0.0/8, ", 200)+"192.168.0.0/16]}, "+inBucket),
		w.rule("principals", "match: {principal: ["+strings.Repeat("'1*', ", 200)+"'2*']}, "+inBucket),
		w.rule("names that look alike", "match: {bucket: src-c}, copy: [{bukcet: x%d}]"),
		{"lists of everything in one rule", func() []byte {
			lists := "prefix: [" + numbered(1000, "p%d, ") + "p], suffix: [" + numbered(1000, ".%d, ") + "p], glob: [" +
				numbered(500, "'**/%d/**', ") + "p], regexp: '" + strings.Repeat("(a|b)*.*", 400) + "'"
			return w.fillValues(head+"rules:\n", "  - {name: r%d, match: {"+lists+"}, "+inBucket+"}\n", "")
		}},
		w.inRule("prefixes", "match: {prefix: [", "p%d/, ", "q]}\n    "+inBucket+"\n"),
		w.inRule("prefixes of one letter", "match: {prefix: [", "p, ", "q]}\n    "+inBucket+"\n"),
		w.inRule("suffixes", "match: {suffix: [", ".p%d, ", "q]}\n    "+inBucket+"\n"),
		w.inRule("long prefixes", "match: {prefix: [", strings.Repeat("p%d/", 150)+", ", "q]}\n    "+inBucket+"\n"),
		w.inRule("globs in one rule", "match: {glob: [", "'**/%d*', ", "q]}\n    "+inBucket+"\n"),
		w.inRule("long globs in one rule", "match: {glob: [", "'"+strings.Repeat("**/x%d*/", 60)+"', ", "q]}\n    "+
			inBucket+"\n"),
		w.inRule("exceptions of one rule", inBucket+"\n    match: {}\n    except:\n", "      - prefix: p%d/\n", ""),
		w.inRule("globs as exceptions of one rule", inBucket+"\n    match: {}\n    except:\n",
			"      - glob: '**/p%d/**'\n", ""),
		w.inRule("regexps as exceptions of one rule", inBucket+"\n    match: {}\n    except:\n",
			"      - regexp: 'p%d.*q'\n", ""),
		w.inRule("meta conditions as exceptions of one rule", inBucket+"\n    match: {}\n    except:\n",
			"      - meta: {a%d: x, b: y, c: null}\n", ""),
		w.inRule("buckets", inBucket+"\n    match: {bucket: [", "src-a, ", "src-b]}\n"),
		w.inRule("content types", inBucket+"\n    match: {content-type: [", "a/b%d, ", "c/d]}\n"),
		w.inRule("metadata of a copy", "match: {}\n    copy:\n      - metadata-directive: MERGE\n"+
			"        key: x${key}\n        meta:\n", "          m%d: ${key}\n", ""),
		w.file("defaults", head+"defaults: {copy: {metadata-directive: MERGE, meta: {"+numbered(1000, "m%d: x, ")+
			"z: x}}}\nrules:\n", "  - {name: r%d, match: {}, copy: [{bucket: other}]}\n", ""),
		w.file("a thousand source buckets", "version: 1\nsources: ["+numbered(999, "src-%d, ")+"src-x]\nrules:\n",
			"  - {name: r%d, match: {glob: '**/a%d*'}, "+
				"copy: [{bucket: \"src-${tag.x}\", key: \"a%d/${base}\"}]}\n", ""),
		w.file("a thousand source buckets, and any of them in each rule", "version: 1\nsources: ["+
			numbered(999, "src-%d, ")+"src-x]\nrules:\n", "  - {name: r%d, match: {prefix: p%d/}, "+
			"copy: [{bucket: replica}]}\n", ""),
		w.file("a thousand source buckets, and all of them in each rule", "version: 1\nsources: ["+
			numbered(999, "src-%d, ")+"src-x]\nrules:\n", "  - {name: r%d, match: {bucket: ["+
			numbered(999, "src-%d, ")+"src-x]}, copy: [{bucket: replica}]}\n", ""),
		w.rule("thousands of prefixes in each rule", "match: {prefix: ["+inEach(2000, "p%d-N/, ")+
			"q%d]}, copy: [{bucket: replica}]"),
		w.rule("hundreds of suffixes in each rule", "match: {prefix: [a, b, c], suffix: ["+
			inEach(500, ".s%d-N, ")+"q%d]}, copy: [{bucket: replica}]"),
		w.rule("any case", "match: {prefix: abcd%d/, suffix: .jpeg, ignore-case: true}, copy: [{bucket: replica}]"),
		w.rule("any case, to lower case", "match: {glob: '**/*.%d', ignore-case: true}, "+
			"copy: [{key: \"done%d/${key:0:1}${key,,}\"}], except: [{prefix: done, ignore-case: true}]"),
		w.rule("replicated objects", "match: {event: 'ObjectReplication:ObjectCreated', prefix: p%d/}, "+
			"copy: [{bucket: replica}]"),
		w.file("buckets that look alike", "version: 1\nsources: ["+numbered(999, "source-bucket-number-%d, ")+
			"src-x]\nrules:\n", "  - {name: r%d, match: {bucket: source-bucket-numbe-%d}, "+
			"copy: [{bucket: other}]}\n", ""),
	}
}

// inEach repeats a text n times for a part of each rule: %d is the number of the repetition, N that of the rule.
func inEach(n int, text string) string { return strings.ReplaceAll(numbered(n, text), "N", "%d") }
