package main

import (
	"errors"
	"fmt"
	"os"

	"afterput/internal/deploy"
	"afterput/internal/settings"
)

type policyCmd struct {
	Rules           string   `arg:"" optional:"" help:"Rules file; - is standard input. Not needed with --role." placeholder:"FILE"`
	Role            bool     `help:"Print the trust policies instead: who may take the function's role, and the one its triggers call it as."`
	SYAML           string   `name:"s-yaml" help:"Take what the flags below say from this s.yaml, as far as they are not given." placeholder:"FILE"`
	RulesObject     string   `help:"Where the function reads its rules, as its AFTERPUT_RULES says; default: its package." placeholder:"oss://BUCKET/KEY"`
	OnFailure       string   `help:"Destination of failed events, as s.yaml says." placeholder:"ARN"`
	LogProject      string   `help:"Log project of the function." placeholder:"NAME"`
	SourceKMSKey    []string `name:"source-kms-key" help:"KMS key that sources are encrypted with; may be repeated." placeholder:"ID"`
	State           string   `help:"Where the function remembers large copies, as its AFTERPUT_STATE says." placeholder:"oss://BUCKET/PREFIX/"`
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
	if err := onlyOnce(cmd.Rules, cmd.SYAML); err != nil {
		return err
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
func (cmd *policyCmd) override(o *deploy.PolicyOptions) error {
	o.SourceKMSKeys = cmd.SourceKMSKey
	if cmd.OnFailure != "" {
		o.OnFailure = cmd.OnFailure
	}
	if cmd.LogProject != "" {
		o.LogProject, o.Logstore = cmd.LogProject, ""
	}
	said, err := engineOptions(map[string]string{
		settings.State: cmd.State, settings.SingleCopyLimit: cmd.SingleCopyLimit,
	})
	if err != nil {
		return err
	}
	if cmd.State != "" {
		o.State = said.State
	}
	if cmd.SingleCopyLimit != "" {
		o.SingleCopyLimit = said.SingleCopyLimit
	}
	if cmd.RulesObject != "" {
		if o.RulesBucket, o.RulesKey, err = settings.ParseRulesURL(cmd.RulesObject, o.State); err != nil {
			return fmt.Errorf("--rules-object (AFTERPUT_RULES) %w", err)
		}
	}
	return nil
}
