package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
	"afterput/rules"
)

type copyCmd struct {
	Source      rawText `arg:"" placeholder:"SOURCE" help:"Object to copy, oss://BUCKET/KEY."`
	Destination rawText `arg:"" placeholder:"DESTINATION" help:"destination_help"`
	VersionID   *string `name:"version-id" placeholder:"ID" help:"version_id_help"`
	DryRun      bool    `name:"dry-run" help:"Show the requests, and change nothing."`
	JSON        bool    `help:"Print the result as JSON."`
	copyFlags
	engineFlags
	cloudFlags
}

// copyHelp holds the help texts that are too long for a struct tag.
var copyHelp = helpTexts{
	"destination_help": "Where to copy it: oss://BUCKET/KEY. If the key is missing or ends with a slash, the last " +
		"part of the source's key is added.",
	"version_id_help": "Version to copy, by its id; default: the current one. Copied to its own key, it becomes the " +
		"current version again.",
}

func (cmd *copyCmd) Run(ctx context.Context, c console) error {
	one, err := cmd.read()
	if err != nil {
		return err
	}
	client, ctx, err := cmd.connect(ctx)
	if err != nil {
		return err
	}
	one.client = client
	if cmd.DryRun {
		return cmd.dryRun(ctx, c, one)
	}
	one.aside = func(wait func()) { wait() }
	shown := &bar{}
	one.options.Progress = shown.progress
	_, stop := c.showing(func() terminal.Plain { return terminal.Plain(shown.line(time.Now())) })
	out := one.copy(ctx)
	stop()
	return cmd.print(c, one, out, shown)
}

// read reads the command line.
func (cmd *copyCmd) read() (*oneCopy, error) {
	from, err := readPlace("SOURCE", string(cmd.Source), false)
	if err != nil {
		return nil, err
	}
	to, err := readPlace("DESTINATION", string(cmd.Destination), true)
	if err != nil {
		return nil, err
	}
	if to, err = to.under(from); err != nil {
		return nil, err
	}
	options, err := cmd.options(&cmd.cloudFlags)
	if err != nil {
		return nil, err
	}
	if options.State.Holds(to.bucket, to.key) {
		return nil, usageError(fmt.Sprintf("DESTINATION is %s, where large copies are remembered; "+
			"choose another key, or another place with --state", to))
	}
	version := ""
	if cmd.VersionID != nil {
		if version = *cmd.VersionID; version == "" {
			return nil, usageError("--version-id is empty; leave it out to copy the current version")
		}
	}
	given := cmd.given()
	isGiven := func(field, value string) bool { return slices.Contains(given, [2]string{field, value}) }
	if version != "" && isGiven("delete-source", "true") {
		return nil, usageError("--delete-source deletes the current version, and --version-id names one; " +
			"leave one of them out")
	}
	set, err := cmd.rule(from, to, version)
	if err != nil {
		return nil, err
	}
	return &oneCopy{from: from, to: to, version: version, set: set, plain: len(given) == 0,
		sendsACL: isGiven("object-acl", yamlText("source")), options: options}, nil
}

// copyLine is the result for programs.
type copyLine struct {
	Source        string `json:"source"`
	SourceVersion string `json:"source_version,omitempty"` // as --version-id names it
	Destination   string `json:"destination"`
	Status        int    `json:"status,omitempty"`
	RequestID     string `json:"request_id,omitempty"`
	copier.Outcome
	ServerSideEncryption      string `json:"server_side_encryption,omitempty"`
	ServerSideEncryptionKeyID string `json:"server_side_encryption_key_id,omitempty"`
	ServerSideDataEncryption  string `json:"server_side_data_encryption,omitempty"`
	// Moved is what became of the source, under --delete-source.
	Moved *copier.Outcome `json:"delete_source,omitempty"`
}

