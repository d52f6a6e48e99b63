package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/terminal"
)

type ossCmd struct {
	Addr   string `default:"127.0.0.1:9000" placeholder:"HOST:PORT" help:"oss_addr_help"`
	Region string `default:"cn-hangzhou" help:"Region the buckets are in."`

	AccessKeyID     string `name:"access-key-id" default:"local" placeholder:"ID" help:"oss_access_key_help"`
	AccessKeySecret string `name:"access-key-secret" default:"local" placeholder:"S" help:"Its secret (default local)."`

	Policy string `placeholder:"FILE" help:"oss_policy_help"`
	serverFlags
	accountsFlag
}

// ossHelp holds the help texts that are too long for a struct tag.
var ossHelp = helpTexts{
	"oss_addr_help":       "Address to listen on (default 127.0.0.1:9000); port 0 takes a free one.",
	"oss_access_key_help": "Access key id of the clients (default local).",
	"oss_policy_help": "RAM policy of the access key; default: it may do everything. The access key admin, with the " +
		"same secret, may still do everything, such as to create buckets.",
	"faults_help": "Faults to inject and a model of how fast OSS is, as YAML.",
	"request_log_help": "File to append every request to the local servers to, one line of JSON each: operation, " +
		"key, status, code, time.",
}

// admin is the access key that may do everything beside one that a policy restricts.
const admin = "admin"

func (cmd *ossCmd) Run(ctx context.Context, c console) (err error) {
	if err := cmp.Or(checkAddress("--addr", cmd.Addr), checkLocalRegion(cmd.Region)); err != nil {
		return err
	}
	policies, err := cmd.policies()
	if err != nil {
		return err
	}
	cfg := localoss.Config{
		Region:     cmd.Region,
		AccessKeys: accountKeys(cmd.AccessKeyID, cmd.AccessKeySecret, cmd.Foreign),
	}
	if err := onlyOnce(cmd.Policy, cmd.Faults); err != nil {
		return err
	}
	if cmd.Policy != "" {
		if cmd.AccessKeyID == admin {
			return usageError("--access-key-id is admin, which --policy does not restrict; name another one")
		}
		if cfg.Authorize, err = authorizeBy(cmd.Policy, cmd.AccessKeyID); err != nil {
			return err
		}
		cfg.AccessKeys[admin] = localoss.AccessKey{Secret: cmd.AccessKeySecret}
		c.notef("access key %s may do what %s allows; access key %s, with the same secret, may do everything\n",
			cmd.AccessKeyID, inputName(cmd.Policy), admin)
	}
	files, err := cmd.configure(&cfg, c)
	if err != nil {
		return err
	}
	defer files.close()
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
