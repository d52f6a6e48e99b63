package main

import (
	"fmt"
	"strings"

	"afterput/internal/deploy"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// personFlags ask for the policy of a person who works on objects that are there already.
type personFlags struct {
	Diff     bool   `help:"policy_diff_help"`
	Backfill bool   `help:"policy_backfill_help"`
	Function string `placeholder:"NAME" help:"policy_function_help"`
	Job      string `placeholder:"oss://BUCKET/PREFIX/" help:"policy_job_help"`
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

// personally has advice name the person who runs a command, and the policy for that.
func personally(command string, err error) error {
	if err == nil {
		return nil
	}
	return personError{err, func(text string) string { return withPolicy(text, command) }}
}

// personError is an error whose advice is for the person who runs a command.
type personError struct {
	error
	words func(string) string
}

func (e personError) Error() string { return e.words(e.error.Error()) }

func (e personError) Unwrap() error { return e.error }

func withPolicy(text, command string) string {
	return toPerson.Replace(strings.NewReplacer(
		"afterput policy RULES", "afterput policy --"+command+" RULES",
		"afterput policy prints", "afterput policy --"+command+" prints",
		"afterput policy --assumed-roles", "afterput policy --assumed-roles --"+command).Replace(text))
}

// toPerson replaces what messages say of the function by what is true of the person who runs a command.
var toPerson = strings.NewReplacer("the function's role needs", "this access key needs",
	"must also allow the role in", "must also allow it in",
	"the function's role may not call", "this access key may not call",
	"does not trust the function's", "does not trust it",
	"set internetAccess: true in s.yaml, or AFTERPUT_ENDPOINTS to one that the function's network reaches",
	"name one that this machine reaches with --endpoints",
	"if the function cannot reach the endpoint of STS, name another with AFTERPUT_STS_ENDPOINT",
	"if this machine cannot reach the endpoint of STS, name another with --sts-endpoint",
	"for a bucket of the function's region OSS_REGION or OSS_ENDPOINT",
	"for a bucket that names none --region or --endpoint")

// reportToPerson has the errors of a report speak to the person who runs a command.
func reportToPerson(report *relay.Report) {
	change := func(e *osscall.Error) {
		if e != nil {
			e.Message = toPerson.Replace(e.Message)
		}
	}
	change(report.Error)
	for i := range report.Objects {
		o := &report.Objects[i]
		change(o.Error)
		for j := range o.Copies {
			change(o.Copies[j].Error)
		}
	}
}
