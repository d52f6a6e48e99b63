package ram

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A BucketPolicy is the policy that the owner of a bucket has set for it. The zero value decides nothing.
type BucketPolicy struct {
	statements []statement
}

// ParseBucketPolicy reads a bucket policy in OSS's JSON: the grammar is that of a RAM policy, and each statement has
// a Principal. One without is about everybody. The error is like that of [Parse].
// Source: OSS API reference, PutBucketPolicy; OSS help, FAQ on bucket policies.
func ParseBucketPolicy(data []byte) (*BucketPolicy, error) {
	document, err := read(data)
	if err != nil {
		return nil, err
	}
	p := &parser{data: data, bucket: true}
	policy, err := p.policy(document)
	if err != nil {
		return nil, err
	}
	return &BucketPolicy{policy.statements}, nil
}

// Decide says what the policy says about an action of a principal: the id of an account or RAM user, or the session
// of a role, see [SessionARN]. What is said about everybody (*) does not concern the account that owns the bucket.
func (p *BucketPolicy) Decide(owner, principal, action, resource string) Decision {
	return decide(p.statements, action, resource, func(s *statement) bool {
		patterns := s.principals
		if patterns == nil {
			patterns = []string{"*"}
		}
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			return match(pattern, principal) && (pattern != "*" || principal != owner)
		})
	})
}

// SessionARN is the principal of a session of a role.
// Source: OSS help, FAQ on bucket policies.
func SessionARN(account, role, session string) string {
	return "arn:sts::" + account + ":assumed-role/" + role + "/" + session
}

// A principal that is neither everybody nor a role's session is the id of an account or a RAM user.
var principal = regexp.MustCompile(`^(\*|[0-9]+|arn:sts::[^:/]+:[^/]+/[^/]+/[^/]+)$`)

// parsePrincipal reads a principal. A list of one id may be a text, "[ID]", as the tests of the Go SDK v1 write it.
func parsePrincipal(s string) (string, error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		s = strings.TrimSuffix(inner, "]")
	}
	if !principal.MatchString(s) {
		return "", fmt.Errorf(`principal %q must be "*", the id of an account or RAM user, or `+
			`"arn:sts::<account>:assumed-role/<role>/<session>"`, s)
	}
	return s, nil
}
