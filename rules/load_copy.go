package rules

import (
	"go.yaml.in/yaml/v3"
)

// metadataFields are the fields that metadata-directive is about.
var metadataFields = []string{"cache-control", "content-type", "content-disposition", "content-encoding",
	"content-language", "expires", "meta"}

// readCopies reads a rule's copy.
func (l *loader) readCopies(r *rule, n *yaml.Node) {
	if l.exceeds("copy", n, maxCopies, "write several rules") {
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) > 0 {
		l.list("copy", n, func(item *yaml.Node) { l.readCopy(r, item) })
		return
	}
	r.copyLine, r.copyCol = n.Line, n.Column
	if !r.stop {
		l.problem(n, "copy is an empty list: list the copies to make, or write stop: true, so that no rule below "+
			"copies what this one takes either")
	}
}

// checkLastRule refuses a last rule that only keeps objects from the rules below.
func (l *loader) checkLastRule(rules []*rule) {
	if len(rules) == 0 {
		return
	}
	if r := rules[len(rules)-1]; r.stop && r.copyLine > 0 {
		l.problemAt(r.copyLine, r.copyCol, "rule %s makes no copy, and there is no rule below from which it could "+
			"keep objects: move it above the rules that it is for", r.name)
	}
}

// readCopy reads one entry under a rule's copy and fills in the defaults. A list of buckets makes one copy for
// each of them.
func (l *loader) readCopy(r *rule, n *yaml.Node) {
	c := &copySpec{rule: r, line: n.Line, col: n.Column}
	reader := &copyReader{copySpec: c}
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.problem(n, "the copy is empty: give a bucket or a key, or what to set in place")
		return
	}
	if !readBlock(l, &copyBlock, n, reader) {
		return
	}
	if l.defaults != nil && l.defaults.Kind == yaml.MappingNode {
		missing := *l.defaults
		missing.Content = nil
		for i := 0; i < len(l.defaults.Content); i += 2 {
			if name := l.defaults.Content[i]; c.given(name.Value) == nil {
				missing.Content = append(missing.Content, name, l.defaults.Content[i+1])
			}
		}
		if l.sizes.inherited >= 0 {
			l.sizes.inherited += sizeOfNode(&missing)
		}
		if l.sizes.inherited < 0 || l.sizes.inherited > maxInherited {
			l.limit(l.defaults, &l.sizes.inherited, "the copies of the file take more than %d values from defaults in "+
				"all: write meta and tagging into the copies that need them", maxInherited)
			return
		}
		l.quiet, reader.fromDefaults = true, true
		readBlock(l, &copyBlock, &missing, reader)
		l.quiet = false
	}
	l.resolveTagging(c)
	l.resolveMetadata(c)
	l.checkEncryption(c)
	l.checkFollowing(c)
	l.checkRestore(c)
	l.checkMove(c)
	for i, each := range reader.copies() {
		l.checkGroups(each, i > 0)
		l.checkRemote(each)
		r.copies = append(r.copies, each)
	}
}

// readDefaults checks defaults.copy at its own place: each field, and combinations that
// are wrong whatever a copy says.
func (l *loader) readDefaults(n *yaml.Node) {
	c := &copySpec{}
	if !readBlock(l, &copyBlock, n, &copyReader{copySpec: c}) {
		return
	}
	if o := c.given("tagging"); o != nil && c.taggingDirective == DirectiveCopy {
		l.problemFor(o, "OSS ignores tagging under tagging-directive COPY: write REPLACE or MERGE")
	}
	for _, name := range metadataFields {
		if o := c.given(name); o != nil && c.metadataDirective != DirectiveReplace &&
			c.metadataDirective != directiveMerge {
			l.problemFor(o, "OSS ignores %s under metadata-directive COPY: write MERGE to keep the source's other "+
				"metadata, REPLACE to drop it", name)
		}
	}
	for _, name := range kmsFields {
		if o := c.given(name); o != nil && c.serverSideEncryption != "" && c.serverSideEncryption != "KMS" {
			l.problemFor(o, "%s needs server-side-encryption: KMS", name)
		}
	}
	if c.followSymlinks && c.objectACL == aclSource {
		l.problemFor(c.given("follow-symlinks"), "%s", linkACL)
	}
	if c.followSymlinks && c.restore != nil {
		l.problemFor(c.given("restore"), "%s", linkRestore)
	}
}

