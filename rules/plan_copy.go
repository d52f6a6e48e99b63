package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// copyPlanner plans the copies of one rule.
type copyPlanner struct {
	templateFiller
	truth   truth // whether the rule takes the object
	inPlace bool  // whether the copy being planned has its source as destination
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
			keyErr = CheckKey(c.Key)
		}
		if keyErr != nil {
			c.Key, keyErr = "", f.keyError(spec.key, keyErr)
			err = cmp.Or(err, keyErr)
		}
		// What a link points to has another ETag than the link.
		c.ETagInKey = keyErr == nil && spec.key.containsETag() && !spec.followSymlinks
	}
	c.Err = cmp.Or(c.Err, err)
}

// keyError is the error of a copy whose key cannot be filled in.
func (f *copyPlanner) keyError(key *template, err error) error {
	var empty *emptyValueError
	if errors.As(err, &empty) {
		switch marker, unread := f.isFolderMarker(); {
		case unread != nil:
			return fmt.Errorf("key %s: %s; a folder marker is skipped, but the size cannot be read: %s: %w",
				quote(key.text), empty.what, headObject, unread)
		case marker:
			return fmt.Errorf("%w, and %s, so that the copy has no key", ErrFolderMarker, empty.what)
		}
	}
	return fmt.Errorf("key %s: %w", quote(key.text), err)
}

// request fills in the headers.
func (f *copyPlanner) request(spec *copySpec, c *Copy) {
	c.Remote = spec.remote
	c.StorageClass = spec.storageClass
	c.ServerSideEncryption = spec.serverSideEncryption
	c.ServerSideDataEncryption = spec.serverSideDataEncryption
	c.ForbidOverwrite = spec.forbidOverwrite
	c.TrafficLimit = spec.trafficLimit
	c.FollowSymlinks = spec.followSymlinks
	c.Restore = spec.restore
	c.RequestPayer = spec.requestPayer
	c.CopySourceIfMatch, c.CopySourceIfNoneMatch = spec.copyIf.match, spec.copyIf.noneMatch
	c.CopySourceIfModifiedSince, c.CopySourceIfUnmodifiedSince = spec.copyIf.modifiedSince, spec.copyIf.unmodifiedSince
	c.RewriteInPlace = spec.rewriteInPlace
	c.DeleteSource, c.WithoutVersioning = spec.deleteSource, spec.withoutVersioning
	c.NamesSource = spec.namesSource && !f.inPlace
	steps := []func(*copySpec, *Copy) error{f.acl, f.tagging, f.metadata, f.keyID}
	for _, step := range steps {
		if c.Err = step(spec, c); c.Err != nil {
			return
		}
	}
}

// acl fills in the ACL. Of "object-acl: source", default becomes the ACL of the source's bucket: sent as it
// is, it would give the copy the ACL of the destination's bucket, and could publish a private object. In place
// default stays as it is, since both are the same bucket's.
func (f *copyPlanner) acl(spec *copySpec, c *Copy) error {
	c.ObjectACL = spec.objectACL
	if spec.objectACL != aclSource {
		return nil
	}
	request := getObjectACL
	acl, err := f.facts.ACL()
	if err == nil && acl == aclDefault && !f.inPlace {
		request = getBucketACL
		acl, err = f.facts.BucketACL()
	}
	if errors.Is(err, ErrNotKnown) {
		f.addPending("object-acl", "", request)
		return nil
	}
	if err != nil {
		return fmt.Errorf("object-acl source: %s: %w", request, err)
	}
	c.ObjectACL = acl
	return nil
}

func (f *copyPlanner) keyID(spec *copySpec, c *Copy) error {
	if spec.serverSideEncryptionKeyID == nil {
		return nil
	}
	var err error
	if c.ServerSideEncryptionKeyID,
		err = f.text("server-side-encryption-key-id", "", spec.serverSideEncryptionKeyID); err != nil {
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
	if c.Tags, err = f.overlay("tagging", c.Tags, spec.tagging, CheckTag); err != nil {
		return err
	}
	if len(c.Tags) > maxTags {
		return fmt.Errorf("tagging: %d tags with those of the source, OSS allows %d: remove some with null",
			len(c.Tags), maxTags)
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
	err := f.fillHeaders(spec.headers, &c.Headers)
	if err != nil {
		return err
	}
	if c.Meta, err = f.overlay("meta", c.Meta, spec.meta, checkMeta); err != nil {
		return err
	}
	c.Meta = slices.DeleteFunc(c.Meta, func(p Pair) bool { return p.Value == "" })
	total := 0
	for _, p := range c.Meta {
		total += len(p.Key) + len(p.Value)
	}
	if total > maxMeta {
		return fmt.Errorf("meta: %d bytes in total, OSS allows %d", total, maxMeta)
	}
	return nil
}

// overlay sets entries over pairs and sorts the result.
func (f *copyPlanner) overlay(field string, pairs []Pair, entries []entry,
	check func(key, value string) error) ([]Pair, error) {
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

// fillHeaders sets the content headers that the copy gives over those of the source. One that
// is empty for the object is as if it were not given.
func (f *copyPlanner) fillHeaders(given headerTemplates, to *ContentHeaders) error {
	for i := range contentHeaders {
		h := &contentHeaders[i]
		t := given[h.field]
		if t == nil {
			continue
		}
		value, err := f.text(h.field, "", t)
		if err == nil && value != "" && !f.isPending(h.field) {
			value, err = h.text(value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", h.field, err)
		}
		if value != "" {
			*h.of(to) = value
		}
	}
	return nil
}
