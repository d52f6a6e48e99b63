package randomrules

import (
	"fmt"
	"slices"
	"strings"
)

// The buckets of all files. Triggers run the function for those of Sources, and copies may go to all.
var (
	Sources      = []string{"one", "two"}
	Destinations = []string{"dst", "far"}
)

// field is a field of a block of the language.
type field struct {
	name string
	// percent says how many of 100 blocks have the field.
	percent int
	// value writes a value in YAML on one line.
	value func(r *Random) string
	// aboutKeys is set for conditions on bucket, event and key: the only ones of a file about [Keys].
	aboutKeys bool
}

var (
	events = []string{"ObjectCreated:PutObject", "ObjectCreated:PostObject", "ObjectCreated:CopyObject",
		"ObjectCreated:CompleteMultipartUpload", "ObjectCreated:AppendObject", "ObjectCreated:PutSymlink",
		"ObjectReplication:ObjectCreated"}
	prefixes = []string{"a", "a/", "a/b", "ab/", "b/", "中", "中/b"}
	suffixes = []string{".x", "x", ".y", "b.x", "文", "a.文", "丶.x"}
	globs    = []string{"a/*", "**/*.x", "{a,b}/**/x", "*", "a*b", "[ab]/x", "a/**", "?/b.x", "a/**/*.x", "**/b/*",
		"a/b/**/*.{x,y}", "中/**", "*.文", "a.x", "a/?.x"}
	regexps = []string{"^a/", "x$", "^a/.*[.]x$", "b", "^(a|b)/", "[.](x|y)$", "(?i)^a", "^(ab|a/b)/.*(文|[.]x)$",
		`^[^/]+/(?<name>[^/]+)$`, "(?i)^a/.*[.]x$", "^a/(b|x)", "^a+/", "^中?a/", `^\D\.`}
	classes = []string{"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"}
	types   = []string{"image/png", "image/jpeg", "text/plain", "application/octet-stream"}
	people  = []string{"200011112222333344", "300011112222333344"}
)

// anyOf makes the values of a field that takes one text or a list.
func anyOf(texts ...string) func(r *Random) string {
	return func(r *Random) string { return list(some(r, texts)) }
}

// exactly makes the values of a field that takes one of these texts.
func exactly(texts ...string) func(r *Random) string {
	return func(r *Random) string { return quoted(OneOf(r, texts)) }
}

// plain makes values that are not in quotes.
func plain(texts ...string) func(r *Random) string {
	return func(r *Random) string { return OneOf(r, texts) }
}

// conditions are the fields of match and except.
var conditions = []field{
	{"bucket", 25, anyOf(Sources...), true},
	{"event", 25, anyOf(events...), true},
	{"prefix", 30, anyOf(prefixes...), true},
	{"suffix", 25, anyOf(suffixes...), true},
	{"glob", 25, anyOf(globs...), true},
	{"regexp", 20, exactly(regexps...), true},
	{"ignore-case", 10, plain("true", "false"), true},
	{"size", 10, plain("{at-least: 1}", "{below: 1KiB}", "{at-least: 10, below: 1MiB}", "{at-least: '1KiB'}"), false},
	{"content-type", 8, anyOf("image/*", "text/plain", "*/*"), false},
	{"principal", 5, anyOf("2000*", people[1], "*4"), false},
	{"source-ip", 5, anyOf("127.0.0.1", "10.0.0.0/8", "::1"), false},
	{"storage-class", 6, anyOf(classes[:2]...), false},
	{"meta", 6, plain("{m: a}", "{m: [a, b], n: null}", "{m: [null, a]}"), false},
	{"tagging", 8, plain("{t: a}", "{t: [a, b], u: null}", "{t: [null, a]}"), false},
}

var templates = []string{"${key}", "a/${key}", "${dir:-top}/${base}", "b/${stem}.${ext:-x}", "${bucket}/${key}",
	"${key#a/}", "${key%.x}", "${time.year}/${base}", "${size}/${etag}", "${tag.t:-none}/${key}", "${meta.m}/${base}",
	"${rule}", "$$${event}", "${hash}/${key}", "${time.weekday}/${base:0:2}", "${key,,}",
	"${dir.base:-${bucket}}/${base^^}"}

