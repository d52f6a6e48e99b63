package main

import (
	"afterput/internal/deploy"
	"afterput/rules"
)

// foreignFlags ask for the policies of buckets of other accounts.
type foreignFlags struct {
	BucketPolicies bool              `help:"bucket_policies_help"`
	Foreign        map[string]string `placeholder:"BUCKET=ACCOUNT" help:"foreign_help"`
	RoleARN        string            `name:"role-arn" placeholder:"ARN" help:"role_arn_help"`
}

func (f *foreignFlags) check(person bool) error {
	switch given := len(f.Foreign) > 0; {
	case f.BucketPolicies && person:
		return usageError("--bucket-policies is for the function's role: " +
			"it cannot be combined with --diff or --backfill")
	case f.BucketPolicies && !given:
		return usageError("--bucket-policies needs --foreign BUCKET=ACCOUNT, once for each bucket of another account")
	case f.BucketPolicies && f.RoleARN == "":
		return usageError("--bucket-policies needs --role-arn, the ARN of the function's role")
	case !f.BucketPolicies && (given || f.RoleARN != ""):
		return usageError("--foreign and --role-arn are for --bucket-policies; add it")
	}
	return nil
}

func (f *foreignFlags) bucketPolicies(set *rules.Set, o deploy.PolicyOptions) (string, []string, error) {
	policies, notes, err := deploy.BucketPoliciesOf(set, o, f.Foreign, f.RoleARN)
	return policies.JSON(), notes, err
}
