package rules

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// copyField makes a field of copy. Reading it records where it was given.
func copyField(name string, s shape, doc string, fill func(*loader, *copyReader, *yaml.Node)) fieldSpec[copyReader] {
	return fieldSpec[copyReader]{name, false, s, doc, func(l *loader, c *copyReader, line int, n *yaml.Node) {
		c.fieldPlaces = append(c.fieldPlaces, fieldPlace{name, line, n.Column, c.fromDefaults})
		fill(l, c, n)
	}}
}

// choiceField makes a field of copy that takes one of a few values.
func choiceField(name string, values []string, doc string, at func(*copySpec) *string) fieldSpec[copyReader] {
	return copyField(name, shape{values: values}, doc, func(l *loader, c *copyReader, n *yaml.Node) {
		*at(c.copySpec), _ = l.choice(name, n, values)
	})
}

// directiveField makes a field of copy that says COPY, REPLACE or MERGE, in any case.
func directiveField(name, doc string, at func(*copySpec) *Directive) fieldSpec[copyReader] {
	return copyField(name, shape{values: directives, says: "COPY, REPLACE or MERGE",
		pattern: `^([Cc][Oo][Pp][Yy]|[Rr][Ee][Pp][Ll][Aa][Cc][Ee]|[Mm][Ee][Rr][Gg][Ee])$`}, doc,
		func(l *loader, c *copyReader, n *yaml.Node) {
			upper := *n
			upper.Value = strings.ToUpper(n.Value)
			s, _ := l.choice(name, &upper, directives)
			*at(c.copySpec) = Directive(s)
		})
}

// headerField makes a field of copy that is a content header.
func headerField(name, doc string) fieldSpec[copyReader] {
	return copyField(name, shape{template: true}, doc, func(l *loader, c *copyReader, n *yaml.Node) {
		t := l.template(name, n)
		if t == nil {
			return
		}
		t.markEscapes()
		if value, constant := t.constant(); constant {
			if value == "" {
				l.problem(n, "%s is empty: write a value, or leave the field out", name)
				return
			}
			text, err := contentHeaderOf(name).text(value)
			if err != nil {
				l.problem(n, "%s: %s", name, err)
				return
			}
			t.parts[0].literal = text
		}
		if c.headers == nil {
			c.headers = headerTemplates{}
		}
		c.headers[name] = t
	})
}

// timeField makes a field of copy that is a time.
func timeField(name, doc string, at func(*copySpec, time.Time)) fieldSpec[copyReader] {
	s := shape{pattern: timePattern, says: "a time such as 2026-11-20T08:00:00Z, or an HTTP date"}
	return copyField(name, s, doc, func(l *loader, c *copyReader, n *yaml.Node) {
		s, ok := l.nonEmptyText(name, n)
		if !ok {
			return
		}
		t, err := parseTime(s)
		if err != nil {
			l.problem(n, "%s: %s", name, err)
			return
		}
		at(c.copySpec, t)
	})
}

var copyBlock blockTable[copyReader]

func init() { copyBlock = blockTable[copyReader]{"copy", copyFields} }

