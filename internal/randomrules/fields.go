package randomrules

import "slices"

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
		`^[^/]+/(?<name>[^/]+)$`,
		`(?<name>.)[.](x|y)$`, `^(?<name>a|b)/?`, "(?i)^a/.*[.]x$", "^a/(b|x)", "^a+/", "^中?a/", `^\D\.`}
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
	{"bucket", 25, anyOf("one", "two", "${env.BUCKET:-one}"), true},
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

// buckets makes a value of bucket under copy.
func (r *Random) buckets() string {
	if r.chance(15) {
		return list(some(r, slices.Concat(Destinations, []string{"one", "${bucket}-far"})))
	}
	return quoted(OneOf(r, append(slices.Repeat(Destinations, 3), "one", "${bucket}-far", "${env.BUCKET:-dst}")))
}

// Role is the only one that random copies assume.
const Role = "acs:ram::9999888877776666:role/writer"

// inCopies are the fields of a copy.
var inCopies = []field{
	{"bucket", 90, (*Random).buckets, false},
	{"region", 4, exactly("cn-hangzhou"), false},
	{"role", 8, exactly(Role), false},
	{"external-id", 2, exactly("partner-7"), false},
	{"key", 50, (*Random).keyTemplate, false},
	{"storage-class", 15, exactly(classes[:3]...), false},
	{"object-acl", 20, exactly("default", "private", "public-read", "source"), false},
	{"tagging-directive", 10, exactly("COPY", "REPLACE", "MERGE"), false},
	{"tagging", 15, entries("t", "u"), false},
	{"metadata-directive", 25, exactly("MERGE", "MERGE", "REPLACE", "COPY"), false},
	{"cache-control", 4, text("no-store", "max-age=%s"), false},
	{"content-type", 4, text("text/plain", "text/%s"), false},
	{"content-disposition", 3, text("attachment", `attachment; filename="%s"`), false},
	{"content-encoding", 3, text("identity", "%s"), false},
	{"content-language", 3, text("zh-CN", "%s"), false},
	{"expires", 3, text("2030-01-02T03:04:05Z", "%s"), false},
	{"meta", 5, entries("m", "n"), false},
	{"server-side-encryption", 12, exactly("AES256", "KMS", "SM4", "default"), false},
	{"server-side-encryption-key-id", 3, text("9468da86-3509-4f8d-a61e-6eab1eac0000", "%s"), false},
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
	{"delete-source", 5, plain("true", "false"), false},
	{"without-versioning", 50, plain("true", "false"), false},
}

// inDeletes are the fields of an entry under delete.
var inDeletes = []field{
	{"bucket", 90, exactly(append(slices.Repeat(Destinations, 3), "one", "${bucket}-far")...), false},
	{"key", 50, exactly("${key}", "a/${key}", "${dir:-top}/${base}", "b/${stem}.${ext:-x}", "${hash}/${key}"), false},
	{"without-versioning", 50, plain("true", "false"), false},
}

// wrong are values that few fields can have.
var wrong = []string{`""`, "[]", "{}", "null", "-1", "1.5", "true", "[a, [b]]", "[null]", "{a: b}", `"a\nb"`, `"${b}"`,
	`"$"`, `"\u200b"`, "[a, a]", "yes", "'1'", "0x10", `"/a"`, "[1, true]"}

// beside are the fields that a block can have only beside one of others, which are further up in its table.
var beside = map[string][]string{"ignore-case": {"prefix", "suffix", "glob"},
	"without-versioning": {"delete-source", "bucket", "key"}}
