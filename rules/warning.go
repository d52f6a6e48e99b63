package rules

// Warning is something in a rules file that loads and works, and yet is hardly
// what was meant, or costs more than it seems to.
type Warning struct {
	Line    int    `json:"line"` // from 1
	Col     int    `json:"column"`
	Rule    string `json:"rule,omitempty"` // "" for one about defaults
	Code    Code   `json:"code"`           // for filters
	Message string `json:"message"`        // the reason, and the mend
}

// Code says what a [Warning] is about.
type Code string

// The codes of warnings.
const (
	// NeverMatches: no object can fit the rule, or none that is left over by its
	// except blocks and by rules with stop above it.
	NeverMatches Code = "never-matches"
	// ShadowedCopy: an upper copy writes the same destination for every object
	// that this one would be made for.
	ShadowedCopy Code = "shadowed"
	// CostlyCondition: a condition costs one request for every upload.
	CostlyCondition Code = "costly-condition"
	// ClassMinimumSize: a storage class bills small objects as larger ones.
	ClassMinimumSize Code = "class-minimum-size"
	// ClassMinimumDays: a storage class bills a copy for days after it was
	// overwritten.
	ClassMinimumDays Code = "class-minimum-days"
	// PublicACL: anyone may read, or even write, the copy.
	PublicACL Code = "public-acl"
	// InheritedACL: the destination bucket decides who may read the copy.
	InheritedACL Code = "inherited-acl"
	// EncryptionLost: the source's encryption is not carried over.
	EncryptionLost Code = "encryption-lost"
	// UnlistedTag: a tag has characters that OSS's documentation does not list.
	UnlistedTag Code = "unlisted-tag"
)