var copyFields = []fieldSpec[copyReader]{
	copyField("bucket", shape{many: valueOrList, template: true, pattern: destinationPattern, says: wantBucket},
		"The destination bucket, or a list: one copy for each. Default: the source's.",
		func(l *loader, c *copyReader, n *yaml.Node) { l.readBuckets(c, n) }),
	copyField("region",
		shape{values: regions, pattern: regionPattern, says: "the id of a region, such as cn-beijing"},
		"The region of the destination bucket: the content then passes through the function. Default: the function's.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			c.remote.Region = l.checkedText("region", n, CheckRegion)
		}),
	copyField("role",
		shape{pattern: rolePattern, says: "the ARN of a role, such as acs:ram::9999888877776666:role/writer"},
		"The ARN of a role of another account, which is assumed for the destination: the content then passes through "+
			"the function. Default: the function's role.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.remote.Role = l.checkedText("role", n, CheckRole) }),
	copyField("external-id", shape{pattern: externalIDPattern, says: "letters, digits and _ + = , . @ : / -"},
		"The external id with which the role is assumed.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			c.remote.ExternalID = l.checkedText("external-id", n, checkExternalID)
		}),
	copyField("key", shape{template: true}, "The destination key. Default: the source's.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			if c.key = l.template("key", n); c.key != nil {
				if err := c.key.checkKey(); err != nil {
					l.problem(n, "key: %s", err)
				}
			}
		}),
	choiceField("storage-class", storageClasses, "x-oss-storage-class of the copy.",
		func(c *copySpec) *string { return &c.storageClass }),
	choiceField("object-acl", objectACLs, "x-oss-object-acl of the copy; source sends the source's ACL, and that of "+
		"the source's bucket if the source's is default.",
		func(c *copySpec) *string { return &c.objectACL }),
	directiveField("tagging-directive", "COPY keeps the source's tags, REPLACE sets exactly tagging, MERGE sets "+
		"tagging over the source's.",
		func(c *copySpec) *Directive { return &c.taggingDirective }),
	copyField("tagging", shape{kind: kindEntries, template: true, null: true, names: tagKeyPattern},
		"Tags of the copy; under MERGE null removes one. {} means no tags.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.tagging = l.entries("tagging", n, CheckTag) }),
	directiveField("metadata-directive", "COPY keeps the source's headers and metadata, REPLACE sets exactly those "+
		"given, MERGE sets them over the source's.",
		func(c *copySpec) *Directive { return &c.metadataDirective }),
	headerField("cache-control", "Cache-Control of the copy, under REPLACE or MERGE."),
	headerField("content-type", "Content-Type of the copy, under REPLACE or MERGE; REPLACE without it is "+
		"application/octet-stream."),
	headerField("content-disposition", "Content-Disposition of the copy, under REPLACE or MERGE."),
	headerField("content-encoding", "Content-Encoding of the copy, under REPLACE or MERGE."),
	headerField("content-language", "Content-Language of the copy, under REPLACE or MERGE."),
	headerField("expires", "Expires of the copy, under REPLACE or MERGE: RFC 3339 or HTTP date."),
	copyField("meta", shape{kind: kindEntries, template: true, null: true, names: metaNamePattern},
		"User metadata of the copy, names without x-oss-meta-; under MERGE null, or an empty value, removes one.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			c.meta = l.entries("meta", n, checkMeta)
			for _, e := range c.meta {
				if e.value == nil && strings.HasPrefix(e.key, clientEncryption) {
					l.problem(n, "meta %s: null cannot remove it, since OSS keeps what it takes to decrypt an object "+
						"that was encrypted before its upload: leave it out", quote(e.key))
				}
			}
		}),
	choiceField("server-side-encryption", encryptions, "x-oss-server-side-encryption of the copy; default "+
		"sends none, so that the default encryption of the bucket applies.",
		func(c *copySpec) *string { return &c.serverSideEncryption }),
	copyField("server-side-encryption-key-id", shape{template: true}, "The KMS key of the copy.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			if c.serverSideEncryptionKeyID = l.template("server-side-encryption-key-id",
				n); c.serverSideEncryptionKeyID != nil && len(c.serverSideEncryptionKeyID.parts) == 0 {
				l.problem(n, "server-side-encryption-key-id is empty: write the key's id, or leave the field out "+
					"for OSS's own key")
			}
		}),
	choiceField("server-side-data-encryption", []string{"SM4"}, "The algorithm under KMS, where it is not AES256.",
		func(c *copySpec) *string { return &c.serverSideDataEncryption }),
	copyField("forbid-overwrite", shape{kind: kindBoolean},
		"true keeps an object that is already there. No effect on versioned buckets.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.forbidOverwrite, _ = l.boolean("forbid-overwrite", n) }),
	copyField("traffic-limit", shape{kind: kindNumber, least: minTrafficLimit, most: maxTrafficLimit},
		"Bandwidth of the copy in bit/s, 819200 to 838860800.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.trafficLimit = l.readTrafficLimit(n) }),
	choiceField("request-payer", []string{"requester"},
		"requester agrees to pay for reading a source bucket that asks for it.",
		func(c *copySpec) *string { return &c.requestPayer }),
	copyField("copy-source-if-match", shape{}, "Copies only if the source has this ETag.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.copyIf.match = l.readETag("copy-source-if-match", n) }),
	copyField("copy-source-if-none-match", shape{}, "Copies only if the source has another ETag.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			c.copyIf.noneMatch = l.readETag("copy-source-if-none-match", n)
		}),
	timeField("copy-source-if-modified-since", "Copies only if the source is newer: RFC 3339 or HTTP date.",
		func(c *copySpec, t time.Time) { c.copyIf.modifiedSince = t }),
	timeField("copy-source-if-unmodified-since", "Copies only if the source is not newer: RFC 3339 or HTTP date.",
		func(c *copySpec, t time.Time) { c.copyIf.unmodifiedSince = t }),
	copyField("follow-symlinks", shape{kind: kindBoolean},
		"true copies what a symbolic link points to, under the link's key; false copies the link.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.followSymlinks, _ = l.boolean("follow-symlinks", n) }),
	copyField("restore", shape{kind: kindBlock, block: func() fieldLister { return &restoreBlock }, orFalse: true},
		"An archived source is restored, then copied; false overrides the defaults.",
		func(l *loader, c *copyReader, n *yaml.Node) { l.readRestore(c, n) }),
	copyField("rewrite-in-place", shape{kind: kindBoolean},
		"true allows a copy onto its own source that rewrites the object.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.rewriteInPlace, _ = l.boolean("rewrite-in-place", n) }),
	copyField("delete-source", shape{kind: kindBoolean},
		"true moves the object: the source is deleted after all of its copies were verified.",
		func(l *loader, c *copyReader, n *yaml.Node) { c.deleteSource, _ = l.boolean("delete-source", n) }),
	copyField("without-versioning", shape{kind: kindBoolean},
		"true allows delete-source in a bucket without versioning, where an upload of that moment would be lost.",
		func(l *loader, c *copyReader, n *yaml.Node) {
			c.withoutVersioning, _ = l.boolean("without-versioning", n)
		}),
}

// entries reads tags or metadata to set.
func (l *loader) entries(what string, n *yaml.Node, check func(key, value string) error) []entry {
	pairs, ok := l.pairs(what, n)
	if !ok {
		return nil
	}
	var all []entry
	lines := map[string]int{}
	for _, p := range pairs {
		e := entry{key: p.key.Value, line: p.key.Line}
		if what == "meta" {
			e.key = strings.ToLower(e.key)
			if lines[e.key] > 0 {
				l.problem(p.key, "meta: %s is already set on line %d: OSS ignores the case of names", quote(e.key),
					lines[e.key])
				continue
			}
			lines[e.key] = p.key.Line
		}
		literal := ""
		if !isNull(p.value) {
			if e.value = l.template(what+" "+quote(e.key), p.value); e.value == nil {
				continue
			}
			literal, _ = e.value.constant()
			if what == "meta" && len(e.value.parts) == 0 {
				e.value = nil
			}
		}
		if err := check(e.key, literal); err != nil {
			l.problem(p.key, "%s: %s", what, err)
			continue
		}
		all = append(all, e)
	}
	return all
}

func (l *loader) readTrafficLimit(n *yaml.Node) int64 {
	s, ok := l.text("traffic-limit", n)
	if !ok {
		return 0
	}
	limit, err := strconv.ParseInt(s, 10, 64)
	if err != nil || limit < minTrafficLimit || limit > maxTrafficLimit {
		l.problem(n, "traffic-limit must be a number of bit/s from %d (100 KiB/s) to %d (100 MiB/s)", minTrafficLimit,
			maxTrafficLimit)
	}
	return limit
}

func (l *loader) readETag(what string, n *yaml.Node) string {
	s, ok := l.nonEmptyText(what, n)
	s = strings.Trim(s, `"`)
	if ok && (s == "" || strings.Trim(s, "0123456789abcdefABCDEF-") != "") {
		l.problem(n, "%s: %s is not a valid ETag: write the hexadecimal digits that HeadObject shows", what, quote(s))
	}
	return s
}
