package rulesfile

import "strings"

// chains are rules whose copies may trigger each other.
func (w writer) chains() []File {
	return []File{
		w.rule("one long chain", "match: {prefix: '%d/'}, copy: [{key: \"%d1/${base}\"}]"),
		w.rule("entangled regexps", "match: {regexp: '^[^/]*/(?<a>.*)x[a-z]*$'}, "+
			"copy: [{key: \"${re.a}/${re.a}x%d\"}]"),
		w.rule("entangled globs", "match: {glob: '**/a*/**'}, copy: [{key: \"${dir:-}a%d/${base}\"}]"),
		w.rule("entangled prefixes", "match: {prefix: in/}, copy: [{key: \"in/%d/${base#x}${ext:-}\"}]"),
		w.rule("entangled suffixes", "match: {suffix: .a}, copy: [{key: \"${stem}%d.a\"}]"),
		w.rule("keys that become shorter", "match: {prefix: a}, copy: [{key: \"${key#a}\"}]"),
		w.rule("parts of keys", "match: {prefix: [., b]}, copy: [{key: \"${base#a}${ext:-}\"}]"),
		w.rule("many parts of keys", "match: {prefix: [., b]}, "+
			"copy: [{key: \"${base#a}${ext:-y}${stem%x}${dir:-z}${base}x\"}]"),
		w.rule("captures", "match: {regexp: '^(?<a>[^/]+)/(?<b>.+)/(?<c>[a-z]*)x(?<d>.*)$'}, "+
			"copy: [{key: \"${re.a}${re.b}${re.c}${re.d}/x%d\"}]"),
		w.rule("many captures", "match: {regexp: '^"+strings.Repeat("(?<a>[^/]*x?)", 1)+"/y%d'}, copy: [{key: \""+
			strings.Repeat("${re.a}", 200)+"/y%d\"}]"),
		w.rule("tags that trigger", "match: {tagging: {a: x%d}}, copy: [{key: \"${key}\", bucket: src-b, "+
			"tagging: {a: x1%d}}]"),
		w.inRule("copies of one rule", "match: {prefix: in/}\n    copy:\n", "      - key: in/%d/${base}\n", ""),
		w.inRule("copies of one rule, elsewhere", "match: {prefix: in/}\n    copy:\n",
			"      - bucket: replica-%d\n", ""),
		w.inRule("copies of one rule in place", "match: {prefix: in/}\n    copy:\n", "      - tagging: {a: x%d}\n", ""),
		w.inRule("copies of one rule to the same key", "match: {prefix: in/}\n    copy:\n",
			"      - key: x${key}\n", ""),
		w.file("copies into rules", head+"rules:\n"+numbered(1000, "  - {name: r%d, match: {prefix: p%d/}, "+
			"copy: [{bucket: replica}]}\n")+"  - name: a\n    match: {bucket: src-a, glob: '**/*'}\n    copy:\n",
			"      - {bucket: src-b, key: \"p${tag.a}%d/${base}\"}\n", ""),
	}
}
