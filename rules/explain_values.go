package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Origin says where a [Value] comes from.
type Origin string

// The origins of values.
const (
	FromRule     Origin = "rule"
	FromDefaults Origin = "defaults"
	FromSource   Origin = "source"
	FromOSS      Origin = "OSS default"
	FromReplace  Origin = "metadata-directive REPLACE"
)

// Value is one effective value of a planned copy, for explaining it.
type Value struct {
	Field string `json:"field"` // name in the rules file
	Text  string `json:"text"`  // "" where nothing is sent and OSS decides
	Line  int    `json:"line,omitempty"`
	From  Origin `json:"from"`
	Note  string `json:"note,omitempty"`
	// EntryLines are the lines of the entries of tagging and meta, by their keys.
	EntryLines map[string]int `json:"-"`
}

// Values returns the effective values of the copy in the order in which the language
// lists its fields, with the origin of each. Fields that were not given are included
// where what OSS then does is worth knowing. Only copies of a [Plan] have values.
func (c *Copy) Values() []Value {
	d := &c.details
	var values []Value
	for _, e := range effectiveValues {
		o := d.spec.given(e.field)
		v, ok := e.givenValue(c), o != nil
		if o == nil && e.notGiven != nil {
			v, ok = e.notGiven(c)
		}
		if d.inPlace {
			v, ok = describeInPlace(v, ok, e.field, d.spec)
		}
		if !ok {
			continue
		}
		v.Field = e.field
		if o != nil {
			v.Line, v.From = o.line, FromRule
			if o.defaults {
				v.From = FromDefaults
			}
			v.EntryLines = d.spec.entryLines(e.field)
		}
		values = append(values, d.withZone(d.withPending(v)))
	}
	return values
}

// entryLines are the lines of the entries of a field, by their keys; nil if it has none.
func (c *copySpec) entryLines(field string) map[string]int {
	entries := map[string][]entry{"tagging": c.tagging, "meta": c.meta}[field]
	if entries == nil {
		return nil
	}
	lines := map[string]int{}
	for _, e := range entries {
		lines[e.key] = e.line
	}
	return lines
}

// withPending adds to a value which requests will complete it.
func (d *copyDetails) withPending(v Value) Value {
	var requests []string
	for _, p := range d.pending {
		about := p.field
		if about == "metadata" {
			about = "metadata-directive"
		}
		if about == v.Field && !strings.Contains(strings.Join(requests, " "), p.request) {
			requests = append(requests, p.request)
		}
	}
	if len(requests) > 0 {
		v.Text += " (known after " + strings.Join(requests, " and ") + ")"
	}
	return v
}

// withZone adds to a value the time zone that it depends on, if the file gives one.
func (d *copyDetails) withZone(v Value) Value {
	if d.zone.line == 0 {
		return v
	}
	d.spec.templates(func(field string, t *template) {
		if note := d.zone.in(); field == v.Field && t.uses("time") && !strings.Contains(v.Note, note) {
			v.Note = strings.TrimPrefix(v.Note+"; "+note, "; ")
		}
	})
	return v
}

// effectiveValue describes the value of one field.
type effectiveValue struct {
	field string
	text  func(c *Copy) string // what is sent
	note  func(c *Copy) string // about a given value; may be nil
	// notGiven is the value where the field was not given; nil if that is not worth
	// knowing.
	notGiven func(c *Copy) (Value, bool)
}

func (e *effectiveValue) givenValue(c *Copy) Value {
	v := Value{Text: e.text(c)}
	if e.note != nil {
		v.Note = e.note(c)
	}
	return v
}

// always is a value that does not depend on the copy.
func always(v Value) func(*Copy) (Value, bool) {
	return func(*Copy) (Value, bool) { return v, true }
}