// resolveTagging decides the tagging directive. What the copy itself says goes before the
// defaults.
func (l *loader) resolveTagging(c *copySpec) {
	tagging, directive := c.given("tagging"), c.given("tagging-directive")
	switch {
	case directive == nil && tagging == nil:
		c.taggingDirective = DirectiveCopy
	case directive == nil:
		c.taggingDirective = DirectiveReplace
		l.checkTagging(c)
	case tagging == nil:
		l.resolveDirectiveAlone(c, directive)
	case directive.defaults && !tagging.defaults && (c.taggingDirective == DirectiveCopy || len(c.tagging) == 0):
		c.taggingDirective = DirectiveReplace
		c.dropDefault("tagging-directive")
		l.checkTagging(c)
	case c.taggingDirective == DirectiveCopy && tagging.defaults && !directive.defaults:
		c.tagging = nil
		c.dropDefault("tagging")
	case c.taggingDirective == DirectiveCopy && !tagging.defaults:
		l.problemFor(tagging, "OSS ignores tagging under tagging-directive COPY: write REPLACE or MERGE, or leave "+
			"the directive out")
	default:
		l.checkTagging(c)
	}
}

// resolveDirectiveAlone decides about a tagging directive without tagging: only COPY
// makes sense then.
func (l *loader) resolveDirectiveAlone(c *copySpec, directive *fieldPlace) {
	if c.taggingDirective == DirectiveCopy || c.taggingDirective == "" {
		return
	}
	if !directive.defaults {
		l.problemFor(directive, "tagging-directive %s needs tagging; for no tags write tagging: {} under REPLACE",
			c.taggingDirective)
	}
	c.taggingDirective = DirectiveCopy
	c.dropDefault("tagging-directive")
}

// checkTagging checks the tags that a copy itself sets under its directive.
func (l *loader) checkTagging(c *copySpec) {
	tagging := c.given("tagging")
	if tagging.defaults {
		return
	}
	set := 0
	for _, e := range c.tagging {
		if e.value != nil {
			set++
		} else if c.taggingDirective == DirectiveReplace {
			l.problemFor(tagging, "tagging %s: null removes one of the source's tags, which needs "+
				"tagging-directive: MERGE", quote(e.key))
		}
	}
	if set > maxTags {
		l.problemFor(tagging, "tagging sets %d tags, OSS allows %d", set, maxTags)
	}
	if c.taggingDirective == directiveMerge && len(c.tagging) == 0 {
		l.problemFor(tagging, "tagging: {} under MERGE changes nothing: leave both out to keep the source's tags")
	}
}

// resolveMetadata decides the metadata directive.
func (l *loader) resolveMetadata(c *copySpec) {
	directive := c.given("metadata-directive")
	if directive == nil {
		c.metadataDirective = DirectiveCopy
	}
	given := false
	for _, name := range metadataFields {
		o := c.given(name)
		switch {
		case o == nil:
		case c.metadataDirective != DirectiveCopy:
			given = true
		case !o.defaults:
			l.problemFor(o, "OSS ignores %s under metadata-directive COPY, which is the default: write MERGE to "+
				"keep the source's other metadata, REPLACE to drop it", name)
		default:
			c.dropDefault(name)
		}
	}
	switch c.metadataDirective {
	case DirectiveCopy:
		c.headers, c.meta = nil, nil
	case directiveMerge:
		if given {
			break
		}
		if !directive.defaults {
			l.problemFor(directive, "metadata-directive MERGE has nothing to merge: give one of %s",
				orList(metadataFields))
		}
		c.metadataDirective = DirectiveCopy
		c.dropDefault("metadata-directive")
	case DirectiveReplace:
		for _, e := range c.meta {
			if o := c.given("meta"); e.value == nil && !o.defaults {
				l.problemFor(o, "meta %s: null, or an empty value, removes one of the source's entries, which needs "+
					"metadata-directive: MERGE", quote(e.key))
			}
		}
	}
}

var kmsFields = []string{"server-side-encryption-key-id", "server-side-data-encryption"}

// checkEncryption refuses a KMS setting without KMS, and reads default as no encryption to send.
func (l *loader) checkEncryption(c *copySpec) {
	if c.serverSideEncryption == "KMS" {
		return
	}
	for _, name := range kmsFields {
		if o := c.given(name); o != nil && !o.defaults {
			l.problemFor(o, "%s needs server-side-encryption: KMS", name)
		} else if o != nil {
			c.dropDefault(name)
		}
	}
	c.serverSideEncryptionKeyID, c.serverSideDataEncryption = nil, ""
	if c.serverSideEncryption == encryptionDefault {
		c.serverSideEncryption = ""
	}
}

// linkACL is why follow-symlinks and object-acl: source cannot be combined.
const linkACL = "follow-symlinks: true cannot be combined with object-acl: source: the ACL of a link may be more " +
	"public than that of what it points to; write private, or another ACL"

// checkFollowing refuses to give what a link points to the link's own ACL.
func (l *loader) checkFollowing(c *copySpec) {
	if !c.followSymlinks || c.objectACL != aclSource {
		return
	}
	for _, field := range []string{"follow-symlinks", "object-acl"} {
		if o := c.given(field); !o.defaults {
			l.problemFor(o, "%s", linkACL)
			return
		}
	}
}
