package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/state"
	"afterput/internal/terminal"
	"afterput/rules"
)

type localCmd struct {
	Rules    string        `required:"" help:"Rules file of the function." placeholder:"FILE"`
	Function string        `placeholder:"PATH" help:"function_help"`
	Addr     string        `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"local_addr_help"`
	Region   string        `default:"cn-hangzhou" help:"Region the buckets are in."`
	Timeout  time.Duration `default:"60s" help:"Time-out of the function."`
	Sweep    time.Duration `placeholder:"TIME" help:"local_sweep_help"`
	Verbose  bool          `short:"v" help:"Also show the function's own log."`
	JSON     bool          `help:"local_json_help"`

	Policy        string `placeholder:"FILE" help:"local_policy_help"`
	CreateBuckets bool   `help:"Create buckets whose names depend on the object when a copy needs them."`
	serverFlags
	pageFlags
	accountsFlag
	engineFlags
}

// localHelp holds the help texts that are too long for a struct tag.
var localHelp = helpTexts{
	"local_foreign_help": "Bucket of another account, and that account's id, which is also its access key id; may be " +
		"repeated.",
	"local_bucket_policies_help": "Bucket policies to set, as afterput policy --bucket-policies prints them.",
	"local_json_help":            "Print for programs: one JSON document a line, for every attempt of the function.",
	"local_addr_help":            "Address OSS listens on (default 127.0.0.1 and a free port).",
	"local_page_help": "Loopback address of the page that shows what happens (default 127.0.0.1 and a free port), " +
		"or off.",
	"local_sweep_help": "Have the function look for lost events this often, such as 1h, as the timer of afterput " +
		"triggers --sweep does.",
	"local_policy_help": "RAM policy of the function's role, as afterput policy prints it; default: the function may " +
		"do everything.",
	"function_help": "Compiled function to run; default: the file named function (on Windows " +
		"function.exe) beside this program.",
}

func (cmd *localCmd) Run(ctx context.Context, c console) error {
	engine, err := cmd.options(&cloudFlags{Region: cmd.Region})
	if err != nil {
		return err
	}
	if err := onlyOnce(cmd.Rules, cmd.Policy, cmd.Faults, cmd.BucketPolicies); err != nil {
		return err
	}
	err = cmp.Or(checkTimeout(cmd.Timeout), checkAddress("--addr", cmd.Addr), checkLocalRegion(cmd.Region))
	if err != nil {
		return err
	}
	if cmd.Sweep != 0 && cmd.Sweep < 100*time.Millisecond {
		return usageError("--sweep must be at least 100ms")
	}
	r, err := newLocalRules(cmd.Rules)
	if err != nil {
		return err
	}
	defer r.close()
	set, err := untilStopped(ctx, r.load)
	if err != nil {
		return err
	}
	function, err := functionPath(cmd.Function)
	if err != nil {
		return err
	}
	policies, err := cmd.policies()
	if err != nil {
		return err
	}
	p, c := cmd.printer(c)
	defer p.close()
	cut := &cutOff{rules: r}
	fc := localfc.Config{Timeout: cmd.Timeout, FunctionName: localFunction, OnResult: p.attempt, OnCut: cut.add}
	if cmd.Verbose {
		fc.Log = terminal.Log(c.err)
	}
	r.variables, r.remotesOf = cmd.variables(), cmd.remotesOf
	config := r.config(set)
	config.Addr, config.Function, config.FC, config.OwnKey = cmd.Addr, function, fc, true
	config.Destinations = append(config.Destinations, stateBucket(engine.State)...)
	config.Policies, config.Timers = policies, localSweep(set, cmd.Sweep)
	files, err := cmd.ossConfig(c, &config, r, p)
	if err != nil {
		return err
	}
	defer files.close()
	page, err := cmd.newPage(r, set)
	if err != nil {
		return err
	}
	if page != nil {
		page.Watch(&config)
		defer page.Close() // after the cloud
	}
	cloud, err := localcloud.Start(ctx, config)
	if err != nil {
		return errLines{err} // it may have the last output of the function, which has had no event yet
	}
	if address, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(cloud.Endpoint, "http://")); err == nil {
		warnIfOpen(c, address)
	}
	url, err := cmd.serve(page, cloud, r, p)
	if err != nil {
		return errors.Join(err, cloud.Close())
	}
	p.listening(localWelcome{Endpoint: cloud.Endpoint, FCEndpoint: cloud.FCEndpoint, Function: localFunction,
		AccessKeyID: cloud.AccessKeyID, AccessKeySecret: cloud.AccessKeySecret, Region: cmd.Region, Rules: cmd.Rules,
		Sources: set.Sources(), Destinations: set.Destinations(), Patterns: bucketPatterns(set),
		CreatesBuckets: cmd.CreateBuckets, Owners: config.Owners, Endpoints: cloud.Endpoints(config.Regions),
		STSEndpoint: cloud.STSEndpoint, Program: os.Args[0], Page: url})
	r.follow(ctx, cloud, p.changed)
	c.notef("stopping …\n")
	err = cloud.Close()
	p.ended(cut.copies())
	return err
}

// printer is what prints, and the console for what is printed beside.
func (cmd *localCmd) printer(c console) (localPrinter, console) {
	if cmd.JSON {
		return &localJSON{console: c}, c
	}
	text := newLocalText(c)
	return text, text.console
}

// localTriggers bring every upload to a source, and where a rule follows them, removals and the ends of restores.
func localTriggers(set *rules.Set) []localcloud.Trigger {
	all := []localcloud.Trigger{} // not nil, which would be the default
	for _, bucket := range set.Sources() {
		t := localcloud.Trigger{Bucket: bucket, Events: []string{"ObjectCreated:*"}}
		if slices.ContainsFunc(set.Wants(), func(w rules.Want) bool {
			return w.Bucket == bucket && slices.Contains(w.Events, rules.RemovalEvents()[0])
		}) {
			t.Events = append(t.Events, rules.RemovalEvents()...)
		}
		all = append(all, t)
		if set.WantsFinishRestore() {
			all = append(all,
				localcloud.Trigger{Bucket: bucket, Events: []string{events.FinishRestore}, EventBridge: true})
		}
	}
	return all
}

// localFunction is the function's name, as s.yaml has it.
const localFunction = "afterput"

// environment is the part of this process's environment that the function needs too: what the rules file reads, and the
// engine's own variables.
type environment map[string]string

// lookup reads a variable and records it.
func (e environment) lookup(name string) (string, bool) {
	v, ok := os.LookupEnv(name)
	if ok {
		e[name] = v
	}
	return v, ok
}

func (e environment) list() []string {
	var vars []string
	for name, value := range e {
		vars = append(vars, name+"="+value)
	}
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "AFTERPUT_") && !strings.HasPrefix(v, "AFTERPUT_RULES=") {
			vars = append(vars, v)
		}
	}
	return vars
}

// stateBucket is the bucket of state objects, if they have one of their own.
func stateBucket(s state.Location) []string {
	if s.Bucket == "" {
		return nil
	}
	return []string{s.Bucket}
}

// programName is the name of a program's file on a system.
func programName(name, system string) string {
	if system == "windows" {
		return name + ".exe"
	}
	return name
}

// functionPath finds the function's binary.
func functionPath(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w; name the function's binary with --function", err)
	}
	path := filepath.Join(filepath.Dir(self), programName("function", runtime.GOOS))
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no function at %s: run make build, or name its binary with --function", path)
	}
	return path, nil
}
