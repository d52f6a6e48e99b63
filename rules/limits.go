package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of OSS.
// Source: OSS API reference, PutObjectTagging, PutObject; OSS limits.
const (
	maxKey      = 1023 // bytes
	maxTags     = 10
	maxTagKey   = 128  // bytes
	maxTagValue = 256  // bytes
	maxMeta     = 8192 // bytes, names and values together
)

// MaxObject is the size of the largest object that OSS stores: 10,000 parts of 5 GiB.
// Source: OSS user guide, multipart upload.
const MaxObject = 10000 * (5 << 30)

// bucketPattern is what the name of a bucket looks like, for editors.
const bucketPattern = `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`

// isBucketName reports whether s matches bucketPattern. It is not a regexp, whose compilation would take a
// twentieth of the time in which the function starts.
func isBucketName(s string) bool {
	return len(s) >= 3 && len(s) <= 63 && isName(s) && s[0] != '-' && s[len(s)-1] != '-'
}

// isName reports whether s has lower-case letters, digits and hyphens only, and at least one of them.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// CheckBucket returns an error if s cannot be the name of a bucket.
func CheckBucket(s string) error {
	if !isBucketName(s) {
		odd := ""
		if bare := bareBucket(s); bare != "" {
			odd = "; write " + bare
		}
		if names := lookAlikesOf(s); names != nil {
			odd = "; it contains " + andList(names)
		}
		return fmt.Errorf("%s is not a valid bucket name: a name has 3 to 63 lower-case letters, digits "+
			"and hyphens, and no hyphen at either end%s", quote(s), odd)
	}
	return nil
}

// bareBucket is the name in the URL or the resource name of a bucket, "" if s is neither.
func bareBucket(s string) string {
	for _, before := range []string{"oss://", "s3://", "arn:aws:s3:::", "acs:oss:*:*:"} {
		if bare, ok := strings.CutPrefix(s, before); ok && isBucketName(strings.TrimSuffix(bare, "/")) {
			return strings.TrimSuffix(bare, "/")
		}
	}
	return ""
}

// CheckKey refuses a key that OSS would refuse. The error begins with "it" or with the key.
func CheckKey(key string) error {
	switch {
	case key == "":
		return errors.New("it is empty")
	case len(key) > maxKey:
		return fmt.Errorf("it has %d bytes, OSS allows %d", len(key), maxKey)
	case !utf8.ValidString(key):
		return errors.New("it is not UTF-8")
	}
	return checkKeyStart(key)
}

func checkKeyStart(key string) error {
	if strings.HasPrefix(key, "/") || strings.HasPrefix(key, `\`) {
		return fmt.Errorf("%s begins with %c, which OSS does not allow", quote(key), key[0])
	}
	return nil
}

// Patterns for the names of tags and of metadata, for editors.
const (
	tagKeyPattern   = "^[^\\x00-\\x1f!-*,;<>?@\\[-\\^`{-\\x7f]{1,128}$"
	metaNamePattern = `^[A-Za-z0-9-]+$`
)

// tagCharacters are the ASCII characters that tags may contain. OSS's documentation lists
// no others, but tests of its SDKs use characters outside ASCII: whether those are
// allowed is left to OSS.
const tagCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +-=._:/"

func checkTagKey(key string) error {
	switch {
	case key == "":
		return errors.New("a tag needs a key")
	case len(key) > maxTagKey:
		return fmt.Errorf("the key %s has %d bytes, OSS allows %d", quote(key), len(key), maxTagKey)
	}
	return checkTagText("the key "+quote(key), key)
}

// CheckTag reports what is wrong with a tag of an object.
func CheckTag(key, value string) error {
	if err := checkTagKey(key); err != nil {
		return err
	}
	if len(value) > maxTagValue {
		return fmt.Errorf("the value of %s has %d bytes, OSS allows %d", quote(key), len(value), maxTagValue)
	}
	return checkTagText("the value of "+quote(key), value)
}

func checkTagText(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", what)
	}
	refused := func(r rune) bool { return r < utf8.RuneSelf && !strings.ContainsRune(tagCharacters, r) }
	if i := strings.IndexFunc(s, refused); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return fmt.Errorf("%s contains %q: OSS allows letters, digits, space and + - = . _ : /", what, r)
	}
	return nil
}

// beyondASCII reports whether a text has characters outside ASCII.
func beyondASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// HopsMeta is the name of the user metadata in which copies that may be part of a chain carry
// how many copies led to them. Rules neither see nor set it.
const HopsMeta = "afterput-hops"

func checkMetaName(name string) error {
	switch {
	case name == HopsMeta:
		return fmt.Errorf("the name %s is reserved: the copies of a chain are counted in it", quote(name))
	case name == SourceMeta:
		return fmt.Errorf("the name %s is reserved: copies that are deleted after their source carry its name in it",
			quote(name))
	case strings.HasPrefix(name, "x-oss-meta-"):
		return fmt.Errorf("write %s without x-oss-meta-", quote(name))
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("the name %s may contain only letters, digits and hyphens", quote(name))
	}
	return nil
}

func checkMeta(name, value string) error {
	if err := checkMetaName(name); err != nil {
		return err
	}
	if err := checkHeaderValue(value); err != nil {
		return fmt.Errorf("the value of %s %w", quote(name), err)
	}
	return nil
}

// checkHeaderValue refuses what an HTTP header cannot contain.
func checkHeaderValue(s string) error {
	switch {
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return errors.New("contains a control character: a header is one line of text")
	case s != strings.Trim(s, " \t"):
		return errors.New("begins or ends with a space, which a header would lose")
	}
	return nil
}

// clientEncryption is the prefix of the metadata without which an object that was
// encrypted before its upload cannot be decrypted. Copies always keep the source's,
// whatever the metadata directive.
// Source: OSS SDK, client-side encryption; its tests of CopyObject.
const clientEncryption = "client-side-encryption-"

// StorageClasses are the classes of objects, in the words of x-oss-storage-class.
func StorageClasses() []string { return slices.Clone(storageClasses) }

var storageClasses = []string{"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"}

// Bounds of x-oss-traffic-limit in bit/s.
// Source: OSS developer guide, single-connection bandwidth throttling.
const minTrafficLimit, maxTrafficLimit = 819200, 838860800

// SourceMeta is the name of the user metadata in which a copy carries the name of its source, if a rule deletes in
// its bucket. Rules neither see nor set it.
const SourceMeta = "afterput-source"
