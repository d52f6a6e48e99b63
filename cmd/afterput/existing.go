package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"golang.org/x/time/rate"

	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/inventory"
	"afterput/internal/terminal"
	"afterput/rules"
)

// selectFlags say which objects that are there already a command is about, and how fast it may be.
type selectFlags struct {
	Rule           string    `help:"Only copies of this rule." placeholder:"NAME"`
	Prefix         rawText   `help:"Only source objects whose keys begin so." placeholder:"PREFIX"`
	ModifiedSince  time.Time `help:"modified_since_help" placeholder:"TIME"`
	ModifiedBefore time.Time `help:"Only objects that were put before this time." placeholder:"TIME"`
	Keys           string    `placeholder:"FILE" help:"keys_of_help"`
	Inventory      []string  `placeholder:"URL" sep:"none" help:"inventory_help"`
	Deep           bool      `help:"deep_help"`
	QPS            float64   `name:"qps" help:"Most requests a second; default: no limit." placeholder:"N"`
	InFlight       int       `default:"64" help:"in_flight_help" placeholder:"N"`
	JSON           bool      `help:"Print one JSON object a line."`
	engineFlags
	cloudFlags
}

// existingHelp holds the help texts that are too long for a struct tag.
var existingHelp = helpTexts{
	"modified_since_help": "Only objects that were put at this time or later, such as 2026-11-20T08:00:00Z.",
	"keys_of_help": "Only these source objects: one key or oss://BUCKET/KEY a line, or what afterput diff --json " +
		"prints; - is standard input.",
	"inventory_help": "Inventory to read instead of listing its bucket, a source's or a destination's: " +
		"oss://BUCKET/…/manifest.json. May be given several times.",
	"deep_help": "Compare also what a listing does not show: metadata, tags, ACL, encryption, CRC-64; some requests " +
		"an object.",
	"in_flight_help": "Most objects and listings worked on at once; default 64.",
}

// existingRun is a command at work on objects that are there already.
type existingRun struct {
	*selectFlags
	console
	rules  *rules.Set
	client *oss.Client
	config existing.Config
	ctx    context.Context
}

// open loads the rules and connects to OSS.
func (f *selectFlags) open(ctx context.Context, c console, path string) (*existingRun, error) {
	if err := onlyOnce(path, f.Keys); err != nil {
		return nil, err
	}
	text, err := readInput("the rules", path)
	if err != nil {
		return nil, err
	}
	set, err := rules.Load(inputName(path), text, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	if err := f.check(set); err != nil {
		return nil, err
	}
	options, err := f.options(&f.cloudFlags)
	if err != nil {
		return nil, err
	}
	options.DeletesAnHour = -1 // --yes is given twice
	client, ctx, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	if options.PartsInFlight == 0 { // a copy of a small object is one request, which counts as a part
		options.PartsInFlight = max(copier.DefaultPartsInFlight, f.InFlight)
	}
	engine := copier.New(client, options)
	engine.Service().Pace = f.pace()
	digest := sha256.Sum256(text)
	keys, err := f.keys(set)
	if err != nil {
		return nil, err
	}
	inventories, err := f.inventories(ctx, client, engine, set)
	if err != nil {
		return nil, err
	}
	return &existingRun{selectFlags: f, console: c, rules: set, client: client, ctx: ctx, config: existing.Config{
		Rules: set, RulesDigest: hex.EncodeToString(digest[:8]), Region: f.Region,
		Copier: engine,
		Lister: existing.Lister(client, engine, set),
		Select: existing.Select{Rule: f.Rule, Prefix: string(f.Prefix), ModifiedSince: f.ModifiedSince,
			ModifiedBefore: f.ModifiedBefore},
		Keys: keys, Inventories: inventories, Deep: f.Deep, Workers: min(f.InFlight, 64),
	}}, nil
}

// pace is what keeps the requests of the process to --qps; nil for no limit.
func (f *selectFlags) pace() func(context.Context) error {
	if f.QPS == 0 {
		return nil
	}
	return f.limiter().Wait
}

func (f *selectFlags) limiter() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(f.QPS), max(1, int(f.QPS/10)))
}

