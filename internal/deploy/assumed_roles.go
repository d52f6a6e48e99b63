package deploy

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"afterput/rules"
)

// AssumedRole is what the account of a role that rules assume has to set up.
type AssumedRole struct {
	Trust  TrustPolicy `json:"trust"`
	Policy Policy      `json:"policy"`
}

// AssumedRoles are the roles that rules assume, by their ARN.
type AssumedRoles map[string]AssumedRole

// JSON returns them as one JSON object, by role.
func (r AssumedRoles) JSON() string { return indentedJSON(r) }

// TrustPolicy says who may assume a role.
type TrustPolicy struct {
	Statement []TrustStatement
	Version   string
}

// TrustStatement allows principals to assume a role.
type TrustStatement struct {
	Action, Effect string
	Principal      Trusted
	Condition      *TrustCondition `json:",omitempty"`
}

// Trusted are roles, users and accounts, or services.
type Trusted struct {
	RAM     []string `json:",omitempty"`
	Service []string `json:",omitempty"`
}

// TrustCondition is that one of some external ids is given.
// Source: RAM user guide, use of external ids.
type TrustCondition struct {
	StringEquals struct {
		ExternalID []string `json:"sts:ExternalId"`
	}
}

// JSON returns the policy as RAM takes it.
func (p TrustPolicy) JSON() string { return indentedJSON(p) }

func trusting(s TrustStatement) TrustPolicy {
	s.Action, s.Effect = "sts:AssumeRole", "Allow"
	return TrustPolicy{Version: "1", Statement: []TrustStatement{s}}
}

// Trusting is the trust policy of a role that a principal of RAM, given as its ARN, may assume with one of the external
// ids, "" for none.
func Trusting(principal string, externalIDs []string) TrustPolicy {
	s := TrustStatement{Principal: Trusted{RAM: []string{principal}}}
	if !slices.Contains(externalIDs, "") {
		s.Condition = &TrustCondition{}
		s.Condition.StringEquals.ExternalID = externalIDs
	}
	return trusting(s)
}

// AssumedRolesOf returns the trust policies and the least policies of the roles that rules assume, for the function's
// role, given as its ARN. The notes are for people. The error is that of [PolicyOf], or says what is wrong with role.
func AssumedRolesOf(set *rules.Set, o PolicyOptions, role string) (AssumedRoles, []string, error) {
	g, err := grantsOf(set, o)
	if err != nil {
		return nil, nil, err
	}
	return g.assumedRoles(role)
}

// AssumedRolesForUser is AssumedRolesOf for a person, given as the ARN of a user or of a role.
func AssumedRolesForUser(set *rules.Set, u UserOptions, o PolicyOptions, who string) (AssumedRoles, []string, error) {
	g, err := userGrants(set, u, o)
	if err != nil {
		return nil, nil, err
	}
	return g.assumedRoles(who)
}

func (g *grants) assumedRoles(by string) (AssumedRoles, []string, error) {
	if err := checkPrincipal(by); err != nil {
		return nil, nil, err
	}
	if len(g.assumed) == 0 {
		return nil, nil, errors.New("the rules assume no role: no copy has role")
	}
	byRole, externalIDs := map[string]*grants{}, map[string][]string{}
	for _, to := range slices.SortedFunc(maps.Keys(g.assumed), compareRemotes) {
		if byRole[to.Role] == nil {
			byRole[to.Role] = newGrants()
		}
		byRole[to.Role].add(g.assumed[to])
		externalIDs[to.Role] = append(externalIDs[to.Role], to.ExternalID)
	}
	roles, notes := AssumedRoles{}, []string{}
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		roles[role] = AssumedRole{Trusting(by, externalIDs[role]), byRole[role].policy()}
		notes = append(notes, byRole[role].allNotes()...)
	}
	slices.Sort(notes)
	return roles, slices.Compact(notes), nil
}

// add adds what others are allowed.
func (g *grants) add(other *grants) {
	for _, action := range other.actions {
		for resource := range other.resources[action] {
			g.allow(resource, action)
		}
	}
	maps.Copy(g.explanations, other.explanations)
	g.notes = append(g.notes, other.notes...)
}

func compareRemotes(a, b rules.Remote) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.ExternalID, b.ExternalID))
}

// ramPrincipal is the ARN of a role or a user.
var ramPrincipal = regexp.MustCompile(`^acs:ram::[0-9]+:(role|user)/[A-Za-z0-9._-]{1,64}$`)

// checkPrincipal says what is wrong with the ARN of who assumes a role.
func checkPrincipal(arn string) error {
	if !ramPrincipal.MatchString(arn) {
		return fmt.Errorf("%q is not the ARN of a role or a user; write acs:ram::ACCOUNT:role/NAME, "+
			"or for a person acs:ram::ACCOUNT:user/NAME", arn)
	}
	return nil
}
