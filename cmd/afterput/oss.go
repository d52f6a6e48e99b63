package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/localoss/ram"
	"afterput/internal/terminal"
)

type ossCmd struct {
	Addr   string `default:"127.0.0.1:9000" placeholder:"HOST:PORT" help:"${oss_addr_help}"`
	Data   string `type:"path" placeholder:"DIR" help:"Directory that keeps everything; default: memory."`
	Region string `default:"cn-hangzhou" help:"Region the buckets are in."`

	AccessKeyID     string `name:"access-key-id" default:"local" placeholder:"ID" help:"${oss_access_key_help}"`
	AccessKeySecret string `name:"access-key-secret" default:"local" placeholder:"S" help:"Its secret (default local)."`

	Policy string `type:"path" placeholder:"FILE" help:"RAM policy of the access key; default: it may do everything."`
	Events string `type:"path" placeholder:"FILE" help:"File to append every event to, one line of JSON each."`
	Faults string `type:"path" placeholder:"FILE" help:"${faults_help}"`

	accountsFlag
	deleteMarkerFlag
}

// deleteMarkerFlag says what is not known of OSS: whether a delete marker raises an event.
type deleteMarkerFlag struct {
	DeleteMarkerEvents bool `help:"DeleteObject raises an event also in buckets with versioning."`
}

// ossHelp holds the help texts that are too long for a struct tag.
var ossHelp = kong.Vars{
	"oss_addr_help":       "Address to listen on (default 127.0.0.1:9000); port 0 takes a free one.",
	"oss_access_key_help": "Access key id of the clients (default local).",
	"faults_help":         "Faults to inject and a model of how fast OSS is, as YAML.",
}

func (cmd *ossCmd) Run(ctx context.Context, c console) (err error) {
	policies, err := cmd.policies()
	if err != nil {
		return err
	}
	cfg := localoss.Config{
		Region: cmd.Region,
		Data:   cmd.Data,

		DeleteMarkerEvents: cmd.DeleteMarkerEvents,
		AccessKeys:         accountKeys(cmd.AccessKeyID, cmd.AccessKeySecret, cmd.Foreign),
	}
	if err := onlyOnce(cmd.Policy, cmd.Faults); err != nil {
		return err
	}
	if cmd.Policy != "" {
		if cfg.Authorize, err = authorizeBy(cmd.Policy, cmd.AccessKeyID); err != nil {
			return err
		}
	}
	if cmd.Faults != "" {
		if cfg.Intercept, err = faultsOf(cmd.Faults); err != nil {
			return err
		}
	}
	if cmd.Events != "" {
		events, err := os.OpenFile(cmd.Events, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("open the events file: %w", err)
		}
		defer events.Close()
		cfg.OnEvent = appendTo(events, c)
	}
	server, err := localoss.New(cfg)
	if err != nil {
		return err
	}
	for bucket, account := range cmd.Foreign {
		err := server.CreateBucket(bucket, localoss.WithOwner(account), localoss.WithPolicy(policies[bucket]))
		if err != nil {
			return errors.Join(err, server.Close())
		}
	}
	return errors.Join(serve(ctx, c, cmd.Addr, server), server.Close())
}

// authorizeBy allows an access key what a RAM policy allows it.
func authorizeBy(file, accessKeyID string) (localoss.Authorize, error) {
	text, err := readInput("the policy", file)
	if err != nil {
		return nil, err
	}
	policy, err := ram.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", inputName(file), err)
	}
	return localoss.Enforcing(accessKeyID, policy), nil
}

func faultsOf(file string) (localoss.Intercept, error) {
	text, err := readInput("the faults", file)
	if err != nil {
		return nil, err
	}
	script, err := fault.Load(inputName(file), text)
	if err != nil {
		return nil, err
	}
	return script.Intercept(), nil
}

// appendTo writes each event as a line, with one write so that lines never mix.
func appendTo(f *os.File, c console) func([]byte) {
	var mu sync.Mutex
	return func(event []byte) {
		mu.Lock()
		defer mu.Unlock()
		if _, err := f.Write(append(event[:len(event):len(event)], '\n')); err != nil {
			terminal.Fprintf(c.err, "warning: an event could not be written to %s: %v\n", f.Name(), err)
		}
	}
}

// serve prints where it listens, and serves until ctx ends.
func serve(ctx context.Context, c console, addr string, handler http.Handler) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --addr; port 0 takes a free one", err)
	}
	warnIfOpen(c, listener.Addr())
	terminal.Fprintf(c.out, "listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// warnIfOpen warns when other machines can connect.
func warnIfOpen(c console, addr net.Addr) {
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		terminal.Fprintf(c.err,
			"warning: %s is not a loopback address; every machine that reaches it can connect\n", addr)
	}
}
