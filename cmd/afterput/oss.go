package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"afterput/internal/localoss"
)

type ossCmd struct {
	Addr            string `default:"127.0.0.1:9000" help:"Address to listen on; port 0 takes a free one." placeholder:"HOST:PORT"`
	Region          string `default:"cn-hangzhou" help:"Region the buckets are in."`
	AccessKeyID     string `name:"access-key-id" default:"local" help:"Access key that may do everything." placeholder:"ID"`
	AccessKeySecret string `name:"access-key-secret" default:"local" help:"Its secret." placeholder:"S"`
}

func (cmd *ossCmd) Run(ctx context.Context, c console) error {
	server, err := localoss.New(localoss.Config{
		Region:     cmd.Region,
		AccessKeys: map[string]localoss.AccessKey{cmd.AccessKeyID: {Secret: cmd.AccessKeySecret}},
	})
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, c, cmd.Addr, server), server.Close())
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
