package main

import (
	"errors"
	"fmt"
	"os"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/rules"
)

type policyCmd struct {
	Rules           string   `arg:"" optional:"" help:"Rules file; - is standard input. Not needed with --role." placeholder:"FILE"`
	Role            bool     `help:"Print the trust policies instead: who may take the function's role, and the one its triggers call it as."`
	SYAML           string   `name:"s-yaml" help:"Take what the flags below say from this s.yaml, as far as they are not given." placeholder:"FILE"`
	RulesObject     string   `help:"Where the function reads its rules, as its AFTERPUT_RULES says; default: its package." placeholder:"oss://BUCKET/KEY"`
	OnFailure       string   `help:"Destination of failed events, as s.yaml says." placeholder:"ARN"`
	LogProject      string   `help:"Log project of the function." placeholder:"NAME"`
	SourceKMSKey    []string `name:"source-kms-key" help:"KMS key that sources are encrypted with; may be repeated." placeholder:"ID"`
	State           string   `help:"Where the function remembers large copies, as its AFTERPUT_STATE says." placeholder:"oss://BUCKET/PREFIX"`
	SingleCopyLimit string   `help:"The function's AFTERPUT_SINGLE_COPY_LIMIT; default 128MiB." placeholder:"SIZE"`
}

func (cmd *policyCmd) Run(c console) error {
	if cmd.Role {
		fmt.Fprint(c.out, deploy.TrustPolicies())
		fmt.Fprintln(c.err, "function: the role in s.yaml; give it the policy that afterput policy prints")
		fmt.Fprintln(c.err, "trigger: invocationRole of OSS triggers; the system policy AliyunOSSEventNotificationRolePolicy lets it call functions")
		return nil
	}
	if cmd.Rules == "" {
		return usageError("name the rules file")
	}
	var o deploy.PolicyOptions
	if cmd.SYAML != "" {
		m, err := readManifest(cmd.SYAML)
		if err != nil {
			return err
		}
		if o, err = m.PolicyOptions(); err != nil {
			return err
		}
	}
	if err := cmd.override(&o); err != nil {
		return usageError(err.Error())
	}
	set, err := loadRules(cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	policy, notes, err := deploy.PolicyOf(set, o)
	switch {
	case errors.Is(err, deploy.ErrNothing):
		return err
	case err != nil:
		return usageError("on-failure destination: " + err.Error())
	}
	fmt.Fprint(c.out, policy.JSON())
	for _, n := range notes {
		fmt.Fprintln(c.err, n)
	}
	return nil
}

// override puts what flags say in place of what s.yaml says.
func (cmd *policyCmd) override(o *deploy.PolicyOptions) (err error) {
	o.SourceKMSKeys = cmd.SourceKMSKey
	if cmd.OnFailure != "" {
		o.OnFailure = cmd.OnFailure
	}
	if cmd.LogProject != "" {
		o.LogProject, o.Logstore = cmd.LogProject, ""
	}
	if cmd.State != "" {
		if o.State, err = copier.ParseState(cmd.State); err != nil {
			return fmt.Errorf("--state %w", err)
		}
	}
	if cmd.SingleCopyLimit != "" {
		if o.SingleCopyLimit, err = rules.ParseSize(cmd.SingleCopyLimit); err != nil {
			return fmt.Errorf("--single-copy-limit: %w", err)
		}
	}
	if cmd.RulesObject != "" {
		if o.RulesBucket, o.RulesKey, err = deploy.ParseRulesURL(cmd.RulesObject); err != nil {
			return fmt.Errorf("--rules-object %w", err)
		}
	}
	return nil
}
