package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"afterput/internal/existing"
	"afterput/internal/fcapi"
)

// functionFlags say which deployed function makes the copies.
type functionFlags struct {
	Function   string `placeholder:"NAME" help:"function_name_help"`
	Qualifier  string `placeholder:"ALIAS" help:"Version or alias of the function; default LATEST."`
	Account    string `env:"FC_ACCOUNT_ID" placeholder:"ID" help:"Number of the account that has the function."`
	FCEndpoint string `name:"fc-endpoint" env:"FC_ENDPOINT" placeholder:"URL" help:"fc_endpoint_help"`
}

// functionHelp holds the help texts that are too long for a struct tag.
var functionHelp = helpTexts{
	"function_name_help": "Have the deployed function make the copies, through its asynchronous queue; default: they " +
		"are made here.",
	"fc_endpoint_help": "Endpoint of Function Compute; default: the account's public one in the region.",
}

var functionName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,127}$`)

func (f *functionFlags) check(region string) error {
	if f.Function == "" {
		if f.Qualifier != "" {
			return usageError("--qualifier needs --function")
		}
		return nil
	}
	if strings.Trim(f.Account, "0123456789") != "" {
		return usageError(fmt.Sprintf("--account (FC_ACCOUNT_ID) is %q; want the number of an account", f.Account))
	}
	if !functionName.MatchString(f.Function) {
		return usageError(fmt.Sprintf("--function is %q; want a function's name: letters, digits, - and _", f.Function))
	}
	if f.FCEndpoint == "" {
		if f.Account == "" || region == "" {
			return usageError("--function needs --account and --region, or --fc-endpoint")
		}
		f.FCEndpoint = fcapi.Endpoint(f.Account, region)
	}
	u, err := url.Parse(f.FCEndpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" {
		return usageError(fmt.Sprintf("--fc-endpoint (FC_ENDPOINT) is %q; want a URL such as "+
			"https://123456789.cn-hangzhou.fc.aliyuncs.com", f.FCEndpoint))
	}
	return nil
}

// function is the function that the copies are handed over to.
func (cmd *backfillCmd) function(r *existingRun) existing.Function {
	f := existing.Function{Name: cmd.Function, Qualifier: cmd.Qualifier, Client: cmd.fcClient()}
	if cmd.QPS == 0 {
		return f
	}
	limiter := r.limiter()
	f.Pace = func(ctx context.Context, n int) error {
		for n > 0 {
			some := min(n, limiter.Burst())
			if err := limiter.WaitN(ctx, some); err != nil {
				return err
			}
			n -= some
		}
		return nil
	}
	return f
}

func (cmd *backfillCmd) fcClient() *fcapi.Client {
	return &fcapi.Client{Endpoint: cmd.FCEndpoint, Credentials: cmd.credentials()}
}
