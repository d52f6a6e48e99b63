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

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/localoss/ram"
)

type ossCmd struct {
	Addr            string `default:"127.0.0.1:9000" help:"Address to listen on (default 127.0.0.1:9000); port 0 takes a free one." placeholder:"HOST:PORT"`
	Data            string `type:"path" help:"Directory that keeps everything; default: memory." placeholder:"DIR"`
	Region          string `default:"cn-hangzhou" help:"Region the buckets are in."`
	AccessKeyID     string `name:"access-key-id" default:"local" help:"Access key of the clients (default local)." placeholder:"ID"`
	AccessKeySecret string `name:"access-key-secret" default:"local" help:"Its secret (default local)." placeholder:"S"`
	Policy          string `type:"path" help:"RAM policy of the access key; default: it may do everything." placeholder:"FILE"`
	Events          string `type:"path" help:"File to add every event to, one line of JSON each." placeholder:"FILE"`
	Faults          string `type:"path" help:"Faults to inject and a model of how fast OSS is, as YAML." placeholder:"FILE"`
}

func (cmd *ossCmd) Run(ctx context.Context, c console) (err error) {
	cfg := localoss.Config{
		Region:     cmd.Region,
		Data:       cmd.Data,
		AccessKeys: map[string]localoss.AccessKey{cmd.AccessKeyID: {Secret: cmd.AccessKeySecret}},
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
	return errors.Join(serve(ctx, c, cmd.Addr, server), server.Close())
}

// authorizeBy lets an access key do what a RAM policy allows.
func authorizeBy(file, accessKeyID string) (localoss.Authorize, error) {
	text, err := readInput("the policy", file)
	if err != nil {
		return nil, err
	}
	policy, err := ram.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", inputName(file), err)
	}
	return localoss.Allowing(accessKeyID, policy.Allows), nil
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

// appendTo writes events as lines, each with one write, so that lines never mix.
func appendTo(f *os.File, c console) func([]byte) {
	var mu sync.Mutex
	return func(event []byte) {
		mu.Lock()
		defer mu.Unlock()
		if _, err := f.Write(append(event[:len(event):len(event)], '\n')); err != nil {
			fmt.Fprintf(c.err, "warning: an event is not in %s: %v\n", f.Name(), err)
		}
	}
}

// serve listens until ctx ends, and says where once it does.
func serve(ctx context.Context, c console, addr string, handler http.Handler) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w; choose another with --addr, port 0 takes a free one", err)
	}
	warnIfOpen(c, listener.Addr())
	fmt.Fprintf(c.out, "listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// warnIfOpen says so when others than this machine can connect.
func warnIfOpen(c console, addr net.Addr) {
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintf(c.err, "warning: %s is not a loopback address; every machine that reaches it can connect\n", addr)
	}
}
