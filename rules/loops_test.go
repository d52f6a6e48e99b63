package rules

import (
	"fmt"
	"strings"
	"testing"
)

// chainFile is a rules file over the sources in, mid and out of which only the
// rules are given, "name: match -> copy" a line in flow style; except stands
// within match's line behind "!".
func chainFile(lines ...string) string {
	var b strings.Builder
	b.WriteString("version: 1\nsources: [in-bucket, mid-bucket, out-bucket]\nrules:\n")
	for i, line := range lines {
		match, copies, _ := strings.Cut(line, " -> ")
		match, except, excepted := strings.Cut(match, " ! ")
		stop := strings.TrimPrefix(match, "stop ")
		fmt.Fprintf(&b, "  - name: r%d\n", i)
		if stop != match {
			b.WriteString("    stop: true\n")
		}
		fmt.Fprintf(&b, "    match: %s\n", stop)
		if excepted {
			fmt.Fprintf(&b, "    except: [%s]\n", except)
		}
		fmt.Fprintf(&b, "    copy: [%s]\n", copies)
	}
	return b.String()
}

func TestChainsThatEndAreAccepted(t *testing.T) {
	for name, rules := range map[string][]string{
		"pipeline over three buckets": {
			`{bucket: in-bucket} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {bucket: out-bucket}`,
			`{bucket: out-bucket} -> {bucket: elsewhere}`},
		"prefix move":                  {`{prefix: in/} -> {key: "done/${key#in/}"}`},
		"prefix move into a date":      {`{prefix: in/} -> {key: "done/${time.year}/${time.date}/${base}"}`},
		"thumbnails excepted":          {`{suffix: .jpg} ! {prefix: thumbs/} -> {key: "thumbs/${key}"}`},
		"another extension":            {`{suffix: .jpeg} -> {key: "${dir}/${stem}.jpg"}`},
		"into a folder of the prefix":  {`{prefix: in/} -> {key: "in/old/${base}"}`},
		"to one name":                  {`{prefix: in/} -> {key: "in/latest"}`},
		"to a folder, or the same one": {`{bucket: in-bucket} -> {key: "${dir:-top}/${base}"}`},
		"the first characters":         {`{bucket: in-bucket} -> {key: "${base:0:8}"}`},
		"one directory down":           {`{glob: "in/*"} -> {key: "in/old/${base}"}`},
		"regexp that its result misses": {`{regexp: '^(?<d>\d{4})(?<m>\d{2})-(?<n>[^/]+)$'} -> {key: ` +
			`"${re.d}/${re.m}/${re.n}"}`},
		"group that cannot hold a slash": {`{regexp: '^in/(?<n>[^/]+)\.csv$'} -> {key: "in/${re.n}/data.csv"}`},
		"date partition of root keys":    {`{glob: "*.log"} -> {key: "${time.date}/${base}"}`},
		"there and back under a prefix": {`{bucket: in-bucket} ! {prefix: back/} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {bucket: in-bucket, key: "back/${key}"}`},
		"suffix changes on the way": {`{bucket: in-bucket, suffix: .raw} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {bucket: in-bucket, key: "${key%.raw}.jpg"}`},
		"only small ones": {`{bucket: in-bucket, size: {below: 1KiB}} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket, size: {at-least: 1KiB}} -> {bucket: in-bucket}`},
		"only uploads": {`{event: "ObjectCreated:PutObject"} -> {key: "all/${key}"}`},
		"tagged by the copy": {`{tagging: {state: null}} -> {key: "copies/${key}", tagging: {state: ` +
			`done}}`},
		"tag merged by the copy": {`{tagging: {state: new}} -> {key: "copies/${key}", tagging-directive: ` +
			`MERGE, tagging: {state: null}}`},
		"tag carried along": {`{bucket: in-bucket, tagging: {to: mid}} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket, tagging: {to: in}} -> {bucket: in-bucket}`},
		"class of the copy": {`{storage-class: Standard} -> {key: "cold/${key}", storage-class: IA}`},
		"content type of the copy": {`{content-type: text/csv} -> {key: "x/${key}", metadata-directive: ` +
			`MERGE, content-type: text/plain}`},
		"content type that REPLACE drops": {`{content-type: text/csv} -> {key: "x/${key}", metadata-directive: ` +
			`REPLACE, cache-control: no-store}`},
		"metadata that REPLACE drops": {`{meta: {step: ["1"]}} -> {key: "x/${key}", metadata-directive: ` +
			`REPLACE, cache-control: no-store}`},
		"metadata of the copy": {`{meta: {step: ["1"]}} -> {key: "x/${key}", metadata-directive: MERGE, ` +
			`meta: {step: "2"}}`},
		"stop keeps the copies": {`stop {prefix: done/} -> {bucket: elsewhere}`,
			`{bucket: in-bucket} -> {key: "done/${key}"}`},
		"rotation that ends in elsewhere": {`{bucket: in-bucket, prefix: a/} -> {key: "b/${key#a/}"}`,
			`{bucket: in-bucket, prefix: b/} -> {key: "c/${key#b/}"}`,
			`{bucket: in-bucket, prefix: c/} -> {bucket: elsewhere}`},
		"needs two steps to see the end": {`{bucket: in-bucket, suffix: .raw} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket, regexp: '^x/(?<n>[^/]+)$'} -> {bucket: in-bucket, key: "y/${re.n}"}`},
		"directories flattened":         {`{glob: "in/**/*.csv"} -> {key: "flat/${base}"}`},
		"extension taken off":           {`{bucket: in-bucket, suffix: .tmp} -> {key: "${key%.tmp}"}`},
		"extension taken off by stem":   {`{bucket: in-bucket, suffix: .tmp} -> {key: "${dir}/${stem}"}`},
		"extension taken off by regexp": {`{bucket: in-bucket, regexp: '^(?<n>.+)\.tmp$'} -> {key: "${re.n}"}`},
		"prefix taken off":              {`{prefix: in/} -> {key: "${key#in/}"}`},
		"one directory up":              {`{regexp: '^(?<a>[^/]+)/(?<b>.+)$'} -> {key: "${re.b}"}`},
		"directory marker":              {`{bucket: in-bucket, suffix: /} -> {key: "${key%/}.dir"}`},
		"tags in place":                 {`{bucket: in-bucket} -> {tagging: {seen: "yes"}, object-acl: private}`},
		"tags in place, back and forth": {`{tagging: {a: x}} -> {tagging: {a: y}}`,
			`{tagging: {a: y}} -> {tagging: {a: x}}`},
		"class in place": {`{bucket: in-bucket} -> {storage-class: IA, rewrite-in-place: true}`},
		"classes in place, one after the other": {`{storage-class: Standard} -> {storage-class: IA, ` +
			`rewrite-in-place: true}`,
			`{storage-class: IA} -> {storage-class: Archive, rewrite-in-place: true}`},
		"two that set different things in place": {`{bucket: in-bucket} -> {storage-class: IA, rewrite-in-place: true}`,
			`{prefix: a/} -> {metadata-directive: MERGE, cache-control: no-store, rewrite-in-place: true}`},
		"two that set the same in place": {`{bucket: in-bucket} -> {metadata-directive: MERGE, meta: {a: b}, ` +
			`rewrite-in-place: true}`,
			`{prefix: a/} -> {metadata-directive: MERGE, meta: {a: b, c: d}, rewrite-in-place: true}`},
		"value of the object in place": {`{bucket: in-bucket} -> {metadata-directive: MERGE, meta: {kind: ` +
			`"${ext:-none}", who: "${tag.who:-none}"}, rewrite-in-place: true}`},
		"dated once in place": {`{meta: {seen: null}} -> {metadata-directive: MERGE, meta: {seen: ` +
			`"${time.date}"}, rewrite-in-place: true}`},
		"header from the key in place": {`{bucket: in-bucket} -> {metadata-directive: MERGE, content-disposition: ` +
			`'attachment; filename="${base}"', rewrite-in-place: true}`},
		"content type from the key": {`{content-type: text/csv} -> {key: "x/${key}", metadata-directive: ` +
			`MERGE, content-type: "text/plain"}`},
		"replaced metadata in place": {`{bucket: in-bucket} -> {metadata-directive: REPLACE, content-type: ` +
			`text/plain, rewrite-in-place: true}`},
		"rewritten in place, then moved": {`{bucket: in-bucket} -> {storage-class: IA, rewrite-in-place: true}, ` +
			`{bucket: mid-bucket}`, `{bucket: mid-bucket} -> {bucket: elsewhere}`},
		"unwrapped and rewritten in place": {`{prefix: x/} -> {key: "${key#x/}"}`,
			`{bucket: in-bucket} -> {storage-class: IA, rewrite-in-place: true}, {bucket: elsewhere}`},
		"tenant": {`{regexp: '^tenants/(?<t>[a-z]+)/in/(?<rest>.*)$'} -> {key: ` +
			`"tenants/${re.t}/out/${re.rest:-x}"}`},
		"lower case":       {`{bucket: in-bucket, regexp: '[A-Z]'} -> {key: "${key,,}"}`},
		"first characters": {`{bucket: in-bucket, regexp: '^[^/]+$'} -> {key: "${key:0:2}/${key}"}`},
		"last character": {`{bucket: in-bucket, prefix: x, suffix: b} -> {key: "a/${key: -1}"}`,
			`{bucket: in-bucket, prefix: a/, suffix: c} -> {key: "${key: -2}"}`},
		"shorter and shorter":               {`{bucket: in-bucket, prefix: abc} -> {key: "${key:1:100}"}`},
		"name of the directory":             {`{glob: "in/*/*"} -> {key: "out/${dir.base}/${base}"}`},
		"spread by a hash":                  {`{bucket: in-bucket, regexp: '^[^/]+$'} -> {key: "${hash:0:2}/${key}"}`},
		"hash that is no hexadecimal digit": {`{bucket: in-bucket, prefix: g} -> {key: "${hash}"}`},
		"weekday that does not exist":       {`{suffix: "8"} -> {key: "${key}.${time.weekday}"}`},
		"eight hops": {`{bucket: in-bucket, prefix: 0/} -> {key: "1/${base}"}`,
			`{bucket: in-bucket, prefix: 1/} -> {key: "2/${base}"}`,
			`{bucket: in-bucket, prefix: 2/} -> {key: "3/${base}"}`,
			`{bucket: in-bucket, prefix: 3/} -> {key: "4/${base}"}`,
			`{bucket: in-bucket, prefix: 4/} -> {key: "5/${base}"}`,
			`{bucket: in-bucket, prefix: 5/} -> {key: "6/${base}"}`,
			`{bucket: in-bucket, prefix: 6/} -> {key: "7/${base}"}`,
			`{bucket: in-bucket, prefix: 7/} -> {key: "8/${base}"}`,
			`{bucket: in-bucket, prefix: 8/} -> {bucket: elsewhere}`},
		"eight hops, to where nothing is copied": {`stop {prefix: 9/} -> `,
			`{bucket: in-bucket, prefix: 0/} -> {key: "1/${base}"}`,
			`{bucket: in-bucket, prefix: 1/} -> {key: "2/${base}"}`,
			`{bucket: in-bucket, prefix: 2/} -> {key: "3/${base}"}`,
			`{bucket: in-bucket, prefix: 3/} -> {key: "4/${base}"}`,
			`{bucket: in-bucket, prefix: 4/} -> {key: "5/${base}"}`,
			`{bucket: in-bucket, prefix: 5/} -> {key: "6/${base}"}`,
			`{bucket: in-bucket, prefix: 6/} -> {key: "7/${base}"}`,
			`{bucket: in-bucket, prefix: 7/} -> {key: "8/${base}"}`,
			`{bucket: in-bucket, prefix: 8/} -> {key: "9/${base}"}`},
		"one spelling of the extension":          {`{regexp: '(?i)\.jpg$'} -> {key: "${dir}/${stem}.jpg"}`},
		"one spelling of the extension by group": {`{regexp: '(?i)^(?<n>.+)\.jpe?g$'} -> {key: "${re.n}.jpg"}`},
		"one spelling of the extension of any case": {`{suffix: .jpg, ignore-case: true} -> {key: ` +
			`"${dir}/${stem}.jpg"}`},
		"one spelling of the extension in one directory": {`{bucket: in-bucket, suffix: .jpg, ignore-case: true} -> ` +
			`{key: "${stem}.jpg", tagging: {seen: "yes"}}`},
		"spelling of the directory, and a default for none": {`{bucket: in-bucket} -> {key: "${dir,,:-x}/${base}"}`,
			`{bucket: in-bucket, prefix: X/} -> {key: "${base}"}`},
		"prefix taken off, in lower case":              {`{bucket: in-bucket} -> {key: "${key#a/,,}"}`},
		"suffix taken off, in upper case":              {`{bucket: in-bucket} -> {key: "${key%.TMP^^}"}`},
		"lower case, and a default that is never used": {`{bucket: in-bucket} -> {key: "${key,,:-X}"}`},
		"lower case, and a default for folder markers": {`{bucket: in-bucket} -> {key: "${base,,:-x}"}`},
		"two rules that write lower case": {`{bucket: in-bucket} -> {key: "${key,,}"}`,
			`{bucket: in-bucket} -> {key: "${base,,}"}`},
		"lower case, and a prefix that becomes another": {`{bucket: in-bucket} -> {key: "${key,,}"}`,
			`{bucket: in-bucket, prefix: x/} -> {key: "y/${key#x/}"}`},
		"text taken off the name":      {`{bucket: in-bucket} -> {key: "${dir}/${base#tmp-}"}`},
		"text there with a default":    {`{bucket: in-bucket} -> {key: "in/${key#in/:-x}"}`},
		"first characters of the stem": {`{bucket: in-bucket} -> {key: "${stem:0:10}.jpg"}`},
		"what is there already": {`{bucket: in-bucket} -> {key: "in/${key#in/}"}`,
			`{bucket: mid-bucket} -> {key: "${key%.x}.x"}`, `{bucket: out-bucket} -> {key: "${dir}/${base}"}`},
		"excluded in any case": {`{bucket: in-bucket} ! {prefix: DONE/, ignore-case: true} -> {key: "Done/${key}"}`},
		"stop in any case": {`stop {glob: "DONE/**", ignore-case: true} -> `,
			`{bucket: in-bucket} -> {key: "Done/${key}"}`},
		"copies that an ignore list takes": {`stop {prefix: done/} -> `, `{bucket: in-bucket} -> {key: "done/${key}"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load("r.yaml", []byte(chainFile(rules...)), testEnv); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLoopsAreJudgedByTheMetadataThatREPLACELeaves(t *testing.T) {
	const replaced = `metadata-directive: REPLACE, cache-control: no-store`
	for name, rules := range map[string][]string{
		"the type that it gives": {`{content-type: application/octet-stream} -> {key: "x/${key}", ` +
			replaced + `}`},
		"what client-side encryption needs": {`{meta: {client-side-encryption-key: k}} -> {key: "x/${key}", ` +
			replaced + `}`},
		"that over two copies": {
			`{bucket: in-bucket, meta: {client-side-encryption-key: k}} -> {bucket: mid-bucket, ` + replaced + `}`,
			`{bucket: mid-bucket, meta: {client-side-encryption-key: k}} -> {bucket: in-bucket, ` + replaced + `}`},
		"that none of it was there is no end": {`{meta: {client-side-encryption-key: null}} -> {key: "x/${key}", ` +
			replaced + `}`},
	} {
		if _, err := Load("r.yaml", []byte(chainFile(rules...)), testEnv); err == nil {
			t.Errorf("%s: it loads", name)
		}
	}
}

func TestALoopOfManyRulesIsRefused(t *testing.T) {
	var rules []string
	for i := range 12 {
		rules = append(rules, fmt.Sprintf(`{bucket: in-bucket, prefix: d%d/} -> {key: "d%d/${base}"}, {bucket: `+
			`elsewhere}`, i, (i+1)%12))
	}
	_, err := Load("r.yaml", []byte(chainFile(rules...)), testEnv)
	if err == nil || !strings.Contains(err.Error(), "rule r11 writes on line 39 what rule r0 takes (line 5)") {
		t.Error(err)
	}
}

// Each rule adds a directory, and none takes what lies eight deep: all chains
// end, but there are too many to follow.
func TestRulesWithTooManyCombinationsAreRefused(t *testing.T) {
	var rules []string
	for i := range 12 {
		rules = append(rules, fmt.Sprintf(`{bucket: in-bucket, regexp: '^(?:[^/]*/){0,7}[^/]*$'} -> {key: `+
			`"d%d/${key}"}`, i))
	}
	_, err := Load("r.yaml", []byte(chainFile(rules...)), testEnv)
	if err == nil || !strings.Contains(err.Error(), "these copies can trigger each other in an endless loop") {
		t.Error(err)
	}
	l := &loopChecker{reporter: &reporter{file: "r.yaml"}}
	l.reportLoop([]*rule{{name: "a", line: 3}, {name: "b", line: 7}}, nil)
	want := "r.yaml:3:1: these copies can trigger each other in an endless loop, among the rules a (line 3), b " +
		"(line 7): there are too many combinations to check; write to buckets that are not among sources, or under " +
		"prefixes that no rule takes"
	if got := l.problems.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestChainsThatMayNotEndAreRefused(t *testing.T) {
	for name, rules := range map[string][]string{
		"everything under a prefix": {`{bucket: in-bucket} -> {key: "copies/${key}"}`},
		"same suffix":               {`{suffix: .jpg} -> {key: "thumbs/${key}"}`},
		"there and back": {`{bucket: in-bucket} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {bucket: in-bucket}`},
		"round three buckets": {`{bucket: in-bucket} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {bucket: out-bucket}`, `{bucket: out-bucket} -> {bucket: in-bucket}`},
		"copy event asked for": {`{bucket: in-bucket, event: "ObjectCreated:CopyObject"} -> {key: "x/${key}"}`},
		"multipart event asked for": {`{bucket: in-bucket, event: ["ObjectCreated:PutObject", ` +
			`"ObjectCreated:CompleteMultipartUpload"]} -> {key: "x/${key}"}`},
		"except on a tag that may go": {`{bucket: in-bucket} ! {prefix: x/, tagging: {a: b}} -> {key: "x/${key}"}`},
		"except on who":               {`{bucket: in-bucket} ! {principal: "123"} -> {key: "x/${key}"}`},
		"bucket that may be a source": {`{bucket: in-bucket} -> {bucket: "${tag.to}-bucket"}`,
			`{bucket: mid-bucket} -> {bucket: in-bucket}`},
		"prefix within the prefix":    {`{prefix: in/} -> {key: "in/old/x-${base}"}`},
		"glob across directories":     {`{glob: "in/**"} -> {key: "in/old/x-${base}"}`},
		"group that can hold a slash": {`{regexp: '^in/(?<n>.+)$'} -> {key: "in/${re.n}/x"}`},
		"sizes that overlap": {`{bucket: in-bucket, size: {below: 2KiB}} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket, size: {at-least: 1KiB}} -> {bucket: in-bucket}`},
		"second copy of the rule":                    {`{bucket: in-bucket} -> {bucket: elsewhere}, {key: "x/${key}"}`},
		"another spelling of the prefix":             {`{prefix: in/, ignore-case: true} -> {key: "IN/${key}"}`},
		"another spelling of the glob":               {`{glob: "in/**", ignore-case: true} -> {key: "IN/${key}"}`},
		"one spelling is excluded, another is not":   {`{bucket: in-bucket} ! {prefix: DONE/} -> {key: "Done/${key}"}`},
		"k has a third form":                         {`{prefix: k/, ignore-case: true} -> {key: "\u212a/${key}"}`},
		"one spelling, and in a directory each time": {`{regexp: '(?i)\.jpg$'} -> {key: "x/${dir}/${stem}.jpg"}`},
		"one spelling to another bucket and back": {
			`{bucket: in-bucket, suffix: .jpg, ignore-case: true} -> {bucket: mid-bucket, key: "${dir}/${stem}.jpg"}`,
			`{bucket: mid-bucket} -> {bucket: in-bucket}`},
		"one spelling by a group that may take more": {`{regexp: '(?i)^(?<n>.+?)(\.jpg)+$'} -> {key: ` +
			`"${re.n}.jpg.jpg"}`},
		"rewritten where it is there already": {`{bucket: in-bucket} -> {key: "in/${key#in/}", metadata-directive: ` +
			`MERGE, meta: {n: "${meta.n:-0}0"}, rewrite-in-place: true}`},
		"ignore list with an exception": {`stop {prefix: done/} ! {suffix: .x} -> `,
			`{bucket: in-bucket} -> {key: "done/${key}"}`},
		"ignore list below": {`{bucket: in-bucket} -> {key: "done/${key}"}`, `stop {prefix: done/} -> `,
			`{bucket: mid-bucket} -> {bucket: elsewhere}`},
		"stop with a condition": {`stop {prefix: done/, tagging: {a: b}} -> {bucket: elsewhere}`,
			`{bucket: in-bucket} -> {key: "done/${key}"}`},
		"directories that rotate": {`{glob: "*/*"} -> {key: "${base}/${dir}"}`},
		"class forgotten on the way": {`{bucket: in-bucket} -> {bucket: mid-bucket, storage-class: IA}`,
			`{bucket: mid-bucket} -> {bucket: out-bucket}`,
			`{bucket: out-bucket, storage-class: Standard} -> {bucket: in-bucket}`},
		"swap of prefixes": {`{bucket: in-bucket, prefix: a/} -> {key: "b/${key#a/}"}`,
			`{bucket: in-bucket, prefix: b/} -> {key: "a/${key#b/}"}`},
		"tag given by a template": {`{bucket: in-bucket, tagging: {state: new}} -> {key: "x/${key}", ` +
			`tagging: {state: "${tag.state}"}}`},
		"one way of two comes back": {`{bucket: in-bucket} -> {bucket: mid-bucket}, {bucket: out-bucket}`,
			`{bucket: out-bucket, prefix: x} -> {bucket: in-bucket}`},
		"extension taken off and put on": {`{bucket: in-bucket, suffix: .gz} -> {key: "${key%.gz}"}`,
			`{bucket: in-bucket, suffix: .csv} -> {key: "${key}.gz"}`},
		"prefix that may not be there": {`{bucket: in-bucket} -> {key: "x${key#old/}"}`},
		"shorter and longer again": {`{bucket: in-bucket, prefix: a/} -> {key: "${key#a/}"}`,
			`{bucket: in-bucket, suffix: .x} -> {key: "a/a/${key%x}"}`},
		"classes in place, back and forth": {`{storage-class: Standard} -> {storage-class: IA, rewrite-in-place: true}`,
			`{storage-class: IA} -> {storage-class: Standard, rewrite-in-place: true}`},
		"metadata in place, back and forth": {`{bucket: in-bucket} -> {metadata-directive: MERGE, meta: {a: b}, ` +
			`rewrite-in-place: true}`,
			`{prefix: a/} -> {metadata-directive: MERGE, meta: {a: c}, rewrite-in-place: true}`},
		"languages in place, back and forth": {
			`{bucket: in-bucket} -> {metadata-directive: MERGE, content-language: de, rewrite-in-place: true}`,
			`{prefix: a/} -> {metadata-directive: MERGE, content-language: fr, rewrite-in-place: true}`},
		"swap in place": {`{bucket: in-bucket} -> {metadata-directive: MERGE, meta: {a: ` +
			`"${meta.b:-1}", b: "${meta.a:-2}"}, rewrite-in-place: true}`},
		"rewritten in place and back": {`{bucket: in-bucket} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {storage-class: IA, rewrite-in-place: true}`,
			`{bucket: mid-bucket, storage-class: IA} -> {bucket: in-bucket}`},
		"key that may be its own": {`{bucket: in-bucket} -> {key: "${key%.x}", storage-class: IA, ` +
			`metadata-directive: MERGE, meta: {n: "${meta.n:-0}0"}, rewrite-in-place: true}`},
		"tag in place while it is copied": {`{bucket: in-bucket, tagging: {s: null}} -> {tagging: {s: done}}, ` +
			`{bucket: mid-bucket}`, `{bucket: mid-bucket, tagging: {s: done}} -> {bucket: in-bucket, tagging: {}}`},
		"case there and back": {`{bucket: in-bucket, suffix: B} -> {key: "${key,,}"}`,
			`{bucket: in-bucket, suffix: b} -> {key: "${key^^}"}`},
		"case there and back in one rule": {`{bucket: in-bucket} -> {key: "${key,,}"}, {key: "${key^^}"}`},
		"lower case, and a prefix with an upper case letter": {`{bucket: in-bucket} -> {key: "${key#x/,,}"}`,
			`{bucket: in-bucket, prefix: y} -> {key: "Y${key#y}"}`},
		"default there and back": {`{bucket: in-bucket} -> {key: "${key%b:-b}b"}`,
			`{bucket: in-bucket, suffix: bb} -> {key: "${key%b}"}`},
		"default in the other case": {`{bucket: in-bucket} -> {key: "${dir,,:-X}/${base}"}`,
			`{bucket: in-bucket, prefix: x/} -> {key: "${base}"}`},
		"letter of another alphabet": {`{bucket: in-bucket, suffix: ж} -> {key: "${key^^}"}`,
			`{bucket: in-bucket, regexp: '\p{Lu}$'} -> {key: "${key,,}"}`},
		"first character put in front": {`{bucket: in-bucket} -> {key: "${key:0:1}${key}"}`},
		"part that may repeat":         {`{bucket: in-bucket, prefix: ab} -> {key: "${key:0:2}${key: -3}"}`},
		"default that is longer":       {`{bucket: in-bucket, suffix: b} -> {key: "${key%b:-bb}"}`},
		"default from another placeholder": {`{bucket: in-bucket, suffix: B} -> {key: "${dir:-${key: -1}}b"}`,
			`{bucket: in-bucket, prefix: B, suffix: b} -> {key: "${key:0:1}B"}`},
		"hash of a hash":          {`{bucket: in-bucket} -> {key: "${hash}"}`},
		"directory within itself": {`{glob: "in/**"} -> {key: "in/${dir.base}/x/${base}"}`},
		"header that changes in place": {`{bucket: in-bucket} -> {metadata-directive: MERGE, cache-control: ` +
			`"max-age=${time.hour}", rewrite-in-place: true}`},
		"header from metadata that the copy sets": {`{bucket: in-bucket} -> {metadata-directive: MERGE, meta: {n: ` +
			`"1"}, cache-control: "${meta.n}", rewrite-in-place: true}`},
		"header set in two ways in place": {`{bucket: in-bucket} -> {metadata-directive: MERGE, cache-control: ` +
			`"max-age=${size}", rewrite-in-place: true}`,
			`{prefix: a/} -> {metadata-directive: MERGE, cache-control: no-store, rewrite-in-place: true}`},
		"content type that may be any": {`{content-type: text/csv} -> {key: "x/${key}", metadata-directive: ` +
			`MERGE, content-type: "text/${ext}"}`},
		"hash in front": {`{bucket: in-bucket, glob: "**/*.csv"} -> {key: "${hash:0:2}/${key}"}`},
		"default within a default": {`{bucket: in-bucket, prefix: x/} -> {key: ` +
			`"${tag.a:-${meta.b:-x}}/y/${base}"}`},
		"nine hops": {`{bucket: in-bucket, prefix: 0/} -> {key: "1/${base}"}`,
			`{bucket: in-bucket, prefix: 1/} -> {key: "2/${base}"}`,
			`{bucket: in-bucket, prefix: 2/} -> {key: "3/${base}"}`,
			`{bucket: in-bucket, prefix: 3/} -> {key: "4/${base}"}`,
			`{bucket: in-bucket, prefix: 4/} -> {key: "5/${base}"}`,
			`{bucket: in-bucket, prefix: 5/} -> {key: "6/${base}"}`,
			`{bucket: in-bucket, prefix: 6/} -> {key: "7/${base}"}`,
			`{bucket: in-bucket, prefix: 7/} -> {key: "8/${base}"}`,
			`{bucket: in-bucket, prefix: 8/} -> {key: "9/${base}"}`,
			`{bucket: in-bucket, prefix: 9/} -> {bucket: elsewhere}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("r.yaml", []byte(chainFile(rules...)), testEnv)
			if err == nil {
				t.Fatal("loaded")
			}
			t.Log(err)
			if ps := err.(Problems); len(ps) != 1 || !strings.Contains(ps[0].Message, "r0") &&
				!strings.Contains(ps[0].Message, "r1") {
				t.Errorf("want one problem that names a rule")
			}
		})
	}
}
