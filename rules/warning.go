package rules

import (
	"fmt"
	"slices"
)

// Warning is about something in a rules file, or in an s.yaml, that is valid, but probably not
// what was intended, or more expensive than expected.
type Warning struct {
	Line    int         `json:"line"` // from 1
	Col     int         `json:"column"`
	Rule    string      `json:"rule,omitempty"` // "" for one about defaults or an s.yaml
	Code    WarningCode `json:"code"`           // for filters
	Level   Level       `json:"level"`
	Message string      `json:"message"` // the reason, and how to fix it
}

// Level is how serious a [Warning] is.
type Level string

const (
	// LevelWarning is for what costs money, loses or publishes data, or never happens.
	LevelWarning Level = "warning"
	// LevelNote is for what is worth knowing once, and often intended.
	LevelNote Level = "note"
)

// WarningCode says what a [Warning] is about.
type WarningCode string

// The codes of warnings.
const (
	// NeverMatches: no object can match the rule, or its except blocks and rules with stop
	// above it leave none.
	NeverMatches WarningCode = "never-matches"
	// UselessExcept: an except block accepts nothing that match accepts.
	UselessExcept WarningCode = "useless-except"
	// AlwaysFails: a copy fails for every object of its rule.
	AlwaysFails WarningCode = "always-fails"
	// FailsInPlace: a copy fails for objects onto which it would be made itself.
	FailsInPlace WarningCode = "fails-in-place"
	// LiteralWildcard: a pattern or a key means something else than in other tools.
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
	// LongChain: a chain of copies has more copies than are allowed, so that none of them is made. A note.
	LongChain WarningCode = "long-chain"
	// CostlyCondition: a condition costs one request for every upload.
	CostlyCondition WarningCode = "costly-condition"
	// ClassMinimumSize: a storage class bills small objects as larger ones.
	ClassMinimumSize WarningCode = "class-minimum-size"
	// ClassMinimumDays: a storage class bills a copy for days after it was
	// overwritten.
	ClassMinimumDays WarningCode = "class-minimum-days"
	// PublicACL: anyone may read, or even write, the copy.
	PublicACL WarningCode = "public-acl"
	// InheritedACL: the destination bucket decides who may read the copy. A note.
	InheritedACL WarningCode = "inherited-acl"
	// EncryptionLost: the copy does not get the encryption that a rule gave its source.
	EncryptionLost WarningCode = "encryption-lost"
	// BucketEncryption: the destination bucket decides how the copy is encrypted. A note.
	BucketEncryption WarningCode = "bucket-encryption"
	// TopLevelOnly: a glob matches no key with a folder. A note.
	TopLevelOnly WarningCode = "top-level-only"
	// OtherRegion: a copy to another region passes through the function, which costs money and time. A note.
	OtherRegion WarningCode = "other-region"
	// OtherRole: a copy as another role passes through the function, which a bucket policy avoids. A note.
	OtherRole WarningCode = "other-role"
	// ExactCopy: the cross-region replication of OSS makes the same copy for less. A note.
	ExactCopy WarningCode = "exact-copy"
	// UselessDefault: the default of a placeholder is never used. A note.
	UselessDefault WarningCode = "useless-default"
	// UselessIgnore: a comment that ignores warnings has no effect. A note.
	UselessIgnore WarningCode = "useless-ignore"
	// NeverDeletes: no copy of the file goes into the bucket in which a rule deletes.
	NeverDeletes WarningCode = "never-deletes"
	// UnlistedTag: a tag has characters that OSS's documentation does not list.
	UnlistedTag WarningCode = "unlisted-tag"
	// UselessRestore: no source of the copy has to be restored.
	UselessRestore WarningCode = "useless-restore"
	// RestoreTier: a class of the sources does not have the tier.
	RestoreTier WarningCode = "restore-tier"
	// RestoreCost: restoring sources takes time and costs money. A note.
	RestoreCost WarningCode = "restore-cost"
	// DeleteCost: following removals, and moving, takes requests. A note.
	DeleteCost WarningCode = "delete-cost"
)

// The codes of warnings about an s.yaml.
const (
	// UselessTrigger: a trigger calls the function for events that no rule wants.
	UselessTrigger WarningCode = "useless-trigger"
	// UselessEvent: a trigger calls the function for an event after which there is no complete object.
	UselessEvent WarningCode = "useless-event"
	// TooManyTriggers: the function has more triggers than Function Compute accepts by default.
	TooManyTriggers WarningCode = "too-many-triggers"
	// NoFailureDestination: events whose retries all fail are lost.
	NoFailureDestination WarningCode = "no-failure-destination"
	// NoRetries: a temporary failure loses a copy.
	NoRetries WarningCode = "no-retries"
	// UnknownField: Serverless Devs ignores a field.
	UnknownField WarningCode = "unknown-field"
	// IdleSweep: the trigger of a sweep is off.
	IdleSweep WarningCode = "idle-sweep"
	// SweepGap: a sweep leaves out what was put at some times.
	SweepGap WarningCode = "sweep-gap"
	// MissingPackage: the package that is to be uploaded does not exist yet.
	MissingPackage WarningCode = "missing-package"
)

// warningCodes are all codes, in the order of the page on rules.
var warningCodes = []WarningCode{
	NeverMatches, UselessExcept, AlwaysFails, FailsInPlace, LiteralWildcard, PutOnly, LookAlike, ShadowedCopy,
	SameDestination, NeverDeletes, CostlyCondition, ClassMinimumSize, ClassMinimumDays, PublicACL, EncryptionLost,
	UnlistedTag, UselessRestore, RestoreTier, InheritedACL, BucketEncryption, TopLevelOnly, LongChain, OtherRegion,
	OtherRole, ExactCopy, RestoreCost, DeleteCost, UselessDefault, UselessIgnore, UselessTrigger, UselessEvent,
	TooManyTriggers, NoFailureDestination, NoRetries, UnknownField, IdleSweep, SweepGap, MissingPackage,
}

// notes are the codes of notes.
var notes = []WarningCode{InheritedACL, BucketEncryption, TopLevelOnly, LongChain, OtherRegion, OtherRole, ExactCopy,
	RestoreCost, DeleteCost, UselessDefault, UselessIgnore}

// Level is the level of all warnings with this code.
func (c WarningCode) Level() Level {
	if slices.Contains(notes, c) {
		return LevelNote
	}
	return LevelWarning
}

// CheckWarningCode is an error if there is no such code, with the one that was probably meant.
func CheckWarningCode(code string) error {
	names := make([]string, len(warningCodes))
	for i, c := range warningCodes {
		if string(c) == code {
			return nil
		}
		names[i] = string(c)
	}
	if near := didYouMean(code, names); near != "" {
		return fmt.Errorf("there is no warning %s%s", quote(code), near)
	}
	return fmt.Errorf("there is no warning %s; the codes are %s", quote(code), andList(names))
}
