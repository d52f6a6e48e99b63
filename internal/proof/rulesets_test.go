package proof

import (
	"cmp"
	"strings"
)

// The buckets of the simulation.
const (
	sourceBucket = "source-bucket"
	mirrorBucket = "mirror-bucket"
	secondBucket = "second-bucket"
)

// ruleset is a rules file, and a description of its copies that shares no code with the rules package.
type ruleset struct {
	name, yaml   string
	expected     []expectedCopy
	twoFolders   bool // objects of two source prefixes have the same destination
	inPlace      bool // it changes the source in place
	handlesLinks bool // what must become of a link does not depend on its target

	restores      bool // its copies restore archived sources
	moves         bool // it deletes sources after their copies
	versioned     bool // the source bucket must have versioning
	unversioned   bool // the source bucket must have none
	keepsVersions bool // the destination buckets must have versioning
}

// largeSize is where the rulesets and the engine divide small objects from large ones.
const largeSize = 64 << 10

func inFirstFolder(v *sourceVersion) bool { return strings.HasPrefix(v.key, "in/") }

func inSecondFolder(v *sourceVersion) bool { return strings.HasPrefix(v.key, "twin/") }

// mergedKey is the destination of objects from both folders.
func mergedKey(v *sourceVersion) string {
	return "merged/" + strings.TrimPrefix(strings.TrimPrefix(v.key, "in/"), "twin/")
}

func noTags(tags) tags { return tags{} }

// simpleRulesets is how many rulesets come first. The conflictingRulesets that follow are those with which copies
// conflict with one another, or with the user; the last one asks for what only events tell.
const simpleRulesets, conflictingRulesets, askingRuleset = 6, 2, 8

var rulesets = []ruleset{
	{
		name: "replicate", handlesLinks: true,
		yaml: `
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket`,
		expected: []expectedCopy{{rule: "replicate", bucket: mirrorBucket, condition: inFirstFolder}},
	}, {
		name: "fan out", handlesLinks: true,
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
		expected: []expectedCopy{
			{rule: "fan-out", bucket: mirrorBucket, condition: inFirstFolder,
				acl: func(acl string) string { return cmp.Or(acl, "private") }},
			{rule: "fan-out", bucket: secondBucket, condition: inFirstFolder,
				key:        func(v *sourceVersion) string { return "all/" + v.key },
				acl:        func(string) string { return "public-read" },
				attributes: func(a attributes) attributes { a.class = "IA"; return a },
				tags:       func(tags) tags { return tags{"origin": "x + y=1/2", "of": "a:b"} }},
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
		expected: []expectedCopy{
			{rule: "by-etag", bucket: mirrorBucket, condition: inFirstFolder,
				key: func(v *sourceVersion) string { return v.key + "/" + v.etag() }},
			{rule: "newest", bucket: secondBucket, condition: inFirstFolder, tags: noTags},
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
		expected: []expectedCopy{
			{rule: "small", bucket: mirrorBucket,
				condition: func(v *sourceVersion) bool { return inFirstFolder(v) && len(v.content) < largeSize }},
			{rule: "large", bucket: secondBucket,
				condition: func(v *sourceVersion) bool { return inFirstFolder(v) && len(v.content) >= largeSize },
				attributes: func(l attributes) attributes {
					return attributes{contentType: "application/x-large", color: "none of it", class: l.class}
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
		expected: []expectedCopy{
			{rule: "merge", bucket: mirrorBucket, condition: inFirstFolder,
				attributes: func(a attributes) attributes { a.cacheControl = "max-age=7"; return a },
				tags:       func(t tags) tags { t["copied"] = "yes + no"; delete(t, "team"); return t }},
			{rule: "merge", bucket: sourceBucket, condition: inFirstFolder,
				key: func(v *sourceVersion) string { return "out/" + strings.TrimPrefix(v.key, "in/") }},
		},
	}, {
		name: "first stays", handlesLinks: true,
		yaml: `
  - name: first
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        forbid-overwrite: true
      - bucket: second-bucket`,
		expected: []expectedCopy{
			{rule: "first", bucket: mirrorBucket, condition: inFirstFolder, keepsFirst: true},
			{rule: "first", bucket: secondBucket, condition: inFirstFolder},
		},
	}, {
		name: "two folders", twoFolders: true, handlesLinks: true,
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
		expected: []expectedCopy{
			{rule: "left", bucket: mirrorBucket, condition: inFirstFolder, key: mergedKey},
			{rule: "right", bucket: mirrorBucket, condition: inSecondFolder, key: mergedKey,
				acl: func(string) string { return "public-read" }},
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
		expected: []expectedCopy{
			{rule: "in-place", bucket: sourceBucket, condition: inFirstFolder,
				acl:        func(string) string { return "public-read" },
				attributes: func(a attributes) attributes { a.class = ""; return a },
				tags:       func(tags) tags { return tags{"seen": "yes + no"} }},
			{rule: "in-place", bucket: mirrorBucket, condition: inFirstFolder, anyTags: true},
		},
	}, {
		name: "by whom",
		yaml: `
  - name: any
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
  - name: the-user
    match: {prefix: in/, principal: user}
    copy:
      - bucket: second-bucket`,
		expected: []expectedCopy{
			{rule: "any", bucket: mirrorBucket, condition: inFirstFolder},
			{rule: "the-user", bucket: secondBucket, condition: inFirstFolder, asksEvent: true},
		},
	},
}

func (r *ruleset) yamlFile() []byte {
	return []byte("version: 1\nsources: [" + sourceBucket + "]\nrules:" + r.yaml + "\n")
}
