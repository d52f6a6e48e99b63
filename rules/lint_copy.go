package rules

import (
	"fmt"
	"slices"
)

// minimumSize is the least size that the cheaper storage classes bill. minimumDays is for
// how long they bill an object at least, even if it is overwritten or deleted before.
// Source: OSS user guide, storage classes.
const minimumSize = 64 << 10

var minimumDays = map[string]int{"IA": 30, "Archive": 60, "ColdArchive": 180, "DeepColdArchive": 180}

// storageClass warns about a class that makes a copy more expensive than expected.
func (l *linter) storageClass(c *copySpec) {
	days, ok := minimumDays[c.storageClass]
	if !ok {
		return
	}
	class := "storage-class " + c.storageClass
	line, col := c.line, c.col
	if o := c.given("storage-class"); o.defaults {
		class += fmt.Sprintf(" (defaults, line %d)", o.line)
	} else {
		line = o.line
	}
	low, high := l.sizes(c.rule)
	switch {
	case low >= minimumSize:
	case high > 0 && high <= minimumSize:
		l.warn(line, col, c.rule.name, ClassMinimumSize, "%s bills every object as if it had at least %s, and the "+
			"rule takes only smaller ones (below %s): leave the class out",
			class, formatSize(minimumSize), formatSize(high))
	default:
		band := "at-least: " + formatSize(minimumSize)
		if high > 0 {
			band += ", below: " + formatSize(high)
		}
		l.warn(line, col, c.rule.name, ClassMinimumSize, "%s bills every object as if it had at least %s: write "+
			"size: {%s} under match, and copy smaller objects with a rule that sets no class",
			class, formatSize(minimumSize), band)
	}
	switch {
	case c.forbidOverwrite, c.key.uses("etag"), c.key.uses("time"):
		return
	case l.set.isAlwaysInPlace(c):
		l.warn(line, col, c.rule.name, ClassMinimumDays, "%s bills every object for at least %d days: whenever a "+
			"key is uploaded again, the remaining days of the object it overwrites are still billed; let the rule "+
			"take only objects that are not uploaded again",
			class, days)
		return
	}
	l.warn(line, col, c.rule.name, ClassMinimumDays, "%s bills every copy for at least %d days: whenever the source "+
		"is uploaded again, its new copy overwrites the last one, whose remaining days are still billed; keep every "+
		"copy with ${etag} or ${time.date} in the key, or only the first with forbid-overwrite: true",
		class, days)
}

func (l *linter) publicACL(c *copySpec) {
	switch c.objectACL {
	case "public-read":
		l.warnCopy(c, "object-acl", PublicACL, "object-acl public-read lets anyone on the internet read the copy: "+
			"write private if that is not intended")
	case "public-read-write":
		l.warnCopy(c, "object-acl", PublicACL, "object-acl public-read-write lets anyone on the internet overwrite "+
			"the copy, at your cost: write public-read or private")
	}
}

// inheritedACL notes which copies do not set their ACL.
func (l *linter) inheritedACL() {
	var silent []*copySpec
	for _, r := range l.live {
		for _, c := range r.copies {
			if c.objectACL == "" && !l.set.isAlwaysInPlace(c) {
				silent = append(silent, c)
			}
		}
	}
	l.warnOnce(silent, InheritedACL, "no object-acl: the ACL of the destination bucket applies, whatever the source "+
		"had; write what is meant under defaults.copy: object-acl: default, private or source")
}

// unlistedTag warns about a tag that OSS may refuse.
func (l *linter) unlistedTag(c *copySpec) {
	for _, e := range c.tagging {
		if beyondASCII(e.key) || e.value != nil && e.value.setsBeyondASCII() {
			l.warnCopy(c, "tagging", UnlistedTag,
				"tagging %s has characters outside ASCII, which the documentation of OSS "+
					"does not list for tags: if OSS refuses them, the copy fails; test with one upload, "+
					"or use letters, digits, space and + - = . _ : /", quote(e.key))
			return
		}
	}
}

// encryption warns about copies that are less protected than their source certainly is, and notes which leave it to the
// bucket.
func (l *linter) encryption() {
	encrypting := l.encryptedBefore()
	var silent []*copySpec
	for _, r := range l.live {
		for _, c := range r.copies {
			switch before := encrypting[c]; {
			case c.serverSideEncryption != "", c.leavesEncryption(), l.set.isAlwaysInPlace(c):
			case before != nil:
				l.warn(c.line, c.col, r.name, EncryptionLost, "the encryption is lost: rule %s (line %d) encrypts "+
					"with %s what this rule may copy further, and OSS does not copy the encryption; write "+
					"server-side-encryption: %s, or default if the bucket is to decide",
					before.rule.name, before.line, before.serverSideEncryption, before.serverSideEncryption)
			default:
				silent = append(silent, c)
			}
		}
	}
	l.warnOnce(silent, BucketEncryption, "no server-side-encryption: the destination bucket decides, whatever the "+
		"source had; write what is meant under defaults.copy: server-side-encryption: default, AES256, KMS or "+
		"SM4")
}

// encryptedBefore finds the copies whose source may be an encrypted copy of another
// rule, and that other copy.
func (l *linter) encryptedBefore() map[*copySpec]*copySpec {
	found := map[*copySpec]*copySpec{}
	for _, r := range l.live {
		encrypting := slices.DeleteFunc(slices.Clone(r.copies),
			func(c *copySpec) bool { return c.serverSideEncryption == "" })
		for f := range l.followUps(r, encrypting) {
			for _, after := range f.rule.copies {
				if found[after] == nil {
					found[after] = f.spec
				}
			}
		}
	}
	return found
}