// effectiveValues are the fields of copy in the order of the language's table.
var effectiveValues = []effectiveValue{
	{field: "bucket", text: func(c *Copy) string { return c.Bucket },
		notGiven: func(c *Copy) (Value, bool) { return Value{Text: c.Bucket, From: FromSource}, true }},
	{field: "region", text: func(c *Copy) string { return c.Region },
		note: func(*Copy) string {
			return "unless this is the function's, the content passes through it: " + internetTraffic()
		}},
	{field: "role", text: func(c *Copy) string { return c.Role },
		note: func(*Copy) string { return "assumed for the destination; the content passes through the function" }},
	{field: "external-id", text: func(c *Copy) string { return c.ExternalID }},
	{field: "key", text: func(c *Copy) string { return c.Key },
		notGiven: func(c *Copy) (Value, bool) { return Value{Text: c.Key, From: FromSource}, true }},
	{field: "storage-class", text: func(c *Copy) string { return c.StorageClass },
		notGiven: always(Value{From: FromOSS, Note: "the destination bucket decides"})},
	{field: "object-acl", text: func(c *Copy) string { return c.ObjectACL }, note: aclNote,
		notGiven: always(Value{Text: "default", From: FromOSS,
			Note: "inherits the destination bucket's ACL, whatever the source had"})},
	{field: "tagging-directive", text: func(c *Copy) string { return string(c.details.spec.taggingDirective) },
		note: func(c *Copy) string {
			if c.details.spec.taggingDirective == directiveMerge {
				return "sent as REPLACE with the source's tags and these"
			}
			return ""
		}},
	{field: "tagging", text: func(c *Copy) string {
		if len(c.Tags) == 0 {
			return "none"
		}
		return pairsText(c.Tags)
	}, notGiven: always(Value{Text: "the source's", From: FromSource})},
	{field: "metadata-directive", text: func(c *Copy) string { return string(c.details.spec.metadataDirective) },
		note: metadataNote,
		notGiven: always(Value{Text: string(DirectiveCopy), From: FromOSS,
			Note: "the source's content headers and metadata"})},
	{field: "cache-control", text: func(c *Copy) string { return c.Headers.CacheControl }},
	{field: "content-type", text: func(c *Copy) string { return c.Headers.ContentType },
		notGiven: func(c *Copy) (Value, bool) {
			return Value{Text: defaultContentType, From: FromReplace},
				c.details.spec.metadataDirective == DirectiveReplace
		}},
	{field: "content-disposition", text: func(c *Copy) string { return c.Headers.ContentDisposition }},
	{field: "content-encoding", text: func(c *Copy) string { return c.Headers.ContentEncoding }},
	{field: "content-language", text: func(c *Copy) string { return c.Headers.ContentLanguage }},
	{field: "expires", text: func(c *Copy) string { return c.Headers.Expires }},
	{field: "meta", text: func(c *Copy) string { return pairsText(c.Meta) }},
	{field: "server-side-encryption",
		text: func(c *Copy) string {
			if c.details.spec.leavesEncryption() {
				return encryptionDefault
			}
			return c.ServerSideEncryption
		},
		note: func(c *Copy) string {
			if c.details.spec.leavesEncryption() {
				return "nothing is sent: the destination bucket decides"
			}
			return ""
		},
		notGiven: always(Value{From: FromOSS,
			Note: "OSS does not copy the source's encryption: the destination bucket decides"})},
	{field: "server-side-encryption-key-id", text: func(c *Copy) string { return c.ServerSideEncryptionKeyID }},
	{field: "server-side-data-encryption", text: func(c *Copy) string { return c.ServerSideDataEncryption }},
	{field: "forbid-overwrite", text: func(c *Copy) string { return strconv.FormatBool(c.ForbidOverwrite) },
		note: func(c *Copy) string {
			if c.ForbidOverwrite {
				return "no effect on versioned buckets"
			}
			return ""
		}},
	{field: "traffic-limit", text: func(c *Copy) string { return strconv.FormatInt(c.TrafficLimit, 10) + " bit/s" }},
	{field: "request-payer", text: func(c *Copy) string { return c.RequestPayer }},
	{field: "copy-source-if-match", text: func(c *Copy) string { return c.CopySourceIfMatch },
		note: func(*Copy) string { return "in addition to the event's own ETag" }},
	{field: "copy-source-if-none-match", text: func(c *Copy) string { return c.CopySourceIfNoneMatch }},
	{field: "copy-source-if-modified-since",
		text: func(c *Copy) string { return c.CopySourceIfModifiedSince.Format(time.RFC3339) }},
	{field: "copy-source-if-unmodified-since",
		text: func(c *Copy) string { return c.CopySourceIfUnmodifiedSince.Format(time.RFC3339) }},
	{field: "follow-symlinks", text: func(c *Copy) string { return strconv.FormatBool(c.FollowSymlinks) },
		note: func(c *Copy) string {
			if c.FollowSymlinks {
				return "of a symbolic link, what it points to is copied"
			}
			return ""
		},
		notGiven: func(c *Copy) (Value, bool) {
			return Value{Text: "false", From: FromOSS, Note: "the symbolic link is copied as a link, and leads " +
				"nowhere unless what it points to is in the destination bucket too"}, c.details.ofLink
		}},
	{field: "restore", text: restoreText,
		note: func(c *Copy) string {
			if c.Restore == nil {
				return ""
			}
			return "if the source is archived"
		}},
	{field: "rewrite-in-place", text: func(c *Copy) string { return strconv.FormatBool(c.RewriteInPlace) }},
	{field: "delete-source", text: func(c *Copy) string { return strconv.FormatBool(c.DeleteSource) },
		note: func(c *Copy) string {
			if c.DeleteSource {
				return "the source is deleted after all of its copies, of all rules, were verified"
			}
			return ""
		}},
	{field: "without-versioning", text: func(c *Copy) string { return strconv.FormatBool(c.WithoutVersioning) },
		note: func(c *Copy) string {
			if c.WithoutVersioning {
				return "in a bucket without versioning, an upload made while the source is deleted is lost"
			}
			return ""
		}},
}

