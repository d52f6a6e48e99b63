package localsts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"afterput/internal/localoss"
)

// trust is a trust policy: who may assume a role.
type trust struct {
	Version   string
	Statement []trustStatement
}

type trustStatement struct {
	Effect, Action string
	Principal      struct{ RAM list }
	// Condition can ask for an external id.
	// Source: RAM user guide, use of external ids.
	Condition struct {
		StringEquals struct {
			ExternalID list `json:"sts:ExternalId"`
		}
	}
}

// list is one text or a list of them.
type list []string

// UnmarshalJSON reads either.
func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// parseTrust reads a trust policy. What it does not know is an error, since ignoring it could change who is trusted.
func parseTrust(text string) (*trust, error) {
	t := &trust{}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(t); err != nil {
		return nil, err
	}
	if t.Version != "1" || len(t.Statement) == 0 {
		return nil, errors.New(`it needs "Version": "1" and at least one statement`)
	}
	for _, s := range t.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" || s.Action != "sts:AssumeRole" {
			return nil, fmt.Errorf("a statement has effect %q and action %q; want Allow or Deny, and sts:AssumeRole",
				s.Effect, s.Action)
		}
	}
	return t, nil
}

// allows reports whether a caller that gives an external id may assume the role.
func (t *trust) allows(caller localoss.AccessKey, externalID string) bool {
	allowed := false
	for _, s := range t.Statement {
		names := slices.ContainsFunc(s.Principal.RAM, func(p string) bool { return isCaller(p, caller) })
		asked := s.Condition.StringEquals.ExternalID
		if !names || asked != nil && !slices.Contains(asked, externalID) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// isCaller reports whether a principal of a trust policy is a caller: its account, its role, or the user that has its
// principal id as name.
func isCaller(principal string, caller localoss.AccessKey) bool {
	account := "acs:ram::" + caller.AccountID() + ":"
	role, _, _ := strings.Cut(caller.Role, "/")
	return principal == account+"root" || role != "" && principal == account+"role/"+role ||
		role == "" && caller.Principal != "" && principal == account+"user/"+caller.Principal
}
