package rules

import (
	"afterput/rules/internal/keyset"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// copyPlanner puts an object's values into the copies of one rule.
type copyPlanner struct {
	*query
	rule    *rule
	truth   truth // whether the rule takes the object
	failed  error // why nothing more may be asked
	groups  []string
	pending []pendingValue
}

// destination fills in where the copy goes.
func (f *copyPlanner) destination(spec *copySpec, c *Copy) {
	c.Bucket, c.Key = f.object.Bucket, f.object.Key
	var err error
	if spec.bucket != nil {
		c.Bucket, err = f.text("bucket", "", spec.bucket)
		if err == nil && !f.isPending("bucket") {
			err = CheckBucket(c.Bucket)
		}
		if err != nil {
			c.Bucket, err = "", fmt.Errorf("bucket %s: %w", quote(spec.bucket.text), err)
		}
	}
	if spec.key != nil {
		var keyErr error
		c.Key, keyErr = f.text("key", "", spec.key)
		if keyErr == nil && !f.isPending("key") {
			keyErr = checkResultKey(c.Key)
		}
		if keyErr != nil {
			c.Key, keyErr = "", fmt.Errorf("key %s: %w", quote(spec.key.text), keyErr)
			err = cmp.Or(err, keyErr)
		}
		c.ETagInKey = keyErr == nil && spec.key.holdsETag()
	}
	c.Err = cmp.Or(c.Err, err)
}

// request fills in the headers.
func (f *copyPlanner) request(spec *copySpec, c *Copy) {
	c.StorageClass = spec.storageClass
	c.ServerSideEncryption = spec.serverSideEncryption
	c.ServerSideDataEncryption = spec.serverSideDataEncryption
	c.ForbidOverwrite = spec.forbidOverwrite
	c.TrafficLimit = spec.trafficLimit
	c.RequestPayer = spec.requestPayer
	c.CopySourceIfMatch, c.CopySourceIfNoneMatch = spec.copyIf.match, spec.copyIf.noneMatch
	c.CopySourceIfModifiedSince, c.CopySourceIfUnmodifiedSince = spec.copyIf.modifiedSince, spec.copyIf.unmodifiedSince
	c.RewriteInPlace = spec.rewriteInPlace
	steps := []func(*copySpec, *Copy) error{f.acl, f.tagging, f.metadata, f.keyID}
	for _, step := range steps {
		if c.Err = step(spec, c); c.Err != nil {
			return
		}
	}
}

func (f *copyPlanner) acl(spec *copySpec, c *Copy) error {
	c.ObjectACL = spec.objectACL
	if spec.objectACL != aclSource {
		return nil
	}
	acl, err := f.facts.ACL()
	if errors.Is(err, ErrNotKnown) {
		f.addPending("object-acl", "", getObjectACL)
		return nil
	}
	if err != nil {
		return fmt.Errorf("object-acl source: %s: %w", getObjectACL, err)
	}
	c.ObjectACL = acl
	return nil
}

func (f *copyPlanner) keyID(spec *copySpec, c *Copy) error {
	if spec.serverSideEncryptionKeyID == nil {
		return nil
	}
	var err error
	if c.ServerSideEncryptionKeyID, err = f.text("server-side-encryption-key-id", "", spec.serverSideEncryptionKeyID); err != nil {
		return fmt.Errorf("server-side-encryption-key-id: %w", err)
	}
	return nil
}

func (f *copyPlanner) tagging(spec *copySpec, c *Copy) error {
	c.TaggingDirective = spec.taggingDirective
	if c.TaggingDirective == DirectiveCopy {
		return nil
	}
	c.TaggingDirective = DirectiveReplace
	if spec.taggingDirective == directiveMerge {
		tags, err := f.facts.Tags()
		if errors.Is(err, ErrNotKnown) {
			f.addPending("tagging", "", getObjectTagging)
		} else if err != nil {
			return fmt.Errorf("tagging-directive MERGE: %s: %w", getObjectTagging, err)
		}
		c.Tags = slices.Clone(tags)
	}
	var err error
	if c.Tags, err = f.overlay("tagging", c.Tags, spec.tagging, checkTag); err != nil {
		return err
	}
	if len(c.Tags) > maxTags {
		return fmt.Errorf("tagging: %d tags with those of the source, OSS takes %d: remove some with null", len(c.Tags), maxTags)
	}
	return nil
}

func (f *copyPlanner) metadata(spec *copySpec, c *Copy) error {
	c.MetadataDirective = spec.metadataDirective
	if c.MetadataDirective == DirectiveCopy {
		return nil
	}
	c.MetadataDirective = DirectiveReplace
	if spec.metadataDirective == directiveMerge {
		head, err := f.facts.Head()
		if errors.Is(err, ErrNotKnown) {
			f.addPending("metadata", "", headObject)
		} else if err != nil {
			return fmt.Errorf("metadata-directive MERGE: %s: %w", headObject, err)
		}
		c.Headers, c.Meta = head.Headers, slices.Clone(head.Meta)
	}
	h := spec.headers
	c.Headers = ContentHeaders{
		CacheControl:       cmp.Or(h.CacheControl, c.Headers.CacheControl),
		ContentDisposition: cmp.Or(h.ContentDisposition, c.Headers.ContentDisposition),
		ContentEncoding:    cmp.Or(h.ContentEncoding, c.Headers.ContentEncoding),
		ContentLanguage:    c.Headers.ContentLanguage,
		ContentType:        cmp.Or(h.ContentType, c.Headers.ContentType),
		Expires:            cmp.Or(h.Expires, c.Headers.Expires),
	}
	var err error
	if c.Meta, err = f.overlay("meta", c.Meta, spec.meta, checkMeta); err != nil {
		return err
	}
	total := 0
	for _, p := range c.Meta {
		total += len(p.Key) + len(p.Value)
	}
	if total > maxMeta {
		return fmt.Errorf("meta: %d bytes in all, OSS takes %d", total, maxMeta)
	}
	return nil
}

// overlay sets entries over pairs and sorts them.
func (f *copyPlanner) overlay(field string, pairs []Pair, entries []entry, check func(key, value string) error) ([]Pair, error) {
	for _, e := range entries {
		pairs = slices.DeleteFunc(pairs, func(p Pair) bool { return p.Key == e.key })
		if e.value == nil {
			continue
		}
		value, err := f.text(field, e.key, e.value)
		if err == nil && !f.isPendingFor(field, e.key) {
			err = check(e.key, value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", field, quote(e.key), err)
		}
		pairs = append(pairs, Pair{e.key, value})
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return pairs, nil
}

func (f *copyPlanner) addPending(field, key, request string) {
	f.pending = append(f.pending, pendingValue{field, key, request})
}

func (f *copyPlanner) isPending(field string) bool {
	return slices.ContainsFunc(f.pending, func(w pendingValue) bool { return w.field == field })
}

func (f *copyPlanner) isPendingFor(field, key string) bool {
	return slices.ContainsFunc(f.pending, func(w pendingValue) bool { return w.field == field && w.key == key })
}

// text fills in a template. A value that is not known before a request is made
// stays as its placeholder, and the request is noted.
func (f *copyPlanner) text(field, key string, t *template) (string, error) {
	if len(t.parts) == 1 && t.parts[0].name == "" {
		return t.parts[0].literal, nil
	}
	var out strings.Builder
	gap := false // an empty value stands behind a slash, or at the start
	for i := range t.parts {
		p := &t.parts[i]
		text := p.literal
		if p.name != "" {
			value, request, err := f.value(p)
			switch {
			case errors.Is(err, ErrNotKnown):
				f.addPending(field, key, request)
				text = p.text
			case err != nil:
				return "", fmt.Errorf("%s: %s: %w", p.text, request, err)
			default:
				text = p.apply(value)
			}
			if text == "" && p.form != formDefault {
				return "", fmt.Errorf("%s is empty for this object: give it a default with ${%s:-…}", p.text, p.fullName())
			}
		}
		if field == "key" && text == "" {
			gap = gap || out.Len() == 0 || strings.HasSuffix(out.String(), "/")
			continue
		}
		if gap && strings.HasPrefix(text, "/") {
			return "", fmt.Errorf("an empty value before %s would leave a nameless directory", quote(text))
		}
		gap = false
		out.WriteString(text)
	}
	return out.String(), nil
}

// fullName is the placeholder's name as it is written between the braces.
func (p *templatePart) fullName() string {
	if p.arg != "" {
		return p.name + "." + p.arg
	}
	return p.name
}

// value is what a placeholder stands for, "" if there is nothing. An error
// comes with the request that gave it.
func (f *copyPlanner) value(p *templatePart) (value, request string, err error) {
	o := f.object
	switch p.name {
	case "key":
		return o.Key, "", nil
	case "dir", "base", "stem", "ext":
		return keyset.Part(p.name).Of(o.Key), "", nil
	case "bucket":
		return o.Bucket, "", nil
	case "region":
		return o.Region, "", nil
	case "rule":
		return f.rule.name, "", nil
	case "event":
		if f.predicted != nil {
			return "", headObject, ErrNotKnown
		}
		return o.Event, "", nil
	case "time":
		if o.Time.IsZero() {
			return "", "", nil
		}
		return o.Time.UTC().Format(map[string]string{
			"year": "2006", "month": "01", "day": "02", "hour": "15", "date": "2006-01-02"}[p.arg]), "", nil
	case "re":
		return f.group(p.arg), "", nil
	case "size":
		if o.Size.Known {
			return strconv.FormatInt(o.Size.Value, 10), "", nil
		}
	case "etag":
		if o.ETag.Known && o.ETag.Value != "" {
			return o.ETag.Value, "", nil
		}
	case "tag":
		if f.predicted != nil {
			return f.predictedValue(f.predicted.tags, p.arg, getObjectTagging)
		}
		tags, err := f.tags()
		return pairValue(tags, p.arg), getObjectTagging, err
	}
	if f.predicted != nil {
		return f.predictedValue(f.predicted.meta, p.arg, headObject)
	}
	head, err := f.head()
	switch p.name {
	case "size":
		value = strconv.FormatInt(head.Size, 10)
	case "etag":
		value = head.ETag
	case "meta":
		value = pairValue(head.Meta, p.arg)
	}
	return value, headObject, err
}

// predictedValue is what an object made by a copy of ours will have.
func (f *copyPlanner) predictedValue(k knownPairs, key, request string) (string, string, error) {
	if v, known := k.lookUp(key); known && key != "" {
		return v, "", nil
	}
	return "", request, ErrNotKnown
}

// head is HeadObject, unless nothing more may be asked.
func (f *copyPlanner) head() (Head, error) {
	if f.failed != nil && f.facts.head == nil {
		return Head{}, f.failed
	}
	return f.facts.Head()
}

// tags is GetObjectTagging, unless nothing more may be asked.
func (f *copyPlanner) tags() ([]Pair, error) {
	if f.failed != nil && !f.facts.tagsGot {
		return nil, f.failed
	}
	return f.facts.Tags()
}

func (f *copyPlanner) group(name string) string {
	re := f.rule.match.regexp
	if f.groups == nil {
		f.groups = re.FindStringSubmatch(f.object.Key)
	}
	if i := re.SubexpIndex(name); i >= 0 && i < len(f.groups) {
		return f.groups[i]
	}
	return ""
}

func pairValue(pairs []Pair, key string) string {
	for _, p := range pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}