func aclNote(c *Copy) string {
	if c.details.spec.objectACL == aclSource {
		return "the source's ACL, read with GetObjectAcl; default becomes its bucket's, read with GetBucketAcl"
	}
	return ""
}

func metadataNote(c *Copy) string {
	switch c.details.spec.metadataDirective {
	case directiveMerge:
		return "sent as REPLACE with the source's values and these"
	case DirectiveReplace:
		return "drops all content headers and metadata that are not given here, " +
			"except what client-side encryption needs"
	}
	return ""
}

// describeInPlace says of a field's value what is different for a copy onto its own
// source.
func describeInPlace(v Value, ok bool, field string, spec *copySpec) (Value, bool) {
	given := spec.given(field) != nil
	switch {
	case field == "key":
		v.Note = "in place"
	case field == "rewrite-in-place" && spec.rewriteInPlace && spec.rewrites():
		v.Note = "an upload made at the same time may be overwritten, unless the bucket has versioning"
	case !given && (field == "storage-class" || field == "object-acl" || field == "server-side-encryption"):
		v = Value{Text: "the source's", From: FromSource, Note: "stays as it is"}
	case !given && field == "metadata-directive":
		v = Value{Text: "the source's", From: FromSource, Note: "content headers and metadata stay as they are"}
	case field == "server-side-encryption" && spec.leavesEncryption():
		v = Value{Text: "the source's", Note: "stays as it is"}
	case field == "object-acl" && spec.objectACL == aclSource:
		v.Note = "stays as it is"
	case field == "object-acl" && !spec.rewrites():
		v.Note = "set with PutObjectACL"
	case field == "tagging" && given && !spec.rewrites():
		v.Note = "set with PutObjectTagging"
		if len(spec.tagging) == 0 {
			v.Note = "removed with DeleteObjectTagging"
		}
	case given && slices.Contains(rewritingFields, field) && spec.rewrites():
		v.Note = strings.TrimPrefix(v.Note+"; rewrites the object", "; ")
	}
	return v, ok
}

// pairsText writes tags or metadata as "a=b c=d".
func pairsText(pairs []Pair) string {
	texts := make([]string, len(pairs))
	for i, p := range pairs {
		texts[i] = p.Key + "=" + p.Value
	}
	return strings.Join(texts, " ")
}

// restoreText is a restore as explain shows it.
func restoreText(c *Copy) string {
	switch {
	case c.Restore == nil && c.details.spec.given("restore") != nil:
		return "false"
	case c.Restore == nil:
		return ""
	}
	return fmt.Sprintf("days=%d tier=%s", c.Restore.Days, c.Restore.Tier)
}
