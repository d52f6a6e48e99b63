package proof

import (
	"cmp"
	"strings"
)

// The names of the model's buckets.
const (
	source = "source-bucket"
	mirror = "mirror-bucket"
	second = "second-bucket"
)

// ruleset is a rules file and the oracle's own description of it.
type ruleset struct {
	name, yaml string
	wants      []want
	twins      bool // its second source prefix writes where the first does
	inPlace    bool // it changes the source itself
	links      bool // what is to become of links does not depend on what they point to
}

// medium is what the size bands of the rules part at.
const medium = 64 << 10

func inFolder(u *upload) bool { return strings.HasPrefix(u.key, "in/") }

func inTwin(u *upload) bool { return strings.HasPrefix(u.key, "twin/") }

// merged is where both twins go.
func merged(u *upload) string {
	return "merged/" + strings.TrimPrefix(strings.TrimPrefix(u.key, "in/"), "twin/")
}

func withoutTags(tags) tags { return tags{} }

// plainRules is how many of the rulesets there are before those under which copies
// meet one another, or the user.
const plainRules = 6

var rulesets = []ruleset{
	{
		name: "replicate", links: true,
		yaml: `
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket`,
		wants: []want{{rule: "replicate", bucket: mirror, wants: inFolder}},
	}, {
		name: "fan out", links: true,
		yaml: `
  - name: fan-out
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        object-acl: source
      - bucket: second-bucket
        key: all/${key}
        object-acl: public-read
        storage-class: IA
        tagging: {origin: "x + y=1/2", of: "a:b"}`,
		wants: []want{
			{rule: "fan-out", bucket: mirror, wants: inFolder, acl: func(a string) string { return cmp.Or(a, "default") }},
			{rule: "fan-out", bucket: second, wants: inFolder, key: func(u *upload) string { return "all/" + u.key },
				acl: func(string) string { return "public-read" }, look: func(l look) look { l.class = "IA"; return l },
				tags: func(tags) tags { return tags{"origin": "x + y=1/2", "of": "a:b"} }},
		},
	}, {
		name: "by etag",
		yaml: `
  - name: by-etag
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        key: ${key}/${etag}
  - name: newest
    match: {prefix: in/}
    copy:
      - bucket: second-bucket
        tagging: {}`,
		wants: []want{
			{rule: "by-etag", bucket: mirror, wants: inFolder, key: func(u *upload) string { return u.key + "/" + u.etag() }},
			{rule: "newest", bucket: second, wants: inFolder, tags: withoutTags},
		},
	}, {
		name: "size bands",
		yaml: `
  - name: small
    match: {prefix: in/, size: {below: 64KiB}}
    copy:
      - bucket: mirror-bucket
  - name: large
    match: {prefix: in/, size: {at-least: 64KiB}}
    copy:
      - bucket: second-bucket
        metadata-directive: REPLACE
        content-type: application/x-large
        meta: {color: "none of it"}`,
		wants: []want{
			{rule: "small", bucket: mirror, wants: func(u *upload) bool { return inFolder(u) && len(u.content) < medium }},
			{rule: "large", bucket: second, wants: func(u *upload) bool { return inFolder(u) && len(u.content) >= medium },
				look: func(l look) look {
					return look{contentType: "application/x-large", color: "none of it", class: l.class}
				}},
		},
	}, {
		name: "merge",
		yaml: `
  - name: merge
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        tagging-directive: MERGE
        tagging: {copied: "yes + no", team: null}
        metadata-directive: MERGE
        cache-control: max-age=7
      - key: out/${key#in/}`,
		wants: []want{
			{rule: "merge", bucket: mirror, wants: inFolder, look: func(l look) look { l.cacheControl = "max-age=7"; return l },
				tags: func(t tags) tags { t["copied"] = "yes + no"; delete(t, "team"); return t }},
			{rule: "merge", bucket: source, wants: inFolder, key: func(u *upload) string { return "out/" + strings.TrimPrefix(u.key, "in/") }},
		},
	}, {
		name: "first stays", links: true,
		yaml: `
  - name: first
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        forbid-overwrite: true
      - bucket: second-bucket`,
		wants: []want{
			{rule: "first", bucket: mirror, wants: inFolder, once: true},
			{rule: "first", bucket: second, wants: inFolder},
		},
	}, {
		name: "twins", twins: true, links: true,
		yaml: `
  - name: left
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        key: merged/${key#in/}
  - name: right
    match: {prefix: twin/}
    copy:
      - bucket: mirror-bucket
        key: merged/${key#twin/}
        object-acl: public-read`,
		wants: []want{
			{rule: "left", bucket: mirror, wants: inFolder, key: merged},
			{rule: "right", bucket: mirror, wants: inTwin, key: merged, acl: func(string) string { return "public-read" }},
		},
	}, {
		name: "in place", inPlace: true,
		yaml: `
  - name: in-place
    match: {prefix: in/}
    copy:
      - key: ${key}
        tagging: {seen: "yes + no"}
        object-acl: public-read
      - bucket: mirror-bucket`,
		wants: []want{
			{rule: "in-place", bucket: source, wants: inFolder, acl: func(string) string { return "public-read" },
				look: func(l look) look { l.class = ""; return l }, tags: func(tags) tags { return tags{"seen": "yes + no"} }},
			{rule: "in-place", bucket: mirror, wants: inFolder, loose: true},
		},
	},
}

func (r *ruleset) file() []byte {
	return []byte("version: 1\nsources: [" + source + "]\nrules:" + r.yaml + "\n")
}