// print prints the result, and says why there is no copy.
func (cmd *copyCmd) print(c console, one *oneCopy, out copier.Outcome, shown *bar) error {
	why := one.whyNot(out)
	if out.Error != nil { // in the words of the command
		e := *out.Error
		e.Message, out.Error = why, &e
	} else if why != "" {
		out.Reason = why
	}
	if cmd.JSON {
		if err := c.printLine(copyLine{
			Source: one.from.String(), SourceVersion: one.version, Destination: one.to.String(),
			Status: out.Answer.Status, RequestID: out.Answer.RequestID, Outcome: out,
			ServerSideEncryption: out.Answer.ServerSideEncryption, ServerSideEncryptionKeyID: out.Answer.KeyID,
			ServerSideDataEncryption: out.Answer.ServerSideDataEncryption, Moved: one.moved,
		}); err != nil {
			return err
		}
	} else if out.Result == copier.Copied || out.Result == copier.Unchanged {
		printCopy(c, one, out)
		printMoved(c, one)
	}
	if out.Error != nil && out.Error.Kind == osscall.KindStopped {
		goesOn := "the same command goes on from here"
		if sum := shown.sum(); sum != "" {
			goesOn = sum + "; " + goesOn
		}
		terminal.Fprintf(c.err, "stopped: %s\n", goesOn)
		return errReported
	}
	if why != "" {
		if e := out.Error; e != nil && e.RequestID != "" {
			why += " (request " + e.RequestID + ")"
		}
		terminal.Fprintf(c.err, "afterput: copy %s → %s: %s\n", one.source(), one.to, why)
		return errReported
	}
	if why := one.whyNotMoved(); why != "" {
		terminal.Fprintf(c.err, "afterput: copy %s → %s: %s\n", one.source(), one.to, why)
		return errReported
	}
	return nil
}

// printCopy prints what OSS answered.
func printCopy(c console, one *oneCopy, out copier.Outcome) {
	terminal.Fprintf(c.out, "%-10s %s → %s\n", out.Result, one.source(), one.to)
	status := ""
	if out.Answer.Status != 0 {
		status = fmt.Sprint(out.Answer.Status)
	}
	method := out.Method
	if out.Parts > 0 {
		method += fmt.Sprintf(" × %d", out.Parts)
	}
	modified := ""
	if !out.LastModified.IsZero() {
		modified = out.LastModified.Format(time.RFC3339)
	}
	for _, line := range [][2]string{
		{"method", method}, {"status", status}, {"request-id", out.Answer.RequestID},
		{"size", humanBytes(out.Bytes)}, {"etag", out.ETag}, {"hash-crc64ecma", out.CRC64}, {"last-modified", modified},
		{"version-id", out.VersionID}, {"copy-source-version-id", out.SourceVersionID},
		{"server-side-encryption", out.Answer.ServerSideEncryption},
		{"server-side-encryption-key-id", out.Answer.KeyID},
		{"server-side-data-encryption", out.Answer.ServerSideDataEncryption},
		{"note", out.Reason},
	} {
		if line[1] != "" {
			terminal.Fprintf(c.out, "  %-30s %s\n", line[0], line[1])
		}
	}
}

// oneCopy is a copy of one object that a command line asks for.
type oneCopy struct {
	from, to place
	version  string     // of the source; "" is the current one
	set      *rules.Set // makes this copy alone
	plain    bool       // no field of copy is given
	sendsACL bool       // the source's ACL is sent
	options  copier.Options
	client   *oss.Client

	plan     *rules.Copy // once the source has been looked at
	head     rules.Head  // what HeadObject has shown of the source, unless that is a symbolic link
	outdated bool        // the source was overwritten while it was copied

	moved *copier.Outcome // what became of the source; nil unless it was to be deleted
	aside func(func())    // runs what waits for a restore; nil if nothing waits
}

// source names the source, with its version.
func (o *oneCopy) source() string {
	if o.version == "" {
		return o.from.String()
	}
	return o.from.String() + "?versionId=" + o.version
}