func (f *selectFlags) check(set *rules.Set) error {
	switch {
	case f.QPS < 0 || math.IsNaN(f.QPS) || math.IsInf(f.QPS, 0):
		return usageError(fmt.Sprintf("--qps is %g; want a positive number", f.QPS))
	case f.InFlight < 1 || f.InFlight > 10_000:
		return usageError(fmt.Sprintf("--in-flight is %d; want 1 to 10000", f.InFlight))
	case !f.ModifiedBefore.IsZero() && !f.ModifiedSince.Before(f.ModifiedBefore):
		return usageError("--modified-since is not before --modified-before, so that no object is selected")
	}
	if err := rules.CheckKey(string(f.Prefix)); err != nil && f.Prefix != "" {
		return usageError("--prefix: no key begins so: " + err.Error())
	}
	for _, url := range f.Inventory {
		if !inventory.IsManifest(url) {
			return usageError(fmt.Sprintf("--inventory is %q; want oss://BUCKET/…/manifest.json", url))
		}
	}
	if f.Rule == "" {
		return nil
	}
	var names []string
	for _, r := range set.Rules() {
		if r.Name == f.Rule {
			return nil
		}
		names = append(names, r.Name)
	}
	return usageError(fmt.Sprintf("--rule is %q; want one of %s", f.Rule, strings.Join(names, ", ")))
}

// printFinding prints one comparison.
func (r *existingRun) printFinding(f existing.Finding) error {
	if r.JSON {
		return r.printLine(findingLine{f.Verdict, f.Rule, f.Source, f.Destination, f.Size, f.Reason})
	}
	to, reason := "", ""
	if f.Destination != "" {
		to = " → " + f.Destination
	}
	if f.Reason != "" {
		reason = "  " + f.Reason
	}
	if f.Verdict == existing.Extra {
		terminal.Fprintf(r.out, "%-10s %s%s\n", f.Verdict, f.Destination, reason)
		return nil
	}
	rule := ""
	if f.Rule != "" {
		rule = "  rule " + f.Rule
	}
	terminal.Fprintf(r.out, "%-10s %s%s%s%s\n", f.Verdict, f.Source, to, rule, reason)
	return nil
}

// findingLine is a comparison for programs.
type findingLine struct {
	Verdict     existing.Verdict `json:"verdict"`
	Rule        string           `json:"rule,omitempty"`
	Source      string           `json:"source,omitempty"`
	Destination string           `json:"destination,omitempty"`
	Size        int64            `json:"size"`
	Reason      string           `json:"reason,omitempty"`
}

// printCounts prints what a comparison has found, by rule.
func (r *existingRun) printCounts(c existing.Counts) {
	r.notef("%s seen, %d wanted by no rule\n", count(int(c.Objects), "object"), c.Unwanted)
	if n := c.Rules[""][existing.Superseded].Copies; n > 0 {
		r.notef("  %s: there is no such object\n", plural(int(n), "key", "keys"))
	}
	if n := c.Rules[""][existing.Failed].Copies; n > 0 {
		r.notef("  %s not UTF-8: they cannot be copied\n", plural(int(n), "key is", "keys are"))
	}
	for _, rule := range c.RuleNames() {
		var parts []string
		for _, v := range existing.Verdicts {
			if t := c.Rules[rule][v]; t.Copies > 0 {
				parts = append(parts, fmt.Sprintf("%d %s (%s)", t.Copies, v, humanBytes(t.Bytes)))
			}
		}
		r.notef("  %s: %s\n", rule, strings.Join(parts, ", "))
	}
	if c.Extra.Copies > 0 {
		r.notef("  %s that no source explains (%s)\n", count(int(c.Extra.Copies), "object"),
			humanBytes(c.Extra.Bytes))
	}
	r.notef("%s sent\n", count(int(c.Requests), "request"))
}

// humanBytes writes a number of bytes.
func humanBytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, i := float64(n), 0
	for ; v >= 1024 && i < len(units)-1; i++ {
		v /= 1024
	}
	if i == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
