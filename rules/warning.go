package rules

// Warning is about something in a rules file that is valid, but probably not what was
// intended, or more expensive than expected.
type Warning struct {
	Line    int         `json:"line"` // from 1
	Col     int         `json:"column"`
	Rule    string      `json:"rule,omitempty"` // "" for one about defaults
	Code    WarningCode `json:"code"`           // for filters
	Message string      `json:"message"`        // the reason, and how to fix it
}

// WarningCode says what a [Warning] is about.
type WarningCode string

// The codes of warnings.
const (
	// NeverMatches: no object can match the rule, or its except blocks and rules with stop
	// above it leave none.
	NeverMatches WarningCode = "never-matches"
	// LiteralWildcard: a prefix or a suffix looks like a pattern, but is a literal.
	LiteralWildcard WarningCode = "literal-wildcard"
	// PutOnly: the rule takes simple uploads, but misses those in parts.
	PutOnly WarningCode = "put-only"
	// LookAlike: a text has characters that readers do not see, or take for others.
	LookAlike WarningCode = "look-alike"
	// ShadowedCopy: for every object of this copy, an earlier copy writes the same
	// destination.
	ShadowedCopy WarningCode = "shadowed"
	// SameDestination: copies of different sources have the same destination, so that one
	// overwrites the other.
	SameDestination WarningCode = "same-destination"
	// CostlyCondition: a condition costs one request for every upload.
	CostlyCondition WarningCode = "costly-condition"
	// ClassMinimumSize: a storage class bills small objects as larger ones.
	ClassMinimumSize WarningCode = "class-minimum-size"
	// ClassMinimumDays: a storage class bills a copy for days after it was
	// overwritten.
	ClassMinimumDays WarningCode = "class-minimum-days"
	// PublicACL: anyone may read, or even write, the copy.
	PublicACL WarningCode = "public-acl"
	// InheritedACL: the destination bucket decides who may read the copy.
	InheritedACL WarningCode = "inherited-acl"
	// EncryptionLost: the copy does not get the source's encryption.
	EncryptionLost WarningCode = "encryption-lost"
	// UnlistedTag: a tag has characters that OSS's documentation does not list.
	UnlistedTag WarningCode = "unlisted-tag"
)
