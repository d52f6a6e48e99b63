package main

import (
	"afterput/internal/deploy"
	"afterput/rules"
)

// foreignFlags ask for what other accounts have to set: the policies of their buckets, and those of roles.
type foreignFlags struct {
	BucketPolicies bool              `help:"${bucket_policies_help}"`
	Foreign        map[string]string `placeholder:"BUCKET=ACCOUNT" help:"${foreign_help}"`
	AssumedRoles   bool              `help:"${assumed_roles_help}"`
	RoleARN        string            `name:"role-arn" placeholder:"ARN" help:"${role_arn_help}"`
}

func (f *foreignFlags) check() error {
	asks := f.BucketPolicies || f.AssumedRoles
	switch given := len(f.Foreign) > 0; {
	case f.BucketPolicies && f.AssumedRoles:
		return usageError("--bucket-policies and --assumed-roles cannot be combined: run the command for each")
	case f.BucketPolicies && !given:
		return usageError("--bucket-policies needs --foreign BUCKET=ACCOUNT, once for each bucket of another account")
	case f.BucketPolicies && f.RoleARN == "":
		return usageError("--bucket-policies needs --role-arn, the ARN of the function's role")
	case f.AssumedRoles && f.RoleARN == "":
		return usageError("--assumed-roles needs --role-arn, the ARN of the function's role, which the roles trust")
	case !f.BucketPolicies && given:
		return usageError("--foreign is for --bucket-policies; add it")
	case !asks && f.RoleARN != "":
		return usageError("--role-arn is for --bucket-policies and --assumed-roles; add one of them")
	}
	return nil
}

// foreignText is what other accounts have to set; asked is false if it is not asked for.
func (cmd *policyCmd) foreignText(set *rules.Set, o deploy.PolicyOptions) (
	text string, notes []string, asked bool, err error) {
	switch f := &cmd.foreignFlags; {
	case f.BucketPolicies:
		policies, notes, err := cmd.bucketPolicies(set, o)
		return policies.JSON(), notes, true, err
	case f.AssumedRoles:
		roles, notes, err := cmd.assumedRoles(set, o)
		return roles.JSON(), notes, true, err
	}
	return "", nil, false, nil
}

func (cmd *policyCmd) bucketPolicies(set *rules.Set, o deploy.PolicyOptions) (deploy.BucketPolicies, []string, error) {
	if cmd.person() {
		return deploy.BucketPoliciesForUser(set, cmd.userOptions(), o, cmd.Foreign, cmd.RoleARN)
	}
	return deploy.BucketPoliciesOf(set, o, cmd.Foreign, cmd.RoleARN)
}

func (cmd *policyCmd) assumedRoles(set *rules.Set, o deploy.PolicyOptions) (deploy.AssumedRoles, []string, error) {
	if cmd.person() {
		return deploy.AssumedRolesForUser(set, cmd.userOptions(), o, cmd.RoleARN)
	}
	return deploy.AssumedRolesOf(set, o, cmd.RoleARN)
}
