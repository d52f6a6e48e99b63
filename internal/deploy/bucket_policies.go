package deploy

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"afterput/rules"
)

// BucketPolicies are the policies that the owners of buckets have to set, by bucket. Each is one document of OSS's
// PutBucketPolicy.
type BucketPolicies map[string]BucketPolicy

// BucketPolicy is the policy of one bucket.
type BucketPolicy struct {
	Version   string
	Statement []BucketStatement
}

// BucketStatement allows principals actions on resources.
type BucketStatement struct {
	Statement
	Principal []string
}

// JSON returns the policies as one JSON object, by bucket.
func (p BucketPolicies) JSON() string { return indentedJSON(p) }

// JSON returns the policy as PutBucketPolicy takes it.
func (p BucketPolicy) JSON() string { return indentedJSON(p) }

// The limits of OSS for the bytes of a bucket policy, and of one of its statements.
// Source: OSS help, EC 0030-00000001 and 0030-00000003.
const (
	largestBucketPolicy    = 16 << 10
	largestBucketStatement = 4095
)

var accountID = regexp.MustCompile(`^[0-9]+$`)

// BucketPoliciesOf returns the least policies with which the function's role, given as its ARN, can do what the rules
// ask for in buckets of other accounts. owners are the accounts of those buckets, by bucket. The notes are for people:
// what OSS's documentation does not confirm. The error says what is wrong with an argument.
func BucketPoliciesOf(set *rules.Set, o PolicyOptions, owners map[string]string, role string) (
	policies BucketPolicies, notes []string, err error) {
	who, err := principalOf(role)
	if err != nil {
		return nil, nil, err
	}
	all, err := grantsOf(set, o)
	if err != nil {
		return nil, nil, err
	}
	return bucketPolicies(set, all, owners, who)
}

// BucketPoliciesForUser is BucketPoliciesOf for a person, given as the ARN of a role, or as ACCOUNT/ID: the account,
// and the id that RAM has given the user.
func BucketPoliciesForUser(set *rules.Set, u UserOptions, o PolicyOptions, owners map[string]string, person string) (
	policies BucketPolicies, notes []string, err error) {
	who, err := principalOf(person)
	if err != nil {
		return nil, nil, err
	}
	all, err := userGrants(set, u, o)
	if err != nil {
		return nil, nil, err
	}
	return bucketPolicies(set, all, owners, who)
}

// bucketPrincipal is who gets rights in a bucket: its account, and how bucket policies name it.
type bucketPrincipal struct{ account, name string }

// userID is the account and the id of a RAM user.
var userID = regexp.MustCompile(`^([0-9]+)/([0-9]+)$`)

func principalOf(who string) (p bucketPrincipal, err error) {
	if rules.CheckRole(who) == nil {
		account := rules.AccountOf(who)
		_, name, _ := strings.Cut(who, ":role/")
		// FC chooses the name of a session, so every session of the role is meant.
		// Source: OSS help, FAQ on bucket policies.
		return bucketPrincipal{account, "arn:sts::" + account + ":assumed-role/" + name + "/*"}, nil
	}
	if named := userID.FindStringSubmatch(who); named != nil {
		return bucketPrincipal{named[1], named[2]}, nil
	}
	return p, fmt.Errorf("%q is not the ARN of a role; write acs:ram::ACCOUNT:role/NAME, or for a RAM user "+
		"ACCOUNT/ID, with the id that RAM shows", who)
}

func bucketPolicies(set *rules.Set, all *grants, owners map[string]string, who bucketPrincipal) (
	policies BucketPolicies, notes []string, err error) {
	policies = BucketPolicies{}
	used := newGrants()
	for _, bucket := range slices.Sorted(maps.Keys(owners)) {
		owner := owners[bucket]
		if !accountID.MatchString(owner) || owner == who.account {
			return nil, nil, fmt.Errorf("%q is not the id of another account than the role's; "+
				"write the number of the account that owns bucket %s", owner, bucket)
		}
		g := all.inBucket(bucket, owner, used)
		if role := set.RemoteOf(bucket).Role; len(g.actions) == 0 && role != "" {
			return nil, nil, fmt.Errorf("bucket %q is reached as %s, which needs no bucket policy: "+
				"afterput policy --assumed-roles prints what that role needs", bucket, role)
		}
		if len(g.actions) == 0 {
			return nil, nil, fmt.Errorf("the rules neither read nor write bucket %q; the buckets are %s",
				bucket, strings.Join(bucketsOf(set), ", "))
		}
		policies[bucket] = bucketPolicy(g.policy(), who.name)
		if n := len(compactJSON(policies[bucket])); n > largestBucketPolicy {
			used.note("bucket %s: the policy has %d bytes, and OSS accepts at most %d: give the keys that the rules "+
				"read and write there prefixes in common", bucket, n, largestBucketPolicy)
		}
	}
	used.noteBucketPolicies(who.name)
	return policies, used.allNotes(), nil
}

// inBucket returns what is allowed in one bucket, with its owner in the resources. What is explained of the actions is
// added to used.
func (g *grants) inBucket(bucket, owner string, used *grants) *grants {
	in := newGrants()
	for _, action := range g.actions {
		for resource := range g.resources[action] {
			name, ok := strings.CutPrefix(resource, ossARNPrefix)
			name, key, isObject := strings.Cut(name, "/")
			if !ok || !named(name, bucket) {
				continue
			}
			if isObject {
				key = "/" + key
			}
			in.allow("acs:oss:*:"+owner+":"+bucket+key, action)
			used.allow(bucket, action)
			used.explain(action, g.explanations[action])
		}
	}
	return in
}

// named reports whether a bucket has the name, which ends with * if it depends on the object.
func named(pattern, bucket string) bool {
	head, open := strings.CutSuffix(pattern, "*")
	return pattern == bucket || open && strings.HasPrefix(bucket, head)
}

// bucketPolicy gives a principal what a policy allows, in statements that OSS accepts.
func bucketPolicy(p Policy, principal string) BucketPolicy {
	one := BucketPolicy{Version: p.Version}
	most := largestBucketStatement - len(compactJSON([]string{principal})) - len(`,"Principal":`)
	for _, whole := range p.Statement {
		for _, s := range whole.split(most) {
			one.Statement = append(one.Statement, BucketStatement{s, []string{principal}})
		}
	}
	return one
}

// noteBucketPolicies says what is not confirmed of bucket policies.
func (g *grants) noteBucketPolicies(principal string) {
	if strings.HasSuffix(principal, "*") {
		g.note("principal %s: FC names the sessions of the role, so the policy ends with * for each of them; "+
			"OSS documents this * for all roles of all accounts only, so it is not confirmed for one role", principal)
	}
	g.note("OSS documents that RAM policies are not evaluated for buckets of other accounts: the bucket policy alone " +
		"decides; this is not confirmed, so keep what afterput policy prints attached to the role")
	g.note("OSS has no ACL like S3's bucket-owner-full-control, and names the bucket's owner in the ACL of each " +
		"object; it is not confirmed that an object written by another account belongs to that owner in all respects")
}

// bucketsOf returns the buckets that rules read and write.
func bucketsOf(set *rules.Set) []string {
	all := map[string]bool{}
	for _, a := range set.Accesses() {
		for _, bucket := range []string{a.Source.Bucket, a.Destination.Bucket} {
			all[cmp.Or(bucket, a.Source.Bucket)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
