package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Remote says how a destination is reached to which OSS does not copy by itself: the content passes through the
// function. The zero value is a destination in the function's region, reached as the function's role.
type Remote struct {
	Region string `json:"region,omitempty"` // "" is the function's own
	// Role is the ARN of the role that is assumed for all requests about the destination; "" is the function's own.
	Role string `json:"role,omitempty"`
	// ExternalID is the external id with which Role is assumed; "" is none.
	ExternalID string `json:"external_id,omitempty"`
}

const rolePattern = `^acs:ram::[0-9]+:role/[A-Za-z0-9.-]{1,64}$`

// externalIDPattern is the form of an external id, which has at most longestExternalID characters.
// Source: STS API reference, AssumeRole.
const (
	externalIDPattern = `^[A-Za-z0-9_+=,.@:/-]{2,}$`
	longestExternalID = 1224
)

var (
	roleForm       = compiledLater(rolePattern)
	externalIDForm = compiledLater(externalIDPattern)
)

// CheckRole says what is wrong with the ARN of a role, and how it is written.
func CheckRole(s string) error {
	if roleForm().MatchString(s) {
		return nil
	}
	const want = "acs:ram::ACCOUNT:role/NAME"
	rest, isRAM := strings.CutPrefix(s, "acs:ram:")
	switch {
	case strings.HasPrefix(s, "arn:"):
		return fmt.Errorf("%s is not the ARN of a role in RAM, which begins with acs:ram: write %s", quote(s), want)
	case isRAM && strings.Contains(rest, ":user/"):
		return fmt.Errorf("%s is the ARN of a user, which cannot be assumed: write that of a role, %s", quote(s), want)
	case isRAM && !strings.HasPrefix(rest, ":"):
		return fmt.Errorf("%s names a region, which roles do not have: write %s", quote(s), want)
	}
	return fmt.Errorf("%s is not the ARN of a role: write %s, with the number of the account", quote(s), want)
}

// AccountOf is the account of a role, given as a valid ARN.
func AccountOf(role string) string {
	account, _, _ := strings.Cut(strings.TrimPrefix(role, "acs:ram::"), ":")
	return account
}

func checkExternalID(s string) error {
	if !externalIDForm().MatchString(s) || len(s) > longestExternalID {
		return fmt.Errorf("%s is not an external id, which has 2 to %d letters, digits and _+=,.@:/-", quote(s),
			longestExternalID)
	}
	return nil
}

// checkRemote refuses a copy to another region, or as another role, whose bucket certainly is the function's own.
func (l *loader) checkRemote(c *copySpec) {
	l.checkRemoteField(c, "region", "in the function's region", "a bucket of "+c.remote.Region)
	l.checkRemoteField(c, "role", "read as the function's role", "the bucket that the role may write to")
	o := c.given("external-id")
	switch {
	case o == nil || c.remote.Role != "":
	case o.defaults:
		c.dropRemote("external-id")
	case c.given("role") == nil:
		l.problemFor(o, "external-id needs role: the ARN of the role that is assumed with it")
	}
}

func (l *loader) checkRemoteField(c *copySpec, field, are, instead string) {
	o := c.given(field)
	switch {
	case o == nil:
	case c.bucket == nil && c.given("bucket") != nil: // it is a problem of its own
	case c.bucket == nil && o.defaults: // changes of objects where they are
		c.dropRemote(field)
	case c.bucket == nil:
		l.problemFor(o, "%s without bucket: the copy would stay in the source's bucket, which is %s: name %s, or "+
			"leave %s out", field, are, instead, field)
	default:
		if bucket, constant := c.bucket.constant(); constant && slices.Contains(l.sources, bucket) {
			l.problemFor(o, "%s: the bucket %s is one of sources, and so %s: leave %s out", field, quote(bucket), are,
				field)
		}
	}
}

// dropRemote removes a default that does not apply to a copy.
func (c *copySpec) dropRemote(field string) {
	c.dropDefault(field)
	*map[string]*string{
		"region": &c.remote.Region, "role": &c.remote.Role, "external-id": &c.remote.ExternalID}[field] = ""
}

// checkRemotes refuses copies into one bucket in two regions, which it cannot be in, or as different roles: the bucket
// is listed, and copies are deleted there, as one. Whether a region is that of copies without one is not known here.
func (l *loader) checkRemotes(all []*rule) {
	first, inRegion := map[string]*copySpec{}, map[string]*copySpec{} // by bucket; the latter has those with a region
	for _, r := range all {
		for _, c := range r.copies {
			if r.disabled || c.bucket == nil {
				continue
			}
			if bucket, constant := c.bucket.constant(); constant {
				l.checkRemoteOf(bucket, c, first, inRegion)
			}
		}
	}
}

func (l *loader) checkRemoteOf(bucket string, c *copySpec, first, inRegion map[string]*copySpec) {
	before := first[bucket]
	if before == nil {
		first[bucket], before = c, c
	}
	if c.remote.Role != before.remote.Role || c.remote.ExternalID != before.remote.ExternalID {
		l.problemAt(c.line, c.col, "bucket %s is reached in another way here than on line %d: write the same "+
			"role and external-id in both, or in neither", quote(bucket), before.line)
	}
	if c.remote.Region == "" {
		return
	}
	if before = inRegion[bucket]; before == nil {
		inRegion[bucket], before = c, c
	}
	if c.remote.Region != before.remote.Region {
		l.problemAt(c.line, c.col, "bucket %s is in another region here than on line %d: write the same region in both",
			quote(bucket), before.line)
	}
}
