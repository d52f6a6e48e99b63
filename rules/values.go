package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Where a [Value] comes from.
const (
	FromRule     = "rule"
	FromDefaults = "defaults"
	FromSource   = "source"
	FromOSS      = "OSS default"
	FromReplace  = "metadata-directive REPLACE"
)

// Value is one effective value of a planned copy, for explaining it.
type Value struct {
	Field string `json:"field"` // name in the rules file
	Text  string `json:"text"`  // "" where nothing is sent and OSS decides
	Line  int    `json:"line,omitempty"`
	From  string `json:"from"`
	Note  string `json:"note,omitempty"`
}

// Values are the effective values of the plan's i-th copy in the order of the
// language's table, with where each comes from. Fields that were not given are
// among them where what OSS then does is worth knowing.
func (p *Plan) Values(i int) []Value {
	c, m := &p.Copies[i], &p.made[i]
	var values []Value
	for _, f := range copyFields {
		v, ok := describe(f.name, c, m.spec)
		if p.isInPlace(c) {
			v, ok = describeInPlace(v, ok, f.name, m.spec)
		}
		if !ok {
			continue
		}
		v.Field = f.name
		if o := m.spec.given(f.name); o != nil {
			v.Line, v.From = o.line, FromRule
			if o.defaults {
				v.From = FromDefaults
			}
		}
		values = append(values, m.withPending(v))
	}
	return values
}

// withPending adds to a value which requests will tell the rest of it.
func (m *copyDetails) withPending(v Value) Value {
	var requests []string
	for _, w := range m.pending {
		about := w.field
		if about == "metadata" {
			about = "metadata-directive"
		}
		if about == v.Field && !strings.Contains(strings.Join(requests, " "), w.request) {
			requests = append(requests, w.request)
		}
	}
	if len(requests) > 0 {
		v.Text += " (known after " + strings.Join(requests, " and ") + ")"
	}
	return v
}

// describe is a field's effective value, false if there is nothing to say.
func describe(field string, c *Copy, spec *copySpec) (Value, bool) {
	given := spec.given(field) != nil
	v := Value{}
	switch field {
	case "bucket":
		v = Value{Text: c.Bucket, From: FromSource}
		return v, true
	case "key":
		return Value{Text: c.Key, From: FromSource}, true
	case "storage-class":
		if !given {
			return Value{From: FromOSS, Note: "the destination bucket decides"}, true
		}
		v.Text = c.StorageClass
	case "object-acl":
		if !given {
			return Value{Text: "default", From: FromOSS, Note: "inherits the destination bucket's ACL, whatever the source had"}, true
		}
		v.Text = c.ObjectACL
		if spec.objectACL == aclSource {
			v.Note = "the source's ACL, read with GetObjectAcl"
		}
	case "tagging-directive":
		if v.Text = spec.taggingDirective; v.Text == directiveMerge {
			v.Note = "sent as REPLACE with the source's tags underneath"
		}
	case "tagging":
		if !given {
			return Value{Text: "the source's", From: FromSource}, true
		}
		if v.Text = pairsText(c.Tags); len(c.Tags) == 0 {
			v.Text = "none"
		}
	case "metadata-directive":
		if !given {
			return Value{Text: DirectiveCopy, From: FromOSS, Note: "the source's content headers and metadata"}, true
		}
		switch v.Text = spec.metadataDirective; v.Text {
		case directiveMerge:
			v.Note = "sent as REPLACE with the source's values underneath"
		case DirectiveReplace:
			v.Note = "drops every content header and metadata that is not given here, " +
				"but what client-side encryption needs"
		}
	case "cache-control":
		v.Text = c.Headers.CacheControl
	case "content-type":
		if v.Text = c.Headers.ContentType; !given && spec.metadataDirective == DirectiveReplace {
			return Value{Text: defaultContentType, From: FromReplace}, true
		}
	case "content-disposition":
		v.Text = c.Headers.ContentDisposition
	case "content-encoding":
		v.Text = c.Headers.ContentEncoding
	case "expires":
		v.Text = c.Headers.Expires
	case "meta":
		v.Text = pairsText(c.Meta)
	case "server-side-encryption":
		if !given {
			return Value{From: FromOSS, Note: "OSS does not carry the source's encryption over: stored as the destination bucket says"}, true
		}
		v.Text = c.ServerSideEncryption
	case "server-side-encryption-key-id":
		v.Text = c.ServerSideEncryptionKeyID
	case "server-side-data-encryption":
		v.Text = c.ServerSideDataEncryption
	case "forbid-overwrite":
		if v.Text = strconv.FormatBool(c.ForbidOverwrite); c.ForbidOverwrite {
			v.Note = "no effect on versioned buckets"
		}
	case "traffic-limit":
		v.Text = fmt.Sprintf("%d bit/s", c.TrafficLimit)
	case "request-payer":
		v.Text = c.RequestPayer
	case "copy-source-if-match":
		v.Text, v.Note = c.CopySourceIfMatch, "besides the event's own ETag"
	case "copy-source-if-none-match":
		v.Text = c.CopySourceIfNoneMatch
	case "copy-source-if-modified-since":
		v.Text = c.CopySourceIfModifiedSince.Format(time.RFC3339)
	case "copy-source-if-unmodified-since":
		v.Text = c.CopySourceIfUnmodifiedSince.Format(time.RFC3339)
	case "rewrite-in-place":
		v.Text = strconv.FormatBool(c.RewriteInPlace)
	}
	return v, given
}

// describeInPlace says of a field's value what is otherwise for a copy onto its
// own source.
func describeInPlace(v Value, ok bool, field string, spec *copySpec) (Value, bool) {
	given := spec.given(field) != nil
	switch {
	case field == "key":
		v.Note = "in place"
	case field == "rewrite-in-place" && spec.rewriteInPlace && spec.rewrites():
		v.Note = "an upload that comes meanwhile may be overwritten, unless the bucket has versioning"
	case !given && (field == "storage-class" || field == "object-acl" || field == "server-side-encryption"):
		v = Value{Text: "the source's", From: FromSource, Note: "stays as it is"}
	case !given && field == "metadata-directive":
		v = Value{Text: "the source's", From: FromSource, Note: "content headers and metadata stay as they are"}
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
