package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"afterput/internal/deploy"
	"afterput/internal/settings"
	"afterput/internal/terminal"
	"afterput/rules"
)

type policyCmd struct {
	Rules string `arg:"" optional:"" help:"Rules file; - is standard input. Not needed with --role." placeholder:"FILE"`
	Role  bool   `help:"role_help"`
	SYAML string `name:"s-yaml" placeholder:"FILE" help:"policy_s_yaml_help"`

	RulesObject     string   `placeholder:"oss://BUCKET/KEY" help:"rules_object_help"`
	OnFailure       string   `placeholder:"ARN" help:"Destination of failed events, as s.yaml says."`
	LogProject      string   `placeholder:"NAME" help:"Log project of the function."`
	SourceKMSKey    []string `name:"source-kms-key" placeholder:"ID" help:"source_kms_key_help"`
	State           string   `placeholder:"oss://BUCKET/PREFIX/" help:"policy_state_help"`
	SingleCopyLimit string   `placeholder:"SIZE" help:"policy_single_copy_help"`
	Sweep           bool     `help:"policy_sweep_help"`
	personFlags
	foreignFlags
}

// policyHelp holds the help texts that are too long for a struct tag.
var policyHelp = helpTexts{
	"role_help": "Print the trust policies instead: who may assume the function's role, and who the role with which " +
		"its triggers call it.",
	"policy_s_yaml_help":  "s.yaml to take the function's settings from, where no flag below gives them.",
	"rules_object_help":   "Where the function reads its rules, as in its AFTERPUT_RULES; default: its package.",
	"source_kms_key_help": "KMS key that sources are encrypted with; may be repeated.",
	"policy_state_help": "Where the function remembers large copies, as in its AFTERPUT_STATE. " +
		"This shell's is not read.",
	"policy_sweep_help": "Also allow what a sweep needs, for a function that a timer of afterput triggers --sweep " +
		"calls; --s-yaml implies it where s.yaml has such a timer.",
	"bucket_policies_help": "Print the bucket policies instead that the owners of --foreign buckets have to set, " +
		"as a JSON object by bucket.",
	"foreign_help": "Bucket of another account, and that account's id; may be repeated. For --bucket-policies.",
	"assumed_roles_help": "Print the trust policies and the policies instead of the roles that the rules name, " +
		"which their accounts have to set, as a JSON object by role.",
	"role_arn_help": "The function's role, such as acs:ram::ACCOUNT:role/afterput, to whom other accounts give " +
		"rights; with --diff or --backfill the person's: a role, a user acs:ram::ACCOUNT:user/NAME for " +
		"--assumed-roles, or ACCOUNT/ID, the id of a user, for --bucket-policies.",
	"policy_diff_help":        "Print the policy of a person who runs afterput diff, not the role's.",
	"policy_backfill_help":    "Print the policy of a person who runs afterput backfill, not the role's.",
	"policy_function_help":    "With --backfill: the function that makes the copies, as in backfill --function.",
	"policy_job_help":         "With --backfill: where the job is kept, as in backfill --job, if that is in OSS.",
	"policy_single_copy_help": "The function's AFTERPUT_SINGLE_COPY_LIMIT; default 128MiB. This shell's is not read.",
}

func (cmd *policyCmd) Run(ctx context.Context, c console) error {
	if cmd.Role && cmd.Rules != "" {
		return usageError("--role prints both trust policies, that of the function and that of the triggers, " +
			"and takes no rules file")
	}
	if cmd.Role {
		printTrustPolicies(c)
		return nil
	}
	if cmd.Rules == "" {
		return usageError("the argument <rules> is missing")
	}
	if err := onlyOnce(cmd.Rules, cmd.SYAML); err != nil {
		return err
	}
	if err := cmd.personFlags.check(cmd); err != nil {
		return err
	}
	if err := cmd.foreignFlags.check(); err != nil {
		return err
	}
	o, err := untilStopped(ctx, cmd.options)
	if err != nil {
		return err
	}
	set, err := loadRules(ctx, cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	var notes []string
	text, err := untilStopped(ctx, func() (text string, err error) {
		text, notes, err = cmd.text(set, o)
		return text, err
	})
	switch {
	case errors.Is(err, errStopped):
		return err
	case errors.Is(err, deploy.ErrNothingToCopy):
		return err
	case err != nil:
		return usageError(err.Error())
	}
	fmt.Fprint(c.out, text)
	for _, n := range append(notes, cmd.notRead()...) {
		terminal.Fprintf(c.err, "%s\n", n)
	}
	return nil
}

// text is the policy of the role, or what other accounts have to set.
func (cmd *policyCmd) text(set *rules.Set, o deploy.PolicyOptions) (text string, notes []string, err error) {
	if text, notes, asked, err := cmd.foreignText(set, o); asked {
		return text, notes, err
	}
	policy, notes, err := cmd.policy(set, o)
	if err != nil {
		return "", nil, err
	}
	text, note := policy.Document()
	if note != "" {
		notes = append(notes, note)
	}
	return text, notes, nil
}

// policy is the policy of the function's role, or that of a person.
func (cmd *policyCmd) policy(set *rules.Set, o deploy.PolicyOptions) (deploy.Policy, []string, error) {
	if !cmd.person() {
		return deploy.PolicyOf(set, o)
	}
	return deploy.UserPolicy(set, cmd.userOptions(), o)
}

func printTrustPolicies(c console) {
	fmt.Fprint(c.out, deploy.TrustPolicies())
	terminal.Fprintf(c.err, "function: the role in s.yaml; give it the policy that afterput policy prints\n")
	terminal.Fprintf(c.err, "trigger: invocationRole of OSS triggers; "+
		"the system policy AliyunOSSEventNotificationRolePolicy lets it call functions\n")
}

// options are the function's settings that the policy depends on: those of s.yaml, and in place of them those of flags.
func (cmd *policyCmd) options() (o deploy.PolicyOptions, err error) {
	if cmd.SYAML != "" {
		m, err := readManifest(cmd.SYAML)
		if err != nil {
			return o, err
		}
		if o, err = m.PolicyOptions(); err != nil {
			return o, err
		}
	}
	if err := cmd.override(&o); err != nil {
		return o, usageError(err.Error())
	}
	return o, nil
}

// notRead names the settings that this shell's environment has and the policy does not follow: it is the policy of a
// deployed function, whose environment s.yaml sets.
func (cmd *policyCmd) notRead() (notes []string) {
	if cmd.SYAML != "" {
		return nil
	}
	for _, s := range []struct{ variable, flag, given string }{
		{settings.State, "--state", cmd.State},
		{settings.SingleCopyLimit, "--single-copy-limit", cmd.SingleCopyLimit},
	} {
		if s.given == "" && os.Getenv(s.variable) != "" {
			notes = append(notes, fmt.Sprintf(
				"%s of this shell is not read: if the function has it too, pass %s or --s-yaml", s.variable, s.flag))
		}
	}
	return notes
}

// override replaces the settings that flags give.
func (cmd *policyCmd) override(o *deploy.PolicyOptions) error {
	o.SourceKMSKeys = cmd.SourceKMSKey
	o.Sweep = o.Sweep || cmd.Sweep
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
