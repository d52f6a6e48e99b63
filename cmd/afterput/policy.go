package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/rules"
)

type policyCmd struct {
	Rules           string   `arg:"" help:"Rules file; - is standard input." placeholder:"FILE"`
	Role            bool     `help:"Print the trust policies instead: who may take the function's role, and the one its triggers call it as."`
	RulesObject     string   `help:"Where the function reads its rules, as its AFTERPUT_RULES says; default: its package." placeholder:"oss://BUCKET/KEY"`
	OnFailure       string   `help:"Destination of failed events, as s.yaml says." placeholder:"ARN"`
	LogProject      string   `help:"Log project of the function." placeholder:"NAME"`
	SourceKMSKey    []string `name:"source-kms-key" help:"KMS key that sources are encrypted with; may be repeated." placeholder:"ID"`
	State           string   `env:"AFTERPUT_STATE" help:"Where the function remembers large copies, as its AFTERPUT_STATE says." placeholder:"oss://BUCKET/PREFIX"`
	SingleCopyLimit string   `env:"AFTERPUT_SINGLE_COPY_LIMIT" help:"The function's AFTERPUT_SINGLE_COPY_LIMIT; default 128MiB." placeholder:"SIZE"`
}

func (cmd *policyCmd) Run(c console) error {
	o, err := cmd.options()
	if err != nil {
		return usageError(err.Error())
	}
	set, err := loadRules(cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	if cmd.Role {
		fmt.Fprint(c.out, deploy.TrustPolicies())
		fmt.Fprintln(c.err, "function: the role in s.yaml; give it the policy that afterput policy prints")
		fmt.Fprintln(c.err, "trigger: invocationRole of OSS triggers; the system policy AliyunOSSEventNotificationRolePolicy lets it call functions")
		return nil
	}
	policy, notes, err := deploy.PolicyOf(set, o)
	switch {
	case errors.Is(err, deploy.ErrNothing):
		return err
	case err != nil:
		return usageError("--on-failure: " + err.Error())
	}
	fmt.Fprint(c.out, policy.JSON())
	for _, n := range notes {
		fmt.Fprintln(c.err, n)
	}
	return nil
}

func (cmd *policyCmd) options() (o deploy.PolicyOptions, err error) {
	o = deploy.PolicyOptions{OnFailure: cmd.OnFailure, LogProject: cmd.LogProject, SourceKMSKeys: cmd.SourceKMSKey}
	if o.State, err = copier.ParseState(cmd.State); err != nil {
		return o, fmt.Errorf("--state %w", err)
	}
	if cmd.SingleCopyLimit != "" {
		if o.SingleCopyLimit, err = rules.ParseSize(cmd.SingleCopyLimit); err != nil {
			return o, fmt.Errorf("--single-copy-limit: %w", err)
		}
	}
	if cmd.RulesObject != "" {
		rest, ok := strings.CutPrefix(cmd.RulesObject, "oss://")
		o.RulesBucket, o.RulesKey, _ = strings.Cut(rest, "/")
		if !ok || o.RulesBucket == "" || o.RulesKey == "" {
			return o, fmt.Errorf("--rules-object is %q; want oss://BUCKET/KEY", cmd.RulesObject)
		}
	}
	return o, nil
}
