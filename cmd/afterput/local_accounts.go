package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"afterput/internal/deploy"
	"afterput/internal/localoss"
	"afterput/internal/localsts"
	"afterput/rules"
)

// accountsFlag gives buckets of a local OSS to other accounts.
type accountsFlag struct {
	Foreign        map[string]string `placeholder:"BUCKET=ACCOUNT" help:"local_foreign_help"`
	BucketPolicies string            `placeholder:"FILE" help:"local_bucket_policies_help"`
}

// policies are the bucket policies to set, by bucket. Each bucket must belong to another account.
func (f *accountsFlag) policies() (map[string]string, error) {
	for bucket, account := range f.Foreign {
		if rules.CheckBucket(bucket) != nil || strings.Trim(account, "0123456789") != "" || account == "" {
			return nil, usageError(fmt.Sprintf("--foreign is %s=%s; want BUCKET=ACCOUNT, with the number of an account",
				bucket, account))
		}
	}
	if f.BucketPolicies == "" {
		return nil, nil
	}
	text, err := readInput("the bucket policies", f.BucketPolicies)
	if err != nil {
		return nil, err
	}
	var documents map[string]json.RawMessage
	if err := json.Unmarshal(text, &documents); err != nil {
		return nil, fmt.Errorf("%s: %w; want what afterput policy --bucket-policies prints",
			inputName(f.BucketPolicies), err)
	}
	policies := map[string]string{}
	for bucket, document := range documents {
		if f.Foreign[bucket] == "" {
			return nil, usageError(fmt.Sprintf("--bucket-policies has a policy of bucket %q: "+
				"add --foreign %s=ACCOUNT", bucket, bucket))
		}
		policies[bucket] = string(document)
	}
	return policies, nil
}

// localRemotes are the parts of a local cloud that are not the function's own.
type localRemotes struct {
	regions map[string][]string      // buckets by region
	owners  map[string]string        // accounts by bucket
	roles   map[string]localsts.Role // by ARN
}

// remotesOf are the regions, accounts and roles that the rules name. A role may do everything in the buckets of its
// account, and trusts the function, with the external id that the rules give.
func (f *accountsFlag) remotesOf(set *rules.Set) localRemotes {
	l := localRemotes{regions: map[string][]string{}, owners: maps.Clone(f.Foreign)}
	externalIDs := map[string][]string{} // by role
	for to, buckets := range set.Remotes() {
		if to.Region != "" {
			l.regions[to.Region] = append(l.regions[to.Region], buckets...)
		}
		if to.Role == "" {
			continue
		}
		if l.roles == nil {
			l.roles = map[string]localsts.Role{}
		}
		externalIDs[to.Role] = append(externalIDs[to.Role], to.ExternalID)
		function := "acs:ram::" + localoss.AccessKey{}.AccountID() + ":root"
		l.roles[to.Role] = localsts.Role{Trust: deploy.Trusting(function, externalIDs[to.Role]).JSON()}
		for _, bucket := range buckets {
			if l.owners == nil {
				l.owners = map[string]string{}
			}
			l.owners[bucket] = rules.AccountOf(to.Role)
		}
	}
	return l
}

// accountKeys are the access key of the local account and, by their ids, those of the owners of buckets, which have the
// same secret.
func accountKeys(id, secret string, owners map[string]string) map[string]localoss.AccessKey {
	keys := map[string]localoss.AccessKey{}
	for _, account := range owners {
		keys[account] = localoss.AccessKey{Secret: secret, Account: account}
	}
	keys[id] = localoss.AccessKey{Secret: secret}
	return keys
}
