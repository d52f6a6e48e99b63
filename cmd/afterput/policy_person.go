package main

import (
	"fmt"
	"strings"

	"afterput/internal/deploy"
	"afterput/internal/osscall"
	"afterput/rules"
)

// personFlags ask for the policy of a person who works on objects that are there already.
type personFlags struct {
	Diff     bool   `help:"${policy_diff_help}"`
	Backfill bool   `help:"${policy_backfill_help}"`
	Function string `placeholder:"NAME" help:"${policy_function_help}"`
	Job      string `placeholder:"oss://BUCKET/PREFIX/" help:"${policy_job_help}"`
}

// person reports whether they ask for it.
func (f *personFlags) person() bool { return f.Diff || f.Backfill }

func (f *personFlags) check(cmd *policyCmd) error {
	switch {
	case f.Diff && f.Backfill:
		return usageError("--diff and --backfill cannot be combined: the policy for a backfill allows diff too")
	case !f.Backfill && (f.Function != "" || f.Job != ""):
		return usageError("--function and --job belong to --backfill")
	case f.Function != "" && !functionName.MatchString(f.Function):
		return usageError(fmt.Sprintf("--function is %q; want a function's name: letters, digits, - and _", f.Function))
	case f.person() && (cmd.Sweep || cmd.OnFailure != "" || cmd.LogProject != "" || cmd.RulesObject != ""):
		return usageError("--sweep, --on-failure, --log-project and --rules-object are of the function's role: " +
			"they cannot be combined with --diff or --backfill")
	case f.Job == "":
		return nil
	}
	bucket, prefix, ok := osscall.CutURL(f.Job)
	if err := rules.CheckBucket(bucket); !ok || err != nil || !strings.HasSuffix(prefix, "/") {
		return usageError(fmt.Sprintf("--job is %q; want oss://BUCKET/PREFIX/ that ends with a slash; "+
			"a folder needs no policy", f.Job))
	}
	return nil
}

func (f *personFlags) userOptions() deploy.UserOptions {
	u := deploy.UserOptions{Backfill: f.Backfill, Function: f.Function}
	u.JobBucket, u.JobPrefix, _ = osscall.CutURL(f.Job)
	return u
}

// personally has advice about a missing right name the person who runs a command, and the policy for that.
func personally(command string, err error) error {
	if err == nil {
		return nil
	}
	return personError{err, command}
}

// personError is an error whose advice names the policy of a person.
type personError struct {
	error
	command string
}

func (e personError) Error() string { return withPolicy(e.error.Error(), e.command) }

func (e personError) Unwrap() error { return e.error }

func withPolicy(text, command string) string {
	return strings.NewReplacer("the function's role needs", "this access key needs",
		"afterput policy RULES", "afterput policy --"+command+" RULES",
		"must also allow the role in", "must also allow it in",
		"the function's role may not call", "this access key may not call",
		"does not trust the function's", "does not trust it",
		"afterput policy prints", "afterput policy --"+command+" prints",
		"afterput policy --assumed-roles", "afterput policy --assumed-roles --"+command).Replace(text)
}