// inCopies are the fields of a copy.
var inCopies = []field{
	{"bucket", 90, exactly(append(slices.Repeat(Destinations, 3), "one", "${bucket}-far")...), false},
	{"region", 4, exactly("cn-hangzhou"), false},
	{"key", 50, exactly(templates...), false},
	{"storage-class", 15, exactly(classes[:3]...), false},
	{"object-acl", 20, exactly("default", "private", "public-read", "source"), false},
	{"tagging-directive", 10, exactly("COPY", "REPLACE", "MERGE"), false},
	{"tagging", 15, plain("{}", "{t: a}", "{t: '${rule}', u: b}", "{u: '${tag.t:-none}'}", "{t: null}"), false},
	{"metadata-directive", 25, exactly("MERGE", "MERGE", "REPLACE", "COPY"), false},
	{"cache-control", 4, exactly("no-store"), false},
	{"content-type", 4, exactly("text/plain"), false},
	{"content-disposition", 3, exactly("attachment"), false},
	{"content-encoding", 3, exactly("identity"), false},
	{"content-language", 3, exactly("en", "zh-CN"), false},
	{"expires", 3, exactly("2030-01-02T03:04:05Z"), false},
	{"meta", 5, plain("{m: b}", "{n: '${bucket}'}", "{m: null, n: b}"), false},
	{"server-side-encryption", 12, exactly("AES256", "KMS", "SM4"), false},
	{"server-side-encryption-key-id", 3, exactly("9468da86-3509-4f8d-a61e-6eab1eac0000"), false},
	{"server-side-data-encryption", 2, exactly("SM4"), false},
	{"forbid-overwrite", 8, plain("true", "false"), false},
	{"traffic-limit", 4, plain("819200", "'819200'"), false},
	{"request-payer", 4, exactly("requester"), false},
	{"copy-source-if-match", 2, exactly("9A0E7CB757B7FC8DB86AFBE3D674223C"), false},
	{"copy-source-if-none-match", 3, exactly("00000000000000000000000000000000"), false},
	{"copy-source-if-modified-since", 3, exactly("Sat, 01 Jan 2000 00:00:00 GMT", "2099-01-01T00:00:00Z"), false},
	{"copy-source-if-unmodified-since", 3, exactly("2099-01-01T00:00:00Z", "2000-01-01T00:00:00Z"), false},
	{"rewrite-in-place", 10, plain("true", "false"), false},
	{"follow-symlinks", 5, plain("true", "false"), false},
	{"restore", 6, plain("{}", "{days: 1, tier: Standard}", "{days: 7, tier: Expedited}", "{tier: Bulk}"), false},
}

// wrong are values that few fields can have.
var wrong = []string{`""`, "[]", "{}", "null", "-1", "1.5", "true", "[a, [b]]", "[null]", "{a: b}", `"a\nb"`, `"${b}"`,
	`"$"`, `"\u200b"`, "[a, a]", "yes", "'1'", "0x10", `"/a"`, "[1, true]"}

// beside are the fields that a block can have only beside one of others, which are further up in its table.
var beside = map[string][]string{"ignore-case": {"prefix", "suffix", "glob"}}

// block writes some of the fields in braces; "" for none.
func (r *Random) block(fields []field, wrongs int, wanted func(*field) bool) string {
	var all, names []string
	for i := range fields {
		f := &fields[i]
		if !wanted(f) || !r.chance(f.percent) {
			continue
		}
		fits := func(name string) bool { return slices.Contains(names, name) }
		if beside[f.name] != nil && !slices.ContainsFunc(beside[f.name], fits) {
			continue
		}
		names = append(names, f.name)
		value := f.value(r)
		if r.chance(wrongs) {
			value = OneOf(r, wrong)
		}
		all = append(all, f.name+": "+value)
	}
	if all == nil {
		return ""
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// About is what random files are about.
type About int

const (
	// Keys are files whose rules have conditions on bucket, event and key only, each with one copy to a bucket that is
	// no source. All of them load.
	Keys About = iota
	// Everything are files with any field of the language. Many do not load, because copies may loop or fields do not
	// go together.
	Everything
	// Wrong are files like those, some of whose values are wrong.
	Wrong
)

// Rules makes a rules file.
func (r *Random) Rules(about About) string {
	if about == Keys {
		return r.keyRules()
	}
	wrongs := 0
	if about == Wrong {
		wrongs = 4
	}
	all := func(*field) bool { return true }
	text := "version: 1\nsources: " + list(Sources) + "\n"
	if r.chance(15) {
		if defaults := r.block(inCopies[2:], wrongs, all); defaults != "" {
			text += "defaults: {copy: " + defaults + "}\n"
		}
	}
	text += "rules:\n"
	for i := range 1 + r.IntN(3) {
		text += fmt.Sprintf("  - name: r%d\n%s    match: %s\n", i, r.flags(), orEmpty(r.block(conditions, wrongs, all)))
		if except := r.block(conditions, wrongs, all); except != "" && r.chance(40) {
			text += "    except: [" + except + "]\n"
		}
		text += "    copy:\n"
		for range 1 + r.IntN(2) {
			text += "      - " + orEmpty(r.block(inCopies, wrongs, all)) + "\n"
		}
	}
	return text
}

func (r *Random) keyRules() string {
	aboutKeys := func(f *field) bool { return f.aboutKeys }
	text := "version: 1\nsources: " + list(Sources) + "\nrules:\n"
	for i := range 1 + r.IntN(8) {
		match := orEmpty(r.block(conditions, 0, aboutKeys))
		text += fmt.Sprintf("  - name: r%d\n%s    match: %s\n", i, r.flags(), match)
		if except := r.block(conditions, 0, aboutKeys); except != "" && r.chance(50) {
			text += "    except: [" + except + "]\n"
		}
		text += fmt.Sprintf("    copy: [{bucket: dst, key: \"%d/${key}\"}]\n", i)
	}
	return text
}

// flags writes the fields of a rule that are true or false.
func (r *Random) flags() (text string) {
	if r.chance(10) {
		text += "    disabled: true\n"
	}
	if r.chance(15) {
		text += "    stop: true\n"
	}
	return text
}

func orEmpty(block string) string {
	if block == "" {
		return "{}"
	}
	return block
}

// Fields lists the fields of match and of copy that random files have.
func Fields() (match, copies []string) {
	for _, f := range conditions {
		match = append(match, f.name)
	}
	for _, f := range inCopies {
		copies = append(copies, f.name)
	}
	return match, copies
}

// RulesThatLoad makes rules files until one loads.
func (r *Random) RulesThatLoad(about About, load func(text string) error) string {
	for {
		if text := r.Rules(about); load(text) == nil {
			return text
		}
	}
}
